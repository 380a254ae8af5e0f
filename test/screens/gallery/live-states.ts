import type { Feed } from '../../../clients/common/page/vitals/feed.ts';
import type { State } from '../../../clients/tablet/state.ts';
import type { WardRow } from '../../../clients/tablet/live/ward.ts';
import { hex, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import type { BedState } from '../../../server/protocol/telemetry/live.ts';
import { TERMS, type Term } from '../../../server/protocol/telemetry/nomenclature.ts';
import { packSamples } from '../../../server/protocol/telemetry/samples.ts';
import type { AlarmState, Content, Metric } from '../../../server/protocol/telemetry/telemetry-content.ts';
import { sha256 } from '../../../clients/common/page/sha256.ts';
import { Kit, NOW, signedIn } from './kit.ts';

/** A state in which things move: drawn, and then played into the feed until it is stopped. */
export interface LiveState {
  readonly draw: (state: State, kit: Kit) => void;
  readonly play: (state: State, feed: Feed) => () => void;
}

const FRAME_MS = 500;
const LOOK_MS = 200;
const PERIOD_MS = 4; // 250 samples a second
const WAVES = 6;
const BEDS = 24;

const idOf = (name: string) => sha256(utf8(name)).slice(0, 8);
const metric = (handle: number, { code, name, unit }: Term, more: Partial<Metric> = {}): Metric => ({
  handle,
  code,
  name,
  unit,
  scale: 0,
  period: 0,
  low: 0,
  high: 300,
  ...more,
});
const NUMBERS = [
  metric(11, TERMS.heartRate),
  metric(12, TERMS.spo2),
  metric(13, TERMS.respirationRate),
  metric(14, TERMS.systolic),
  metric(15, TERMS.diastolic),
];
const wave = (i: number): Metric =>
  i === 0
    ? metric(1, TERMS.ecg, { scale: 2, period: PERIOD_MS * 1_000, low: -1_000, high: 1_000 })
    : metric(1 + i, { ...TERMS.pleth, name: `Pleth ${i}` }, { period: PERIOD_MS * 1_000, high: 2_000 });

const numbersOf = (seed: number): Content => ({
  kind: 'numerics',
  numerics: [72 + seed, 98 - (seed % 4), 14 + (seed % 5), 118 + seed, 70 + seed].map((value, i) => ({
    handle: 11 + i,
    value,
    quality: 'valid',
  })),
});

function bedOf(name: string, metrics: readonly Metric[], alarms: readonly AlarmState[] = []): BedState {
  const now = Date.now();
  return {
    device: idOf(name),
    now,
    simulated: true,
    contact: 'live',
    signed: true,
    received: now,
    pausedUntil: 0,
    described: { kind: 'describe', simulated: true, metrics },
    latest: [],
    alarms: { kind: 'alarms', pausedUntil: 0, alarms },
    raised: [],
  };
}

/** Something like a heart beat, eighty times a minute: a spike, and a slower wave. */
const beat = (at: number): number => {
  const phase = (at % 750) / 750;
  return Math.round(100 * Math.exp(-(((phase - 0.3) / 0.02) ** 2)) + 20 * Math.sin(6.28 * phase));
};

function waveParts(until: number): Content[] {
  const count = FRAME_MS / PERIOD_MS;
  return Array.from({ length: WAVES }, (_, i): Content => {
    const samples = Array.from({ length: count }, (__, n) => {
      const value = beat(until - FRAME_MS + n * PERIOD_MS + i * 90);
      return i === 0 ? value : 500 + 4 * value;
    });
    const data = packSamples(samples);
    return { kind: 'wave', wave: { handle: 1 + i, offset: FRAME_MS, count, quality: 'valid', data } };
  });
}

const SIX = 'monitor-6';
const ROWS: readonly WardRow[] = Array.from({ length: BEDS }, (_, i) => ({
  device: hex(idOf(`bed ${i}`)),
  name: `monitor-${i + 1}`,
  model: 'SIM-PM1',
  patient: { id: String(i), ward: 'Ward 6B', bed: `bed ${i + 1}`, name: 'M. V.' },
}));
const alarm = (priority: AlarmState['priority'], says: string): AlarmState => ({
  id: 1,
  metric: 11,
  priority,
  kind: 'physiological',
  presence: 'on',
  since: Date.now() - 70_000,
  says,
});
const ALARMS: Readonly<Record<number, AlarmState>> = {
  7: alarm('high', 'Ventricular tachycardia'),
  12: alarm('medium', 'Respiration rate high'),
  20: alarm('low', 'Temperature high'),
};

/** Alarms with long names, answered or over; and beds after an emergency. */
const LONG: Readonly<Record<number, AlarmState>> = {
  1: { ...alarm('high', 'Paroxysmal supraventricular tachycardia'), presence: 'latched' },
  2: { ...alarm('medium', 'Arterial blood pressure, systolic, above limit'), presence: 'acknowledged' },
};
const AFTER: readonly WardRow[] = ROWS.slice(0, 9).map((row, i) => ({
  ...row,
  ...(i === 0 && { safeSince: NOW - 40 * 60_000, reviewDue: NOW + 23 * 3_600_000, rescuer: 'Dr A. Okafor' }),
  ...(i === 1 && { safeSince: NOW - 26 * 3_600_000, reviewDue: NOW - 2 * 3_600_000, rescuer: 'Dr B. Berg' }),
  ...(i === 4 && { safeSince: NOW - 3 * 3_600_000 }),
}));

/** The screens on which things move. */
export const LIVE_STATES: Readonly<Record<string, LiveState>> = {
  'c3-called': {
    draw(state, kit) {
      kit.atBedside(state, kit.pump);
      state.view.value = { at: 'overview' };
      state.called.value = hex(idOf(SIX));
    },
    play: () => () => undefined,
  },
  'c5-six-waves': {
    draw(state, kit) {
      kit.atBedside(state, kit.pump);
      const { value: patient } = state.patient;
      const [, pump] = patient?.assigned ?? [];
      if (patient && pump)
        state.patient.value = { ...patient, assigned: [{ ...pump, id: hex(idOf(SIX)), name: SIX }] };
      state.view.value = { at: 'live' };
    },
    play(_state, feed) {
      feed.take({
        kind: 'bed',
        bed: bedOf(SIX, [...Array.from({ length: WAVES }, (_, i) => wave(i)), ...NUMBERS]),
      });
      return each(feed, FRAME_MS, () => {
        const now = Date.now();
        const contents = [...waveParts(now), numbersOf(3)];
        feed.take({ kind: 'frame', frame: { device: idOf(SIX), now, at: now, signed: true, contents } });
      });
    },
  },
  'c5-no-data': {
    draw: (state, kit) => LIVE_STATES['c5-six-waves']?.draw(state, kit),
    play(_state, feed) {
      const more = [metric(21, TERMS.temperature, { scale: 1 }), metric(22, TERMS.pulseRate)];
      feed.take({ kind: 'bed', bed: bedOf(SIX, [wave(0), wave(1), ...NUMBERS, ...more]) });
      const now = Date.now();
      const contents = [...waveParts(now).slice(0, 2), numbersOf(3)];
      feed.take({ kind: 'frame', frame: { device: idOf(SIX), now, at: now, signed: true, contents } });
      return each(feed, 1_000, () => feed.take({ kind: 'tick', now: Date.now() }));
    },
  },
  'c5-not-live': {
    draw(state, kit) {
      kit.atBedside(state, kit.pacemaker);
      const { value: patient } = state.patient;
      const implant = patient?.assigned.find(({ transport }) => transport === 'nfc');
      if (patient && implant)
        state.patient.value = { ...patient, assigned: [{ ...implant, id: hex(idOf(implant.name)) }] };
      state.view.value = { at: 'live' };
    },
    play(state, feed) {
      const now = Date.now();
      const { name = '' } = state.patient.value?.assigned[0] ?? {};
      const latest = (METRICS[9] ?? []).map(({ handle }) => ({ handle, value: 90, quality: 0, at: now - 295_000 })); // prettier-ignore
      const off = { contact: 'away' as const, received: now - 295_000, latest };
      feed.take({ kind: 'bed', bed: { ...bedOf(name, METRICS[9] ?? []), ...off } });
      return each(feed, 1_000, () => feed.take({ kind: 'tick', now: Date.now() }));
    },
  },
  'ward-board-ten': {
    draw(state) {
      signedIn(state);
      state.view.value = { at: 'live' };
    },
    play: (state, feed) => board(state, feed, 10, ROWS.slice(0, 10), {}),
  },
  'ward-board-safety': {
    draw(state) {
      signedIn(state);
      state.view.value = { at: 'live' };
    },
    play: (state, feed) => board(state, feed, AFTER.length, AFTER, LONG),
  },
  'ward-board-crowd': {
    draw(state) {
      signedIn(state);
      state.view.value = { at: 'live' };
    },
    play: (state, feed) => board(state, feed, BEDS, ROWS, ALARMS),
  },
};

/** At the last two of ten beds a pump and an implant: names that are long, and values that nobody reads out. */
const METRICS: Readonly<Record<number, readonly Metric[]>> = {
  8: [TERMS.flowRate, TERMS.infused, TERMS.remaining, TERMS.battery].map((one, i) => metric(11 + i, one)),
  9: [TERMS.batteryVoltage, TERMS.batteryRemaining, TERMS.batteryLongevity, TERMS.leadImpedance].map(
    (one, i) => metric(31 + i, one),
  ),
};

/** So many beds with their values, the fourth of which fell silent. */
function board(
  state: State,
  feed: Feed,
  count: number,
  rows: readonly WardRow[],
  alarms: Readonly<Record<number, AlarmState>>,
): () => void {
  if (state.vitals.value) state.vitals.value.ward.value = rows;
  feed.follow(rows.map(({ device }) => device));
  for (let i = 0; i < count; i++) {
    const said = alarms[i];
    feed.take({ kind: 'bed', bed: bedOf(`bed ${i}`, METRICS[i] ?? NUMBERS, said ? [said] : []) });
  }
  return each(feed, 1_000, () => {
    const now = Date.now();
    for (let i = 0; i < count; i++) {
      const frame = { device: idOf(`bed ${i}`), now, at: now, signed: true, contents: [numbersOf(i)] };
      if (i !== 3) feed.take({ kind: 'frame', frame });
    }
    feed.take({ kind: 'tick', now });
  });
}

/** Plays a step again and again, and has the feed look at the clock as often as a page does. */
function each(feed: Feed, ms: number, step: () => void): () => void {
  step();
  feed.look();
  const timers = [setInterval(step, ms), setInterval(() => feed.look(), LOOK_MS)];
  return () => timers.forEach((timer) => clearInterval(timer));
}
