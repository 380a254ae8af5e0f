import { TERMS, type Term } from '../../../server/protocol/telemetry/nomenclature.ts';
import { packSamples } from '../../../server/protocol/telemetry/samples.ts';
import type { Content, Metric } from '../../../server/protocol/telemetry/telemetry-content.ts';
import type { SimulatedPatient } from '../monitor/patient.ts';
import { type AlarmCondition, AlarmSystem } from '../sdk/alarms.ts';
import type { Telemetry } from '../sdk/telemetry.ts';

/** 25 samples of motion a second. */
const PERIOD_US = 40_000;
const PERIOD_S = PERIOD_US / 1e6;
const HANDLE = { motion: 1, heart: 11, steps: 12, battery: 13 } as const;

const metric = (handle: number, { code, unit, name }: Term, scale: number, high: number): Metric => ({
  handle,
  code,
  unit,
  name,
  scale,
  period: 0,
  low: 0,
  high,
});
export const WATCH_METRICS: readonly Metric[] = [
  { ...metric(HANDLE.motion, TERMS.motion, 2, 800), period: PERIOD_US, low: -800 },
  metric(HANDLE.heart, TERMS.heartRate, 0, 250),
  metric(HANDLE.steps, TERMS.steps, 0, 200_000),
  metric(HANDLE.battery, TERMS.battery, 0, 100),
];

/** Codes of profiles/watch.json. */
const LIMIT = { high: 0xf002_0001, low: 0xf002_0002 } as const;
const ID = { high: 1, low: 2, link: 3 } as const;
/** A watch slips on a wrist: what lasts shorter is no alarm. */
const DELAY_MS = 10_000;
const CONDITIONS: readonly AlarmCondition[] = [
  { id: ID.high, priority: 'medium', kind: 'physiological', metric: HANDLE.heart, says: 'Heart rate high', latching: false, delay: DELAY_MS },
  { id: ID.low, priority: 'medium', kind: 'physiological', metric: HANDLE.heart, says: 'Heart rate low', latching: false, delay: DELAY_MS },
  { id: ID.link, priority: 'low', kind: 'technical', metric: 0, says: 'No connection to the gateway', latching: false, delay: DELAY_MS },
]; // prettier-ignore
/** Alarms are told again this often, so that who missed a frame is right again soon. */
const ALARMS_EVERY = 5;
/** Whoever wears it walks for two minutes of ten. */
const WALK_S = { of: 600, for: 120 } as const;
const STEPS_PER_S = 1.8;

export interface WatchParts {
  readonly telemetry: Telemetry;
  readonly patient: SimulatedPatient;
  /** Settings as they are now, by code. */
  readonly settings: () => ReadonlyMap<number, number>;
  /** Unix ms. */
  readonly now: () => number;
}

/** A watch: heart rate, steps and motion, whether anybody hears it or not. What was not heard is sent when somebody does. */
export class Watch {
  readonly alarms = new AlarmSystem(CONDITIONS);
  readonly #parts: WatchParts;
  #described = false;
  #until: number;
  #steps = 0;
  #count = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#until = parts.now() / 1_000;
    parts.telemetry.renewed = () => {
      this.#described = false;
    };
  }

  /** Measures what passed since the last time; to be called once a second. */
  measure(): void {
    const { telemetry, patient, now } = this.#parts;
    const seconds = now() / 1_000;
    const walking = walks(seconds);
    const heart = patient.vitals(seconds).pulseRate + (walking ? 18 : 0);
    this.#steps += walking ? STEPS_PER_S * Math.min(2, seconds - this.#until) : 0;
    this.#watch(heart);
    const contents: Content[] = [];
    if (!this.#described) contents.push({ kind: 'describe', simulated: true, metrics: WATCH_METRICS });
    this.#described = true;
    contents.push(...this.#motion(seconds));
    const value = (handle: number, number: number) =>
      ({ handle, value: Math.round(number), quality: 'valid' }) as const;
    const battery = 100 - ((seconds / 3_600) % 80);
    const numerics = [
      value(HANDLE.heart, heart),
      value(HANDLE.steps, this.#steps),
      value(HANDLE.battery, battery),
    ];
    contents.push({ kind: 'numerics', numerics });
    if (this.#count++ % ALARMS_EVERY === 0)
      contents.push({
        kind: 'alarms',
        pausedUntil: this.alarms.pausedUntil(now()),
        alarms: this.alarms.states(),
      });
    telemetry.report(contents);
  }

  #watch(heart: number): void {
    const { settings, now, telemetry } = this.#parts;
    const at = now();
    this.alarms.set(ID.high, heart > (settings().get(LIMIT.high) ?? Infinity), at);
    this.alarms.set(ID.low, heart < (settings().get(LIMIT.low) ?? 0), at);
    this.alarms.set(ID.link, !telemetry.linked, at);
  }

  #motion(seconds: number): Content[] {
    const since = Math.max(this.#until, seconds - 2); // after a long pause only the last part was measured
    const count = Math.floor((seconds - since) / PERIOD_S);
    this.#until = seconds;
    if (count === 0) return [];
    const start = seconds - count * PERIOD_S;
    const samples = Array.from({ length: count }, (_, i) => Math.round(100 * swing(start + i * PERIOD_S)));
    const offset = Math.round((seconds - start) * 1_000);
    const data = packSamples(samples);
    return [{ kind: 'wave', wave: { handle: HANDLE.motion, offset, count, quality: 'valid', data } }];
  }
}

const walks = (seconds: number): boolean => seconds % WALK_S.of < WALK_S.for;

/** Acceleration of the wrist (m/s2), without that of the earth. */
const swing = (seconds: number): number =>
  walks(seconds)
    ? 3 * Math.sin(2 * Math.PI * STEPS_PER_S * seconds) + Math.sin(11 * seconds)
    : 0.15 * Math.sin(3 * seconds);
