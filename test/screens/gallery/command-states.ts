import { OPERATION } from '../../../server/protocol/command.ts';
import { newDraft } from '../../../clients/tablet/change/draft.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import type { Outcome, Signing, State } from '../../../clients/tablet/state.ts';
import { Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const ALL = ['signed', 'second', 'checked', 'logged', 'granted', 'sent', 'answered', 'verified'];

/** A command on the pacemaker with two changes, at some point of its way. */
const running =
  (outcome: Outcome, stages: readonly string[]): Draw =>
  (state, kit) => {
    const draft = kit.draft(kit.pacemaker, { 'Lower rate': 50, 'Pacing amplitude, right ventricle': 30 });
    kit.atBedside(state, kit.pacemaker);
    state.run.value = kit.run(kit.pacemaker, draft, outcome, stages);
    state.view.value = { at: 'command' };
  };

const done =
  (modified: boolean): Draw =>
  (state, kit) => {
    const draft = kit.draft(kit.pacemaker, { 'Lower rate': 50, 'Pacing amplitude, right ventricle': 30 });
    const receipt = kit.receipt(kit.pacemaker, draft);
    kit.atBedside(state, kit.pacemaker);
    state.run.value = kit.run(kit.pacemaker, draft, { kind: 'done', receipt, modified, index: 184_209 }, ALL);
    state.view.value = { at: 'command' };
  };

const refused = (code: RefusalCode, device: 'unchanged' | 'changed' | 'not-asked' = 'unchanged'): Draw =>
  running({ kind: 'refused', code, receipt: undefined, device }, ['signed']);

const signing =
  (part: Partial<Signing>, wristband: string | null = '4471-9920-3'): Draw =>
  (state, kit) => {
    kit.atBedside(state, kit.pacemaker, wristband);
    state.draft.value = kit.draft(kit.pacemaker, {
      'Pacing amplitude, right ventricle': 30, // chosen first, and second in the order of the profile
      'Lower rate': 50,
    });
    state.view.value = { at: 'change' };
    state.sheet.value = { kind: 'sign' };
    state.signing.value = {
      year: '',
      wristband: '',
      state: 'ready',
      ticked: new Set(),
      trouble: undefined,
      stale: false,
      ...part,
    };
  };

const emergency =
  (make: (kit: Kit) => NonNullable<State['emergency']['value']>, away = true): Draw =>
  (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.view.value = { at: 'overview' };
    if (away) state.link.value = { kind: 'away', since: NOW - 74_000 };
    state.sheet.value = { kind: 'emergency' };
    state.emergency.value = make(kit);
  };

const rescued = (kit: Kit) => ({
  ...kit.receipt(kit.pacemaker, kit.draft(kit.pacemaker, {}), kit.pacemaker.profile.safeState),
  number: 220,
});

const offer = (kit: Kit) => ({
  station: '',
  card: 1,
  device: kit.pacemaker.id,
  command: new Uint8Array(),
  words: 'amber kettle river lemon',
  known: { identity: kit.pacemaker.identity, profile: kit.pacemaker.profile },
  expected: true,
});

/** The profile of a maker whose safe state gives nothing in one place. */
const withZero = (kit: Kit): Kit['pacemaker']['profile'] => {
  const { profile } = kit.pacemaker;
  const amplitude = kit.code(kit.pacemaker, 'Pacing amplitude, right ventricle');
  return { ...profile, safeState: new Map(profile.safeState).set(amplitude, 0) };
};

/** Signing, following and ending a command; emergency, history and the end of a session. */
export const COMMAND_STATES: Readonly<Record<string, Draw>> = {
  'c9-sign': signing({}),
  'c9-sign-renewed': (state, kit) => {
    signing({})(state, kit);
    state.renewed.value = { at: NOW - 12_000, life: 120_000, late: true };
  },
  'c8-compare-renewed': (state, kit) => {
    signing({})(state, kit);
    state.sheet.value = undefined;
    state.renewed.value = { at: NOW - 12_000, life: 840_000, late: false };
  },
  'c8-compare-short': (state, kit) => {
    signing({})(state, kit);
    state.sheet.value = undefined;
    const attestation = { ...kit.pacemaker.attestation, ticksLeft: 167 };
    state.reading.value = { ...kit.pacemaker, attestation, at: NOW };
  },
  'c9-sign-reading': signing({ state: 'reading' }),
  'c9-sign-wrong-year': signing({ year: '1985' }),
  'c9-sign-scan': signing({}, null),
  'c9-sign-moved': signing({ state: 'moved' }),
  'c9-sign-again': signing({ year: '1958', stale: true }),
  'c9-sign-not-signed': signing({ trouble: { kind: 'not-signed', why: 'none' } }),
  'c11-signed': running({ kind: 'running' }, ['signed']),
  'c11-waiting-second': running({ kind: 'awaiting-second', draft: '1' }, ['signed']),
  'c11-sending': running({ kind: 'running' }, ALL.slice(0, 5)),
  'c11-answered': running({ kind: 'running' }, ALL.slice(0, 7)),
  'c12-done': done(false),
  'c12-done-modified': done(true),
  'c12-done-review-only': (state, kit) => {
    done(false)(state, kit);
    const run = state.run.value;
    const secondName = 'Dr B. Lindqvist';
    if (run)
      state.run.value = {
        ...run,
        colleague: { state: 'matched', check: 'primed', secondName, attemptsLeft: 2, most: 2 },
      };
  },
  'c12-done-resume': (state, kit) => {
    const attestation = { ...kit.pacemaker.attestation, mode: 'safe-mode' as const };
    const reading = { ...kit.pacemaker, attestation };
    const draft = { ...newDraft(reading, OPERATION.resume), reason: 'symptoms' };
    const receipt = kit.receipt(reading, draft, kit.pacemaker.profile.safeState);
    kit.atBedside(state, reading);
    state.run.value = kit.run(
      reading,
      draft,
      { kind: 'done', receipt: { ...receipt, before: receipt.after }, modified: false, index: 184_211 },
      ALL,
    );
    state.view.value = { at: 'command' };
  },
  'c12-done-still-safe': (state, kit) => {
    COMMAND_STATES['c12-done-resume']?.(state, kit);
    const run = state.run.value;
    if (run?.outcome.kind !== 'done') return;
    const reads = run.outcome.receipt.readBack;
    const code = kit.code(kit.pacemaker, 'Lower rate');
    const before = new Map([[code, 60]]);
    state.run.value = { ...run, draft: { ...run.draft, back: before } };
    state.afterSafe.value = { id: run.reading.id, profile: run.reading.profile, before, reads };
  },
  'c15-end-still-safe': (state, kit) => {
    COMMAND_STATES['c12-done-still-safe']?.(state, kit);
    state.view.value = { at: 'end' };
  },
  'c12-unknown': running({ kind: 'unknown' }, ALL.slice(0, 6)),
  'c12-refused-limit': refused('E_CMD_LIMIT'),
  'c12-refused-device-changed': refused('E_POLICY', 'changed'),
  'c12-refused-not-asked': refused('E_LINK', 'not-asked'),
  'c12-refused-cancelled': refused('E_CANCELLED'),
  'c12-time-over': refused('E_DRAFT'),
  'c12-time-over-not-asked': refused('E_DRAFT', 'not-asked'),
  'c12-refused-log': refused('E_AUDIT_UNAVAILABLE'),
  'c12-differs': (state, kit) => {
    const code = kit.code(kit.pacemaker, 'Lower rate');
    const readBack = new Map(kit.pacemaker.attestation.settings).set(code, 60);
    running({ kind: 'differs', readBack }, ALL.slice(0, 7))(state, kit);
  },
  'c12-unverified': running({ kind: 'unverified', code: 'E_LOG_PROOF' }, ALL.slice(0, 7)),
  'c13-emergency-confirm': emergency(
    ({ pacemaker: { id, identity, profile } }) => ({
      step: 'confirm',
      expects: { device: id, known: { identity, profile } },
    }),
    false,
  ),
  'c13-emergency-new-tablet': emergency(() => ({ step: 'confirm' }), false),
  'c13-emergency-off': emergency((kit) => ({
    step: 'confirm',
    expects: {
      device: kit.pacemaker.id,
      known: { identity: kit.pacemaker.identity, profile: withZero(kit) },
    },
  })),
  'c13-emergency-network': (state, kit) => {
    emergency(() => ({ step: 'confirm' }))(state, kit);
    const { value } = state.patient;
    const assigned = value?.assigned.filter(({ transport }) => transport !== 'nfc') ?? [];
    if (value) state.patient.value = { ...value, assigned };
  },
  'c13-emergency-hold': emergency(() => ({ step: 'looking' })),
  'c13-emergency-no-station': emergency(() => ({ step: 'looking', trouble: { kind: 'no-station' } })),
  'c13-emergency-two': emergency(() => ({ step: 'two' })),
  'c13-emergency-sign': emergency((kit) => ({ ...offer(kit), step: 'sign' })),
  'c13-emergency-unexpected': emergency((kit) => ({
    ...offer(kit),
    step: 'sign',
    expected: false,
    known: undefined,
  })),
  'c13-emergency-anothers': (state, kit) => {
    emergency((of) => ({ ...offer(of), step: 'sign', expected: false }))(state, kit);
    state.met.set(kit.pacemaker.id, 'PROBE, Otto');
  },
  'c13-emergency-done': emergency((kit) => ({
    ...offer(kit),
    step: 'done',
    receipt: rescued(kit),
    checked: true,
  })),
  'c13-emergency-unchecked': emergency((kit) => ({
    ...offer(kit),
    step: 'done',
    known: undefined,
    receipt: rescued(kit),
    checked: false,
  })),
  'c13-emergency-signed-out': (state) => {
    state.view.value = { at: 'sign-in', step: 'ready' };
    state.sheet.value = { kind: 'emergency' };
    state.emergency.value = { step: 'confirm' };
  },
  'c16-end': (state, kit) => {
    kit.atBedside(state, kit.pump);
    state.draft.value = kit.draft(kit.pump, { 'Occlusion alarm limit': 325 });
    state.report.value = 'open';
    state.view.value = { at: 'end' };
  },
  'c16-end-unknown': (state) => {
    signedIn(state);
    state.unknown.value = true;
    state.view.value = { at: 'end' };
  },
};
