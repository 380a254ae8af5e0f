import { OPERATION } from '../../../server/protocol/command.ts';
import type { Entry } from '../../../server/protocol/log/entry.ts';
import { movedIn } from '../../../clients/common/page/moved.ts';
import type { Told } from '../../../clients/common/page/told.ts';
import { type Judged, NOT_CHECKED, type Verdict } from '../../../clients/tablet/history/judge.ts';
import type { Past, PastEntry, Signer } from '../../../clients/tablet/history/past.ts';
import type { Reading } from '../../../clients/tablet/device/reading.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { CHECK_IDS } from '../../../server/protocol/verify/run-checks.ts';
import { Kit, NOW } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const MINUTE = 60_000;
const of = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);
const OKAFOR: Signer = { kid: '0a'.repeat(16), name: 'Dr A. Okafor' };
const BERG: Signer = { kid: '0b'.repeat(16), name: 'Dr B. Berg' };
const NOBODY: Signer = { kid: 'c4d5e6f7'.repeat(4) };

/** One entry of a log, made up. */
const logged = (
  index: number,
  minutes: number,
  entry: Omit<Entry, 'time'>,
  people: readonly Signer[] = [],
  more: Partial<PastEntry> = {},
): PastEntry => ({
  index,
  entry: { ...entry, time: NOW - minutes * MINUTE },
  people,
  verdict: 'VERIFIED',
  ...more,
});

/** A command that two people signed, or one. */
const command = (
  index: number,
  minutes: number,
  byte: number,
  result: number,
  people: readonly Signer[],
  code?: string,
  number = 200 + byte,
) => {
  const hash = of(32, byte);
  const about = { device: of(8, 0x7f), command: hash };
  const second = people[1];
  return [
    logged(index, minutes, {
      type: 'outcome',
      ...about,
      index: index - 1,
      result,
      ...(number > 0 && { number }),
      ...(code && { code }),
    }),
    logged(index - 1, minutes, { type: 'intent', ...about, tier: people.length === 2 ? 2 : 1 }, people),
    ...(second
      ? [logged(index - 2, minutes + 1, { type: 'secondEntry', ...about, result: 1 }, [second])]
      : []),
  ];
};

const checked = (verdict: Verdict, told?: Told): Judged => ({
  verdict,
  told,
  other: false,
  checks: CHECK_IDS.map((id) => ({
    id,
    name: id,
    how: 'Look.',
    verdict: verdict === 'FAILED' ? 'FAIL' : 'PASS',
    says: 'as it should be',
  })),
});

/** Refused on its way: the device was never asked. */
const unanswered = (asked: Told): Judged => {
  const { checks } = checked('VERIFIED');
  const none = ['receipt', 'readBack'];
  return {
    verdict: 'NOT CHECKED',
    told: asked,
    other: false,
    checks: checks.map((one) => (none.includes(one.id) ? { ...one, verdict: 'NOT CHECKED' } : one)),
  };
};

/** What a command changed, from the profile's first values. */
function told(
  kit: Kit,
  by: Reading,
  values: Readonly<Record<string, number>>,
  operation: number = OPERATION.program,
): Told {
  const asked = new Map(Object.entries(values).map(([name, value]) => [kit.code(by, name), value]));
  const before = by.attestation.settings;
  const receipt = kit.receipt(by, { ...kit.draft(by, values), changes: asked });
  return {
    operation,
    mode: by.attestation.mode,
    asked: asked.size,
    title: '',
    words: '',
    settings: movedIn(by.profile, before, asked, receipt),
    model: by.profile.model,
    counter: 12,
    nonce: of(16, 1),
    receipt,
    bytes: of(1, 0),
  };
}

const past = (entries: readonly PastEntry[], proofs: Readonly<Record<string, Judged>> = {}): Past => ({
  read: (_device, rows) => Promise.resolve({ entries: rows === 'alarms' ? [] : entries, more: false }),
  prove: (hash) => Promise.resolve(proofs[hash.slice(0, 2)] ?? NOT_CHECKED),
});

const show =
  (make: (kit: Kit) => Past): Draw =>
  (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.past.value = make(kit);
    state.view.value = { at: 'history' };
  };

const emergency = (index: number, minutes: number): PastEntry =>
  logged(
    index,
    minutes,
    {
      type: 'emergency',
      device: of(8, 0x7f),
      command: of(32, 0x1e),
      number: 219,
      result: 1,
      digest: of(32, 5),
    },
    [OKAFOR],
  );
const review = (index: number, minutes: number): PastEntry =>
  logged(index, minutes, { type: 'statement', digest: of(32, 6), number: 10 }, [BERG], {
    review: { command: '1e'.repeat(32), found: 'needed: asystole, patient stable since' },
  });
const why = (index: number, minutes: number): PastEntry =>
  logged(index, minutes, { type: 'statement', digest: of(32, 8), number: 13 }, [OKAFOR], {
    why: { command: '1e'.repeat(32), reason: 'danger', text: 'asystole' },
  });
const glass = (index: number, minutes: number): PastEntry =>
  logged(index, minutes, { type: 'breakGlass', device: of(8, 0x7f), digest: of(32, 7) }, [BERG], {
    until: NOW - (minutes - 60) * MINUTE,
    reason: 'team-absent',
  });
const alarm = (index: number, minutes: number, code: string): PastEntry =>
  logged(index, minutes, { type: 'alarm', device: of(8, 0x7f), code });
const admitted = (index: number, minutes: number): PastEntry =>
  logged(index, minutes, { type: 'enrolment', device: of(8, 0x7f), digest: of(32, 8), result: 1 });

/** What every screen of a device asks for: a change that two people made, and its receipt is the last one of the device. */
export const pastOf = (kit: Kit): Past => {
  const last = command(184_222, 34, 0x11, 1, [OKAFOR, BERG]);
  const [ended, ...before] = last;
  const digest = kit.pacemaker.attestation.lastReceipt;
  const entries = ended ? [{ ...ended, entry: { ...ended.entry, digest } }, ...before] : [];
  const changed = told(kit, kit.pacemaker, { 'Lower rate': 55, 'Maximum tracking rate': 130 });
  return past(entries, { 11: checked('VERIFIED', changed) });
};

/** What was done to a device, as it is told and proven; and what cannot be. */
export const HISTORY_STATES: Readonly<Record<string, Draw>> = {
  'c15-history': show((kit) =>
    past(
      [
        alarm(184_230, 4, 'alarm.raised'),
        ...command(184_222, 34, 0x11, 1, [OKAFOR, BERG]),
        logged(
          184_215,
          50,
          { type: 'refused', device: of(8, 0x7f), command: of(32, 0x55), code: 'E_CMD_LIMIT' },
          [NOBODY],
        ),
        ...command(184_210, 61, 0x12, 2, [OKAFOR]),
        ...command(184_205, 70, 0x13, 3, [OKAFOR], 'E_CMD_LIMIT'),
        ...command(184_203, 75, 0x14, 3, [OKAFOR], 'E_CANCELLED', 0),
        glass(184_100, 130),
      ],
      {
        11: checked(
          'VERIFIED',
          told(kit, kit.pacemaker, { 'Lower rate': 50, 'Pacing amplitude, right ventricle': 30 }),
        ),
        12: checked('VERIFIED', told(kit, kit.pacemaker, { 'High atrial rate alert, above': 190 })),
        13: checked('VERIFIED', told(kit, kit.pacemaker, { 'Lower rate': 30 })),
        14: unanswered({ ...told(kit, kit.pacemaker, { 'Lower rate': 55 }), receipt: undefined }),
      },
    ),
  ),
  'c15-history-emergency': show((kit) =>
    past(
      [
        review(184_250, 12),
        why(184_243, 31),
        emergency(184_240, 40),
        glass(184_100, 130),
        admitted(12, 400_000),
      ],
      {
        '1e': checked('VERIFIED', told(kit, kit.pacemaker, { 'Lower rate': 70 }, OPERATION.safeMode)),
      },
    ),
  ),
  'c15-history-review-due': show((kit) =>
    past([emergency(184_240, 40), ...command(184_222, 61, 0x11, 1, [OKAFOR])], {
      '1e': checked('VERIFIED', told(kit, kit.pacemaker, { 'Lower rate': 70 }, OPERATION.safeMode)),
    }),
  ),
  'c15-history-not-proven': show(() =>
    past(
      [
        { ...alarm(184_231, 1, 'sign.jump'), verdict: 'NOT CHECKED' },
        { ...alarm(184_230, 4, 'E_PATIENT'), verdict: 'FAILED' },
        ...command(184_222, 34, 0x11, 1, [OKAFOR, BERG]),
        ...command(184_212, 44, 0x12, 1, [OKAFOR]),
      ],
      { 11: checked('FAILED'), 12: { verdict: 'FAILED', checks: [], other: true } },
    ),
  ),
  'c4-overview-no-receipt': (state, kit) => {
    const attestation = {
      ...kit.pacemaker.attestation,
      receiptNumber: 0,
      counter: 0,
      lastReceipt: of(32, 0),
    };
    kit.atBedside(state, { ...kit.pacemaker, attestation });
    state.view.value = { at: 'overview' };
  },
  'c4-overview-last-not-known': (state, kit) => {
    kit.atBedside(state, kit.pacemaker);
    state.past.value = past([glass(184_100, 130)]);
    state.view.value = { at: 'overview' };
  },
  'c15-history-none': show(() => past([])),
  'c15-history-loading': show(() => ({ ...past([]), read: () => new Promise(() => undefined) })),
  'c15-history-failed': show(() => ({ ...past([]), read: () => Promise.reject(new Error('no gateway')) })),
};
