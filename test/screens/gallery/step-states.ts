import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import type { Mode } from '../../../server/protocol/attestation.ts';
import type { TapPhase } from '../../../server/protocol/link/tap-phase.ts';
import type { Colleague } from '../../../clients/tablet/colleague/word.ts';
import { newDraft } from '../../../clients/tablet/change/draft.ts';
import type { Emergency } from '../../../clients/tablet/emergency/emergency.ts';
import type { Reading } from '../../../clients/tablet/device/reading.ts';
import type { Outcome, Signing, State } from '../../../clients/tablet/state.ts';
import { Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const STAGES = ['signed', 'second', 'checked', 'logged', 'granted', 'sent', 'answered'] as const;
const TWO = { 'Lower rate': 50, 'Pacing amplitude, right ventricle': 30 };

const tap =
  (phase: TapPhase): Draw =>
  (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    const seen = ['found', 'authenticated'].includes(phase);
    s.readingState.value = seen ? 'reading' : 'idle';
    s.tap.value = { phase, reader: '6B-2', device: undefined, step: 0, of: 0 };
  };

const inMode = (of: Reading, mode: Mode): Reading => ({ ...of, attestation: { ...of.attestation, mode } });
const overview =
  (mode: Mode): Draw =>
  (s, kit) => {
    kit.atBedside(s, inMode(kit.pump, mode));
    s.view.value = { at: 'overview' };
  };

const edit =
  (name: string, values: Readonly<Record<string, number>>): Draw =>
  (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, values);
    s.view.value = { at: 'settings' };
    s.sheet.value = { kind: 'edit', code: kit.code(kit.pacemaker, name) };
  };

const signing =
  (part: Partial<Signing>): Draw =>
  (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, TWO);
    s.view.value = { at: 'change' };
    s.sheet.value = { kind: 'sign' };
    s.signing.value = {
      year: '1958',
      wristband: '',
      state: 'ready',
      ticked: new Set(),
      trouble: undefined,
      stale: false,
      ...part,
    };
  };

const running =
  (
    outcome: Outcome,
    passed: number,
    waits?: 'witnesses' | 'signers' | 'gateway' | 'device' | 'reader',
  ): Draw =>
  (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    const run = kit.run(kit.pacemaker, kit.draft(kit.pacemaker, TWO), outcome, STAGES.slice(0, passed));
    s.run.value = { ...run, ...(waits && { waits: { for: waits, until: NOW + 25_000 } }) };
    s.view.value = { at: 'command' };
  };

const colleague =
  (said: Omit<Colleague, 'most' | 'secondName'>): Draw =>
  (s, kit) => {
    running({ kind: 'awaiting-second', draft: '1' }, 1)(s, kit);
    const run = s.run.value;
    if (run) s.run.value = { ...run, colleague: { ...said, most: 2, secondName: 'Dr B. Lindqvist' } };
  };

const refused = (code: RefusalCode): Draw =>
  running({ kind: 'refused', code, receipt: undefined, device: 'unchanged' }, 1);

const emergency =
  (
    make: (offer: Omit<Extract<Emergency, { step: 'done' }>, 'step' | 'receipt' | 'checked'>) => Emergency,
  ): Draw =>
  (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.view.value = { at: 'overview' };
    s.sheet.value = { kind: 'emergency' };
    const { identity, profile, id } = kit.pacemaker;
    const words = 'amber kettle river lemon';
    s.emergency.value = make({ station: '', card: 1, device: id, command: new Uint8Array(), words, known: { identity, profile }, expected: true }); // prettier-ignore
  };

/** Each step of what goes on by itself, and each end of it: named after the screen and the state of the command. */
export const STEP_STATES: Readonly<Record<string, Draw>> = {
  'c0-set-up-passkey': (s) => void (s.view.value = { at: 'set-up', step: 'passkey' }),
  'c0-sign-in-too-often': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.trouble.value = { kind: 'refused', code: 'E_RATE' };
  },
  'c0-locked-unlocking': (s) => {
    signedIn(s);
    s.view.value = { at: 'locked', step: 'approving', ended: false };
  },
  'c0-locked-other-key': (s) => {
    signedIn(s);
    s.draftKept.value = true;
    s.view.value = { at: 'locked', step: 'ready', ended: false };
    s.trouble.value = { kind: 'not-signed', why: 'stranger' };
  },
  'c1-readers-looking': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
  },
  'c1-reader-unable': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.binding.value = { label: '6B-2', signal: 'unable', confirmed: false };
  },
  'c2-devices-none': (s, kit) => {
    kit.atBedside(s);
    if (s.patient.value) s.patient.value = { ...s.patient.value, assigned: [] };
    s.view.value = { at: 'devices' };
  },
  'c3-tap-found': tap('found'),
  'c3-tap-authenticated': tap('authenticated'),
  'c3-tap-unknown': tap('unknown'),
  'c3-tap-clone': tap('not-genuine'),
  'c3-tap-no-device': tap('not-a-device'),
  'c3-tap-two': tap('two'),
  'c4-overview-two-at-reader': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.view.value = { at: 'overview' };
    s.tap.value = { phase: 'two', reader: '6B-2', device: undefined, step: 0, of: 0 };
  },
  'c3-network-reading': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pump.id;
    s.readingState.value = 'reading';
    s.view.value = { at: 'tap' };
  },
  'c4-overview-stopped': overview('stopped'),
  'c4-overview-safe-mode': overview('safe-mode'),
  'c7-edit-chosen': edit('Lower rate', { 'Lower rate': 50 }),
  'c7-edit-interlock': edit('Maximum tracking rate', { 'Lower rate': 80, 'Maximum tracking rate': 75 }),
  'c8-resume': (s, kit) => {
    kit.atBedside(s, inMode(kit.pump, 'stopped'));
    s.draft.value = { ...newDraft(kit.pump, OPERATION.resume), reason: 'procedure' };
    s.view.value = { at: 'change' };
  },
  'c8-compare-undo': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, TWO, 'undo');
    s.view.value = { at: 'change' };
  },
  'c8-compare-unknown': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, TWO);
    s.unknown.value = true;
    s.view.value = { at: 'change' };
  },
  'c9-sign-ready': signing({}),
  'c9-sign-signing': signing({ state: 'signing' }),
  'c9-sign-window': signing({ state: 'waiting' }),
  'c11-second-differs': colleague({ state: 'waiting', attemptsLeft: 1 }),
  'c11-second-looks': colleague({ state: 'matched', check: 'primed', attemptsLeft: 2 }),
  'c12-second-differs': colleague({ state: 'differs', attemptsLeft: 0 }),
  'c12-declined': colleague({ state: 'declined', attemptsLeft: 2, why: 'The line is blocked' }),
  'c11-second-matched': running({ kind: 'running' }, 2, 'gateway'),
  'c11-checked': running({ kind: 'running' }, 3, 'witnesses'),
  'c11-logged': running({ kind: 'running' }, 4, 'gateway'),
  'c11-granted-at-reader': running({ kind: 'running' }, 5, 'reader'),
  'c11-sent': running({ kind: 'running' }, 6, 'device'),
  'c12-refused-expired': refused('E_GRANT_EXPIRED'),
  'c12-refused-nonce': refused('E_NONCE'),
  'c12-refused-by-device': (s, kit) => {
    const receipt = kit.receipt(kit.pacemaker, kit.draft(kit.pacemaker, TWO));
    running({ kind: 'refused', code: 'E_CMD_RATE_OF_CHANGE', receipt, device: 'unchanged' }, 7)(s, kit);
  },
  'c13-emergency-signing': emergency((offer) => ({ ...offer, step: 'signing' })),
  'c13-emergency-sending': emergency((offer) => ({ ...offer, step: 'sending' })),
  'c13-emergency-refused': emergency((offer) => ({
    ...offer,
    step: 'refused',
    trouble: { kind: 'refused', code: 'E_RATE' },
  })),
  'c16-end-nothing-left': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.view.value = { at: 'end' };
  },
};
