import { TERMS, type Term } from '../../server/protocol/telemetry/nomenclature.ts';
import type { Content, Metric } from '../../server/protocol/telemetry/telemetry-content.ts';
import { type AlarmCondition, AlarmSystem } from './sdk/alarms.ts';
import type { Telemetry } from './sdk/telemetry.ts';
import type { SimulatedTherapy } from './sdk/therapy.ts';

/** Codes of profiles/pump.json. */
const RATE = TERMS.flowRate.code;
const VOLUME = 0xf001_0001;
const BATTERY = TERMS.battery.code;

const numeric = (handle: number, { code, unit, name }: Term, scale: number, high: number): Metric => ({
  handle,
  code,
  unit,
  scale,
  period: 0,
  low: 0,
  high,
  name,
});
const METRICS: readonly Metric[] = [
  numeric(1, TERMS.flowRate, 1, 5_000),
  numeric(2, TERMS.infused, 1, 100_000),
  numeric(3, TERMS.remaining, 1, 30_000),
  numeric(4, TERMS.battery, 0, 100),
];
const EMPTY = 1;
const STOPPED = 2;
const LINK = 3;
const CONDITIONS: readonly AlarmCondition[] = [
  { id: EMPTY, priority: 'high', kind: 'technical', metric: 3, says: 'Infusion complete', latching: false, delay: 0 },
  { id: STOPPED, priority: 'medium', kind: 'technical', metric: 1, says: 'Infusion stopped', latching: false, delay: 5_000 },
  { id: LINK, priority: 'low', kind: 'technical', metric: 0, says: 'No connection to the gateway', latching: false, delay: 10_000 },
]; // prettier-ignore

/** Tenths of a millilitre, and milliseconds of an hour. */
const HOUR_MS = 3_600_000;
const ALARMS_EVERY = 5;

export interface PumpParts {
  readonly telemetry: Telemetry;
  readonly therapy: SimulatedTherapy;
  /** Unix ms. */
  readonly now: () => number;
}

/** What an infusion pump reports: how fast it runs as it is set now, what it gave, what is left. */
export class Pump {
  readonly alarms = new AlarmSystem(CONDITIONS);
  readonly #parts: PumpParts;
  #given = 0;
  #at: number;
  #count = 0;
  #described = false;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#at = parts.now();
    parts.telemetry.renewed = () => {
      this.#described = false;
    };
  }

  /** SIMULATION ONLY: the bag runs empty, or somebody hangs up a new one. */
  play(word: 'run-empty' | 'new-bag'): void {
    const ordered = 10 * (this.#parts.therapy.acting.get(VOLUME) ?? 0);
    this.#given = word === 'run-empty' ? ordered : 0;
  }

  /** To be called once a second. */
  measure(): void {
    const { telemetry, therapy, now } = this.#parts;
    const at = now();
    const set = (code: number): number => therapy.acting.get(code) ?? 0;
    const ordered = 10 * set(VOLUME);
    const running = therapy.mode !== 'stopped' && this.#given < ordered;
    const rate = running ? set(RATE) : 0;
    this.#given = Math.min(ordered, this.#given + (rate * Math.max(0, at - this.#at)) / HOUR_MS);
    this.#at = at;
    this.alarms.set(EMPTY, this.#given >= ordered, at);
    this.alarms.set(STOPPED, therapy.mode === 'stopped', at);
    this.alarms.set(LINK, !telemetry.linked, at);
    const contents: Content[] = [];
    if (!this.#described) contents.push({ kind: 'describe', simulated: true, metrics: METRICS });
    this.#described = true;
    const value = (handle: number, number: number) =>
      ({ handle, value: Math.round(number), quality: 'valid' }) as const;
    const left = Math.max(0, ordered - this.#given);
    const numerics = [value(1, rate), value(2, this.#given), value(3, left), value(4, set(BATTERY))];
    contents.push({ kind: 'numerics', numerics });
    if (this.#count++ % ALARMS_EVERY === 0)
      contents.push({
        kind: 'alarms',
        pausedUntil: this.alarms.pausedUntil(at),
        alarms: this.alarms.states(),
      });
    telemetry.report(contents);
  }
}
