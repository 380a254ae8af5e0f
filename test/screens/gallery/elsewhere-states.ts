import type { OpenSession } from '../../../clients/tablet/elsewhere/elsewhere.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const HERE: OpenSession = { tablet: '6B-04', since: NOW - 600_000, here: true };
const THERE: OpenSession = { tablet: '6B-02', since: NOW - 3_600_000, here: false };

/** The gateway of a picture: where else somebody is signed in is told by its name. */
export const sessionsOf = (name: string) => ({
  gateway: {
    http: {
      json: () => Promise.resolve({ sessions: name.endsWith('elsewhere') ? [THERE, HERE] : [HERE] }),
    },
  },
});

/** Signed in at two tablets, and what is seen where all of it ended. */
export const ELSEWHERE_STATES: Readonly<Record<string, Draw>> = {
  'c0-sign-in-signed-out': (state) => {
    state.view.value = { at: 'sign-in', step: 'ready' };
    state.trouble.value = { kind: 'signed-out', who: 'Dr A. Okafor', where: '6B-04' };
  },
  'c2-find-elsewhere': (state) => {
    signedIn(state);
    state.view.value = { at: 'patients' };
  },
  'c16-end-elsewhere': (state) => {
    signedIn(state);
    state.view.value = { at: 'end' };
  },
  'c16-end-nowhere': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.view.value = { at: 'end' };
  },
};
