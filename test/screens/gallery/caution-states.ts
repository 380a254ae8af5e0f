import { signal } from '@preact/signals';
import { OPERATION } from '../../../server/protocol/command.ts';
import { newDraft } from '../../../clients/tablet/change/draft.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { Kit, NOW } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

/** A pump whose battery runs down, and a rate that is an eighth of what it was. */
const slowed = (state: State, kit: Kit): void => {
  const pump = kit.having(kit.pump, { 'Battery remaining': 12 });
  kit.atBedside(state, pump);
  state.draft.value = kit.draft(pump, { 'Infusion rate': 60 });
  state.view.value = { at: 'change' };
};

const signing = (state: State, year = ''): void => {
  state.sheet.value = { kind: 'sign' };
  const typed = { year, wristband: '', ticked: new Set<string>() };
  state.signing.value = { ...typed, state: 'ready', stale: false, trouble: undefined };
};

/** What to mind before a change is signed, where it is compared and where it is ticked; and a battery that is low. */
export const CAUTION_STATES: Readonly<Record<string, Draw>> = {
  'c4-overview-battery-low': (state, kit) => {
    const low = { 'Battery status': 2, 'Battery voltage': 251, 'Battery remaining': 9 };
    kit.atBedside(state, kit.having(kit.pacemaker, low));
    state.view.value = { at: 'overview' };
  },
  'c8-compare-cautions': slowed,
  'c8-compare-limits-changed': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.draft.value = { ...kit.draft(kit.pump, { 'Occlusion alarm limit': 325 }), limits: 'ef'.repeat(32) };
    state.view.value = { at: 'change' };
  },
  'c8-compare-stopped': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.draft.value = kit.draft(kit.pump, { 'Occlusion alarm limit': 325 });
    state.stopped.value = { is: signal(true), follow: () => () => undefined };
    state.view.value = { at: 'change' };
  },
  'c8-compare-expired': (state, kit) => {
    kit.atBedside(state, { ...kit.pacemaker, at: NOW - 16 * 60_000 });
    state.draft.value = kit.draft(kit.pacemaker, { 'Lower rate': 50 });
    state.view.value = { at: 'change' };
  },
  'c9-sign-cautions': (state, kit) => {
    slowed(state, kit);
    signing(state, '1958');
  },
  'c8-stop-pacemaker': (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.draft.value = { ...newDraft(kit.pacemaker, OPERATION.stop), reason: 'procedure', note: 'MRI scan' };
    state.view.value = { at: 'change' };
  },
  'c9-sign-stop': (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.draft.value = { ...newDraft(kit.pacemaker, OPERATION.stop), reason: 'procedure', note: 'MRI scan' };
    state.view.value = { at: 'change' };
    signing(state, '1958');
  },
};
