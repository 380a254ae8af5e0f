import { OPERATION } from '../../../server/protocol/command.ts';
import { newDraft } from '../../../clients/tablet/draft.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { Kit } from './kit.ts';

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
  state.signing.value = { year, wristband: '', state: 'ready', trouble: undefined };
};

/** What to mind before a change is signed, where it is compared and where it is ticked; and a battery that is low. */
export const CAUTION_STATES: Readonly<Record<string, Draw>> = {
  'c4-overview-battery-low': (state, kit) => {
    const low = { 'Battery status': 2, 'Battery voltage': 251, 'Battery remaining': 9 };
    kit.atBedside(state, kit.having(kit.pacemaker, low));
    state.view.value = { at: 'overview' };
  },
  'c8-compare-cautions': slowed,
  'c9-sign-cautions': (state, kit) => {
    slowed(state, kit);
    signing(state, '1958');
  },
  'c9-sign-stop': (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.draft.value = { ...newDraft(kit.pacemaker, OPERATION.stop), reason: 'procedure', note: 'MRI scan' };
    state.view.value = { at: 'change' };
    signing(state, '1958');
  },
};
