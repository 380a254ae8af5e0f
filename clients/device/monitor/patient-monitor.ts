import { TERMS, type Term } from '../../../server/protocol/telemetry/nomenclature.ts';
import { packSamples } from '../../../server/protocol/telemetry/samples.ts';
import type {
  Content,
  Metric,
  Numeric,
  Quality,
} from '../../../server/protocol/telemetry/telemetry-content.ts';
import { AlarmSystem } from '../sdk/alarms.ts';
import type { Telemetry } from '../sdk/telemetry.ts';
import { conditionsOf, type Limits, watchLimits } from './limits.ts';
import type { Scenario, SimulatedPatient } from './patient.ts';

const numeric = (
  handle: number,
  { code, unit, name }: Term,
  scale: number,
  low: number,
  high: number,
): Metric => ({
  handle,
  code,
  unit,
  scale,
  period: 0,
  low,
  high,
  name,
});
const wave = (handle: number, term: Term, scale: number, low: number, high: number): Metric => ({
  ...numeric(handle, term, scale, low, high),
  period: PERIOD_US,
});

/** 250 samples per second. */
const PERIOD_US = 4_000;
const PERIOD_S = PERIOD_US / 1e6;
const HANDLE = {
  hr: 11,
  pr: 12,
  spo2: 13,
  rr: 14,
  sys: 15,
  dia: 16,
  mean: 17,
  temp: 18,
  battery: 19,
} as const;
export const MONITOR_METRICS: readonly Metric[] = [
  wave(1, TERMS.ecg, 2, -1_000, 1_000),
  wave(2, TERMS.pleth, 0, 0, 2_000),
  wave(3, TERMS.respiration, 2, -500, 500),
  numeric(HANDLE.hr, TERMS.heartRate, 0, 15, 300),
  numeric(HANDLE.pr, TERMS.pulseRate, 0, 20, 250),
  numeric(HANDLE.spo2, TERMS.spo2, 0, 0, 100),
  numeric(HANDLE.rr, TERMS.respirationRate, 0, 0, 150),
  numeric(HANDLE.sys, TERMS.systolic, 0, 30, 270),
  numeric(HANDLE.dia, TERMS.diastolic, 0, 10, 230),
  numeric(HANDLE.mean, TERMS.meanPressure, 0, 15, 245),
  numeric(HANDLE.temp, TERMS.temperature, 1, 0, 500),
  numeric(HANDLE.battery, TERMS.battery, 0, 0, 100),
];

/** A cuff inflates now and then, and between two readings the old one stands, with its own time. */
const PRESSURE_EVERY_S = 60;
/** Alarms are told again this often, so that who missed a frame is right again soon. */
const ALARMS_EVERY_S = 5;

export interface MonitorParts {
  readonly telemetry: Telemetry;
  readonly patient: SimulatedPatient;
  /** Alarm limits as they are set now. */
  readonly limits: () => Limits;
  /** Unix ms. */
  readonly now: () => number;
}

/** A multi-parameter patient monitor: three waveforms, eight numbers, and the alarms that are its own. */
export class PatientMonitor {
  readonly alarms: AlarmSystem;
  readonly #parts: MonitorParts;
  #described = false;
  #until: number;
  #second = 0;
  #pressureAt = -PRESSURE_EVERY_S;
  #alarmsTold = '';

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#until = parts.now() / 1_000;
    this.alarms = new AlarmSystem(conditionsOf(HANDLE));
    parts.telemetry.renewed = () => {
      this.#described = false;
    };
  }

  /** Measures what passed since the last time; to be called twice a second. */
  measure(): void {
    const { telemetry, patient, now } = this.#parts;
    const seconds = now() / 1_000;
    const contents: Content[] = [];
    if (!this.#described) contents.push({ kind: 'describe', simulated: true, metrics: MONITOR_METRICS });
    this.#described = true;
    contents.push(...this.#waves(seconds));
    if (Math.floor(seconds) !== this.#second) {
      this.#second = Math.floor(seconds);
      contents.push({ kind: 'numerics', numerics: this.#numerics(seconds) });
      watchLimits(this.alarms, patient.vitals(seconds), this.#parts.limits(), {
        now: now(),
        scenario: patient.scenario(seconds).name,
        linked: telemetry.linked,
      });
      contents.push(...this.#told(now()));
    }
    telemetry.report(contents);
  }

  #waves(seconds: number): Content[] {
    const { patient } = this.#parts;
    // After a long pause only the last part was measured.
    const since = Math.max(this.#until, seconds - 2);
    const count = Math.floor((seconds - since) / PERIOD_S);
    const start = seconds - count * PERIOD_S;
    this.#until = seconds;
    if (count === 0) return [];
    const { name } = patient.scenario(seconds);
    const part = (handle: number, quality: Quality, at: (t: number) => number): Content => {
      const samples = Array.from({ length: count }, (_, i) => Math.round(at(start + i * PERIOD_S)));
      const offset = Math.round((seconds - start) * 1_000);
      return { kind: 'wave', wave: { handle, offset, count, quality, data: packSamples(samples) } };
    };
    return [
      part(1, qualityAt(name, 'electrodes'), (t) => 100 * patient.ecg(t)),
      part(2, qualityAt(name, 'oximeter'), (t) => patient.pleth(t)),
      part(3, qualityAt(name, 'electrodes'), (t) => 100 * patient.respiration(t)),
    ];
  }

  #numerics(seconds: number): Numeric[] {
    const { patient } = this.#parts;
    const vitals = patient.vitals(seconds);
    const { name } = patient.scenario(seconds);
    const value = (handle: number, number: number, times = 1, quality: Quality = 'valid'): Numeric => ({
      handle,
      value: quality === 'lead-off' ? 0 : Math.round(number * times),
      quality,
    });
    const [electrodes, oximeter] = [qualityAt(name, 'electrodes'), qualityAt(name, 'oximeter')];
    const numbers = [
      value(HANDLE.hr, vitals.heartRate ?? 0, 1, electrodes),
      value(HANDLE.pr, vitals.pulseRate, 1, oximeter),
      value(HANDLE.spo2, vitals.spo2, 1, oximeter),
      value(HANDLE.rr, vitals.respirationRate, 1, electrodes),
      value(HANDLE.temp, vitals.temperature, 10),
      value(HANDLE.battery, 96),
    ];
    if (seconds - this.#pressureAt < PRESSURE_EVERY_S) return numbers;
    this.#pressureAt = seconds;
    const { systolic, diastolic } = vitals;
    const mean = diastolic + (systolic - diastolic) / 3;
    return [...numbers, value(HANDLE.sys, systolic), value(HANDLE.dia, diastolic), value(HANDLE.mean, mean)];
  }

  /** The alarms, when something about them changed, and now and then. */
  #told(now: number): Content[] {
    const alarms = this.alarms.states();
    const content: Content = { kind: 'alarms', pausedUntil: this.alarms.pausedUntil(now), alarms };
    const said = JSON.stringify(content);
    if (said === this.#alarmsTold && this.#second % ALARMS_EVERY_S !== 0) return [];
    this.#alarmsTold = said;
    return [content];
  }
}

/**
 * How good a signal is (IEEE 11073 measurement status): somebody who moves makes both sensors doubtful, and light from outside
 * drives an oximeter out of its range.
 */
function qualityAt(scenario: Scenario, sensor: 'electrodes' | 'oximeter'): Quality {
  if (scenario === 'motion') return 'questionable';
  if (scenario === 'lead-off' && sensor === 'electrodes') return 'lead-off';
  return scenario === 'over-range' && sensor === 'oximeter' ? 'out-of-range' : 'valid';
}
