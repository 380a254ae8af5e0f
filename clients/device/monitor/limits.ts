import type { AlarmCondition, AlarmSystem } from '../sdk/alarms.ts';
import type { Scenario, Vitals } from './patient.ts';

/** Setting codes of profiles/monitor.json. */
export const LIMIT = {
  heartRateHigh: 0xf002_0001,
  heartRateLow: 0xf002_0002,
  spo2Low: 0xf002_0003,
  respirationHigh: 0xf002_0004,
  respirationLow: 0xf002_0005,
  systolicHigh: 0xf002_0006,
  systolicLow: 0xf002_0007,
  temperatureHigh: 0xf002_0008,
} as const;

/** Alarm limits, in the units of the numbers they are about. */
export type Limits = Readonly<Record<keyof typeof LIMIT, number>>;

/** The limits among a device's settings: what clinicians signed, and nothing else. */
export function limitsOf(settings: ReadonlyMap<number, number>): Limits {
  const of = (name: keyof typeof LIMIT): number => {
    const value = settings.get(LIMIT[name]);
    if (value === undefined) throw new RangeError(`the profile has no ${name}`);
    return value;
  };
  return {
    heartRateHigh: of('heartRateHigh'),
    heartRateLow: of('heartRateLow'),
    spo2Low: of('spo2Low'),
    respirationHigh: of('respirationHigh'),
    respirationLow: of('respirationLow'),
    systolicHigh: of('systolicHigh'),
    systolicLow: of('systolicLow'),
    temperatureHigh: of('temperatureHigh') / 10,
  };
}

const ID = {
  tachycardia: 1,
  heartRateHigh: 2,
  heartRateLow: 3,
  spo2Low: 4,
  respirationHigh: 5,
  respirationLow: 6,
  systolicHigh: 7,
  systolicLow: 8,
  temperatureHigh: 9,
  leadOff: 20,
  linkLost: 21,
  noisy: 22,
  overRange: 23,
} as const;

type Handles = Readonly<Record<'hr' | 'spo2' | 'rr' | 'sys' | 'temp', number>>;

/** Seconds that a limit has to be passed before it alarms: one odd beat is none. */
const DELAY_MS = 3_000;

/** What the monitor alarms about. */
export function conditionsOf(handle: Handles): readonly AlarmCondition[] {
  const limit = (id: number, metric: number, says: string, more: Partial<AlarmCondition> = {}) =>
    ({
      id,
      metric,
      says,
      priority: 'medium',
      kind: 'physiological',
      latching: false,
      delay: DELAY_MS,
      ...more,
    }) as const;
  return [
    limit(ID.tachycardia, handle.hr, 'Ventricular tachycardia', {
      priority: 'high',
      latching: true,
      delay: 2_000,
    }),
    limit(ID.heartRateHigh, handle.hr, 'Heart rate high'),
    limit(ID.heartRateLow, handle.hr, 'Heart rate low', { priority: 'high' }),
    limit(ID.spo2Low, handle.spo2, 'SpO2 low', { priority: 'high', latching: true, delay: 5_000 }),
    limit(ID.respirationHigh, handle.rr, 'Respiration rate high'),
    limit(ID.respirationLow, handle.rr, 'Respiration rate low'),
    limit(ID.systolicHigh, handle.sys, 'Systolic pressure high'),
    limit(ID.systolicLow, handle.sys, 'Systolic pressure low'),
    limit(ID.temperatureHigh, handle.temp, 'Temperature high', { priority: 'low' }),
    limit(ID.leadOff, handle.hr, 'ECG leads off', { kind: 'technical', priority: 'low', delay: 1_000 }),
    limit(ID.noisy, handle.hr, 'ECG noisy', { kind: 'technical', priority: 'low' }),
    limit(ID.overRange, handle.spo2, 'SpO2 sensor out of range', {
      kind: 'technical',
      priority: 'low',
      delay: 1_000,
    }),
    // Whoever looks at another screen sees nothing then: the bedside has to say so itself.
    limit(ID.linkLost, 0, 'No connection to the gateway', {
      kind: 'technical',
      priority: 'low',
      delay: 10_000,
    }),
  ];
}

interface Moment {
  /** Unix ms. */
  readonly now: number;
  readonly scenario: Scenario;
  readonly linked: boolean;
}

/** Holds what was measured against the limits. */
export function watchLimits(alarms: AlarmSystem, vitals: Vitals, limits: Limits, moment: Moment): void {
  const { now, scenario, linked } = moment;
  const heart = vitals.heartRate;
  const is = (id: number, present: boolean): void => void alarms.set(id, present, now);
  is(ID.tachycardia, scenario === 'arrhythmia');
  is(ID.heartRateHigh, heart !== undefined && heart > limits.heartRateHigh);
  is(ID.heartRateLow, heart !== undefined && heart < limits.heartRateLow);
  // What is out of the sensor's range is no number to alarm about; the sensor itself is.
  is(ID.spo2Low, scenario !== 'over-range' && vitals.spo2 < limits.spo2Low);
  is(ID.respirationHigh, heart !== undefined && vitals.respirationRate > limits.respirationHigh);
  is(ID.respirationLow, heart !== undefined && vitals.respirationRate < limits.respirationLow);
  is(ID.systolicHigh, vitals.systolic > limits.systolicHigh);
  is(ID.systolicLow, vitals.systolic < limits.systolicLow);
  is(ID.temperatureHigh, vitals.temperature > limits.temperatureHigh);
  is(ID.leadOff, heart === undefined);
  is(ID.noisy, scenario === 'motion');
  is(ID.overRange, scenario === 'over-range');
  is(ID.linkLost, !linked);
}
