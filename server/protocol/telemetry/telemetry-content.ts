import type { Bytes } from '../encoding/bytes.ts';
import { type Cbor } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, textOf, uint } from '../encoding/fields.ts';
import { termOf, UNITS } from './nomenclature.ts';
import { Refusal } from '../refusal.ts';
import { unpackSamples } from './samples.ts';

/** One thing a device measures: what, in which unit, how fine, and what its sensor can tell at all. */
export interface Metric {
  /** Number of the metric within its session, from 1. */
  readonly handle: number;
  /** IEEE 11073 (MDC) code. */
  readonly code: number;
  /** UCUM. Values are integers in units of 10^-scale of it. */
  readonly unit: string;
  readonly scale: number;
  /** Microseconds between samples of a waveform; 0 for a numeric. */
  readonly period: number;
  /** Technical range, in the same units as the values. */
  readonly low: number;
  readonly high: number;
  readonly name: string;
}

/** How good a value is, in the words of BICEPS and of HL7 (OBX-8). */
export const QUALITY = ['valid', 'questionable', 'lead-off', 'calibrating', 'out-of-range'] as const;
export type Quality = (typeof QUALITY)[number];

export interface Numeric {
  readonly handle: number;
  readonly value: number;
  readonly quality: Quality;
}

/** Samples of one waveform. The first is `offset` ms older than the frame's time. */
export interface Wave {
  readonly handle: number;
  readonly offset: number;
  readonly count: number;
  readonly quality: Quality;
  /** As `samples.ts` packs them. */
  readonly data: Bytes;
}

export const PRIORITY = ['low', 'medium', 'high'] as const;
export type Priority = (typeof PRIORITY)[number];
export const ALARM_KIND = ['physiological', 'technical'] as const;
export type AlarmKind = (typeof ALARM_KIND)[number];
/** `latched`: the condition is gone, the signal stays until somebody acts. `acknowledged`: still there, and silent. */
export const PRESENCE = ['on', 'latched', 'acknowledged'] as const;
export type AlarmPresence = (typeof PRESENCE)[number];

/** One alarm that is not off (IEC 60601-1-8, as BICEPS models it). */
export interface AlarmState {
  /** Number of the alarm condition at its device. */
  readonly id: number;
  readonly priority: Priority;
  readonly kind: AlarmKind;
  readonly presence: AlarmPresence;
  /** Unix ms by the device's clock. */
  readonly since: number;
  /** Handle of what it is about; 0 for the device itself. */
  readonly metric: number;
  /** For people, e.g. `Heart rate high`. */
  readonly says: string;
}

/** Something that happened at the device, e.g. an episode an implant kept. */
export interface DeviceEvent {
  readonly at: number;
  readonly code: number;
  readonly says: string;
}

export type Content =
  | { readonly kind: 'describe'; readonly simulated: boolean; readonly metrics: readonly Metric[] }
  | { readonly kind: 'numerics'; readonly numerics: readonly Numeric[] }
  | { readonly kind: 'wave'; readonly wave: Wave }
  /** All alarms that are not off: what is not in the list is off. `pausedUntil` 0: audio is not paused. */
  | { readonly kind: 'alarms'; readonly pausedUntil: number; readonly alarms: readonly AlarmState[] }
  | { readonly kind: 'events'; readonly events: readonly DeviceEvent[] };

const DESCRIBE = 1;
const NUMERICS = 2;
const WAVE = 3;
const ALARMS = 4;
const EVENTS = 5;

export const MAX_METRICS = 64;
/** Half a second at 4 kHz; a wave travels in parts far smaller. */
const MAX_SAMPLES = 2_000;
const TIME = Number.MAX_SAFE_INTEGER;
const I32 = 0x7fff_ffff;

export function contentValue(content: Content): Cbor {
  switch (content.kind) {
    case 'describe':
      return [DESCRIBE, content.simulated ? 1 : 0, content.metrics.map(metricValue)];
    case 'numerics':
      return [
        NUMERICS,
        content.numerics.map((n) => [n.handle, n.value, QUALITY.indexOf(n.quality)] as const),
      ];
    case 'wave': {
      const { handle, offset, count, quality, data } = content.wave;
      return [WAVE, handle, offset, count, QUALITY.indexOf(quality), data];
    }
    case 'alarms':
      return [ALARMS, content.pausedUntil, content.alarms.map(alarmValue)];
    case 'events':
      return [EVENTS, content.events.map(({ at, code, says }) => [at, code, says] as const)];
    default:
      return content satisfies never;
  }
}

const metricValue = ({ handle, code, unit, scale, period, low, high, name }: Metric): Cbor => [
  handle, code, unit, scale, period, low, high, name,
]; // prettier-ignore

const alarmValue = ({ id, priority, kind, presence, since, metric, says }: AlarmState): Cbor => [
  id, PRIORITY.indexOf(priority), ALARM_KIND.indexOf(kind), PRESENCE.indexOf(presence), since, metric, says,
]; // prettier-ignore

/** Reads one part of a frame; throws Refusal E_CMD_MALFORMED, or E_CMD_SCHEMA for a unit that is not known. */
export function parseContent(value: Cbor): Content {
  const items = arrayOf(value, 'content', 2, 6);
  const sized = (size: number): readonly Cbor[] => arrayOf(items, 'content', size, size);
  switch (items[0]) {
    case DESCRIBE: {
      const [, simulated, metrics] = sized(3);
      return {
        kind: 'describe',
        simulated: uint(simulated, 'describe.simulated', 1) === 1,
        metrics: distinct(arrayOf(metrics, 'describe.metrics', 1, MAX_METRICS).map(parseMetric)),
      };
    }
    case NUMERICS:
      return {
        kind: 'numerics',
        numerics: arrayOf(sized(2)[1], 'numerics', 1, MAX_METRICS).map(parseNumeric),
      };
    case WAVE: {
      const [, handle, offset, count, quality, data] = sized(6);
      const wave: Wave = {
        handle: uint(handle, 'wave.handle', 0xffff),
        offset: uint(offset, 'wave.offset', 60_000),
        count: uint(count, 'wave.count', MAX_SAMPLES),
        quality: named(QUALITY, quality, 'wave.quality'),
        data: bytesOf(data, 'wave.data'),
      };
      unpackSamples(wave.data, wave.count);
      return { kind: 'wave', wave };
    }
    case ALARMS: {
      const [, until, alarms] = sized(3);
      return {
        kind: 'alarms',
        pausedUntil: uint(until, 'alarms.pausedUntil', TIME),
        alarms: arrayOf(alarms, 'alarms', 0, 32).map(parseAlarm),
      };
    }
    case EVENTS:
      return { kind: 'events', events: arrayOf(sized(2)[1], 'events', 1, 32).map(parseEvent) };
    default:
      throw new Refusal('E_CMD_MALFORMED', 'no such content', 'content.0');
  }
}

function parseMetric(value: Cbor): Metric {
  const [handle, code, unit, scale, period, low, high, name] = arrayOf(value, 'metric', 8, 8);
  const metric: Metric = {
    handle: uint(handle, 'metric.handle', 0xffff),
    code: uint(code, 'metric.code', 0xffff_ffff),
    unit: textOf(unit, 'metric.unit', 20),
    scale: uint(scale, 'metric.scale', 6),
    period: uint(period, 'metric.period', 1_000_000),
    low: int(low, 'metric.low'),
    high: int(high, 'metric.high'),
    name: textOf(name, 'metric.name', 40),
  };
  if (metric.handle === 0 || metric.low > metric.high || metric.name === '')
    throw new Refusal('E_CMD_MALFORMED', 'a metric that contradicts itself', 'metric');
  // A unit is never guessed and never converted.
  const meant = termOf(metric.code)?.unit ?? metric.unit;
  if (!UNITS.includes(metric.unit) || metric.unit !== meant)
    throw new Refusal('E_CMD_SCHEMA', 'a unit that is not known, or not that of the code', 'metric.unit');
  return metric;
}

function distinct(metrics: readonly Metric[]): readonly Metric[] {
  if (new Set(metrics.map(({ handle }) => handle)).size !== metrics.length)
    throw new Refusal('E_CMD_MALFORMED', 'a handle twice', 'metric.handle');
  return metrics;
}

function parseNumeric(value: Cbor): Numeric {
  const [handle, number, quality] = arrayOf(value, 'numeric', 3, 3);
  return {
    handle: uint(handle, 'numeric.handle', 0xffff),
    value: int(number, 'numeric.value'),
    quality: named(QUALITY, quality, 'numeric.quality'),
  };
}

function parseAlarm(value: Cbor): AlarmState {
  const [id, priority, kind, presence, since, metric, says] = arrayOf(value, 'alarm', 7, 7);
  return {
    id: uint(id, 'alarm.id', 0xffff),
    priority: named(PRIORITY, priority, 'alarm.priority'),
    kind: named(ALARM_KIND, kind, 'alarm.kind'),
    presence: named(PRESENCE, presence, 'alarm.presence'),
    since: uint(since, 'alarm.since', TIME),
    metric: uint(metric, 'alarm.metric', 0xffff),
    says: textOf(says, 'alarm.says', 60),
  };
}

function parseEvent(value: Cbor): DeviceEvent {
  const [at, code, says] = arrayOf(value, 'event', 3, 3);
  return {
    at: uint(at, 'event.at', TIME),
    code: uint(code, 'event.code', 0xffff_ffff),
    says: textOf(says, 'event.says', 80),
  };
}

function named<T extends string>(names: readonly T[], value: Cbor | undefined, what: string): T {
  const name = names[uint(value, what, 255)];
  if (name === undefined) throw new Refusal('E_CMD_MALFORMED', 'no such value', what);
  return name;
}

function int(value: Cbor | undefined, what: string): number {
  if (typeof value !== 'number' || value > I32 || value < -I32 - 1)
    throw new Refusal('E_CMD_MALFORMED', 'expected an integer', what);
  return value;
}
