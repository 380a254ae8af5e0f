import { hex } from '../../../../server/protocol/encoding/bytes.ts';
import type { BedState, ContactState, LiveFrame } from '../../../../server/protocol/telemetry/live.ts';
import { TERMS } from '../../../../server/protocol/telemetry/nomenclature.ts';
import { unpackSamples } from '../../../../server/protocol/telemetry/samples.ts';
import {
  type Content,
  type Metric,
  type Numeric,
  QUALITY,
  type Quality,
  type Wave,
} from '../../../../server/protocol/telemetry/telemetry-content.ts';
import { type ShownAlarm, alarmsOf } from './alarms.ts';
import { WaveBuffer } from './waves.ts';

/** Bedside devices report every second: after two that did not come, nothing is shown as live (looked at every 200 ms). */
export const MAX_AGE_MS = 1_800;
/** By the source's own clock a value may be this old: clocks differ a little. What was kept through an outage is older. */
export const MAX_SOURCE_AGE_MS = 5_000;
/** A cuff measures now and then. Its value stands, with its time, as long as the device itself is heard. */
const SPOT: ReadonlySet<number> = new Set([
  TERMS.systolic.code,
  TERMS.diastolic.code,
  TERMS.meanPressure.code,
]);
const SPOT_AGE_MS = 15 * 60_000;

/** How a signal stands. Only in `live` and `artefact` there is a number. */
export type SignalState =
  'live' | 'artefact' | 'lead-off' | 'calibrating' | 'out-of-range' | 'no-data' | 'unsigned';
const STATES: Readonly<Record<Quality, SignalState>> = {
  valid: 'live',
  questionable: 'artefact',
  'lead-off': 'lead-off',
  calibrating: 'calibrating',
  'out-of-range': 'out-of-range',
};

/** One signal as it may be shown now. */
export interface Signal {
  readonly metric: Metric;
  readonly state: SignalState;
  /** In the metric's unit; undefined when no number may be shown. */
  readonly value: number | undefined;
  /** What it was last, whatever has become of it. */
  readonly last: number | undefined;
  /** Source time, Unix ms; undefined when nothing ever came. */
  readonly at: number | undefined;
  /** Milliseconds from the source's measuring to now. */
  readonly age: number;
  /** Measured now and then: the time matters, not the seconds. */
  readonly spot: boolean;
}

interface Held {
  readonly value: number;
  readonly quality: Quality;
  readonly at: number;
  /** This page's clock (ms) when it was new; minus infinity once the page may have slept over it. */
  heard: number;
}

export interface Trace {
  readonly signal: Signal;
  readonly buffer: WaveBuffer;
  /** How far the source's clock is ahead of the page's (ms), by the frame that travelled fastest. */
  readonly ahead: number;
}

/** What is known of one device, and what of it is fresh. Times are the page's own (ms), unless they are the source's. */
export class LiveBed {
  readonly id: string;
  simulated = false;
  contact: ContactState = 'never';
  alarms: readonly ShownAlarm[] = [];
  pausedUntil = 0;
  #metrics: readonly Metric[] = [];
  readonly #held = new Map<number, Held>();
  readonly #waves = new Map<number, WaveBuffer>();
  #heard = Number.NEGATIVE_INFINITY;
  /** This page's clock (ms) when the gateway had heard of the device last; it is a fact, and no blank page undoes it. */
  #contacted: number | undefined;
  #signed = false;
  #state: BedState | undefined;
  #gatewayAhead = 0;
  #sourceAhead = Number.NEGATIVE_INFINITY;

  constructor(id: string) {
    this.id = id;
  }

  /** The whole of the device, as the gateway has it. What is in it may be old: it counts by its source time. */
  describe(bed: BedState, clock: number): void {
    this.#state = bed;
    ({ simulated: this.simulated, contact: this.contact, signed: this.#signed } = bed);
    this.#gatewayAhead = bed.now - clock;
    this.#describeMetrics(bed.described?.metrics ?? []);
    for (const { handle, value, quality, at } of bed.latest) {
      const known = this.#held.get(handle);
      if (known && known.at >= at) continue;
      const heard = clock - Math.max(0, bed.now - at);
      this.#held.set(handle, { value, quality: QUALITY[quality] ?? 'questionable', at, heard });
    }
    if (bed.received > 0) {
      const contacted = clock - Math.max(0, bed.now - bed.received);
      this.#heard = Math.max(this.#heard, contacted);
      this.#contacted = Math.max(this.#contacted ?? contacted, contacted);
    }
    this.#alarm(bed.alarms);
  }

  /** What changed. A frame that a device kept through an outage is history: no screen shows it as live. */
  take({ now, at, signed, contents }: LiveFrame, clock: number): void {
    this.#signed = signed;
    this.#gatewayAhead = now - clock;
    this.#contacted = clock;
    for (const content of contents) if (content.kind === 'alarms') this.#alarm(content);
    if (now - at > MAX_SOURCE_AGE_MS) return;
    this.#heard = clock;
    this.contact = 'live';
    this.#sourceAhead = Math.max(this.#sourceAhead, at - clock);
    for (const content of contents) {
      if (content.kind === 'numerics') this.#numerics(content.numerics, at, clock);
      if (content.kind === 'wave') this.#wave(content.wave, at, clock);
    }
  }

  /** Nothing that was heard so far counts as fresh any more. */
  blank(): void {
    this.#heard = Number.NEGATIVE_INFINITY;
    this.#sourceAhead = Number.NEGATIVE_INFINITY;
    for (const held of this.#held.values()) held.heard = Number.NEGATIVE_INFINITY;
    for (const wave of this.#waves.values()) wave.clear();
  }

  /** Numbers, in the device's order. */
  numbers(clock: number): readonly Signal[] {
    return this.#metrics.filter(({ period }) => period === 0).map((metric) => this.#signal(metric, clock));
  }

  traces(clock: number): readonly Trace[] {
    return this.#metrics.flatMap((metric) => {
      const buffer = this.#waves.get(metric.handle);
      return buffer ? [{ signal: this.#signal(metric, clock), buffer, ahead: this.#sourceAhead }] : [];
    });
  }

  metric(handle: number): Metric | undefined {
    return this.#metrics.find((metric) => metric.handle === handle);
  }

  /** When the gateway heard of it last, Unix ms by the gateway's clock; 0 when it never did. */
  get received(): number {
    return this.#state?.received ?? 0;
  }

  /** Is the device itself heard? */
  fresh(clock: number): boolean {
    return clock - this.#heard <= MAX_AGE_MS;
  }

  /** When that was, Unix ms by the gateway's clock; undefined when it never did. */
  get contactAt(): number | undefined {
    return this.#contacted === undefined ? undefined : this.#contacted + this.#gatewayAhead;
  }

  /** Milliseconds since the gateway heard of the device; undefined when it never did. */
  contactAge(clock: number): number | undefined {
    return this.#contacted === undefined ? undefined : Math.max(0, clock - this.#contacted);
  }

  #describeMetrics(metrics: readonly Metric[]): void {
    for (const metric of metrics) {
      const known = this.metric(metric.handle);
      const same = known?.code === metric.code && known.scale === metric.scale;
      if (!same) this.#held.delete(metric.handle); // the number means something else now
      if (metric.period === 0) this.#waves.delete(metric.handle);
      else if (!same || known.period !== metric.period)
        this.#waves.set(metric.handle, new WaveBuffer(metric.period / 1_000));
    }
    this.#metrics = metrics;
  }

  #numerics(numerics: readonly Numeric[], at: number, clock: number): void {
    for (const { handle, value, quality } of numerics)
      if ((this.#held.get(handle)?.at ?? 0) <= at)
        this.#held.set(handle, { value, quality, at, heard: clock });
  }

  #wave({ handle, offset, count, quality, data }: Wave, at: number, clock: number): void {
    const metric = this.metric(handle);
    if (!metric) return;
    this.#held.set(handle, { value: 0, quality, at, heard: clock });
    const drawn = quality === 'valid' || quality === 'questionable';
    if (drawn) this.#waves.get(handle)?.push(at - offset, unpackSamples(data, count), 10 ** metric.scale);
  }

  #alarm({ pausedUntil, alarms }: Extract<Content, { kind: 'alarms' }>): void {
    this.pausedUntil = pausedUntil;
    this.alarms = alarmsOf(this.id, alarms, this.#state?.raised ?? [], (handle) => this.metric(handle)?.code);
  }

  #signal(metric: Metric, clock: number): Signal {
    const held = this.#held.get(metric.handle);
    const spot = SPOT.has(metric.code);
    if (!held)
      return { metric, state: 'no-data', value: undefined, last: undefined, at: undefined, age: 0, spot };
    const age = Math.max(0, clock + this.#gatewayAhead - held.at);
    const good = held.quality === 'valid' || held.quality === 'questionable';
    const last = good ? held.value / 10 ** metric.scale : undefined;
    const heard = spot ? this.fresh(clock) : clock - held.heard <= MAX_AGE_MS;
    const young = age <= (spot ? SPOT_AGE_MS : MAX_SOURCE_AGE_MS);
    const state = !heard || !young ? 'no-data' : this.#signed ? STATES[held.quality] : 'unsigned';
    const shown = state === 'live' || state === 'artefact';
    return { metric, state, value: shown ? last : undefined, last, at: held.at, age, spot };
  }
}

export const bedId = (bed: Pick<BedState | LiveFrame, 'device'>): string => hex(bed.device);
