import { Ecg } from './ecg.ts';

/** What can be made to happen to a simulated patient. */
export const SCENARIOS = [
  'arrhythmia',
  'desaturation',
  'lead-off',
  'motion',
  'over-range',
  'link-loss',
  'recover',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export const isScenario = (word: string): word is Scenario => SCENARIOS.some((name) => name === word);

/** How long each goes on when nobody ends it (s). */
const LASTS_S = 90;

export interface Vitals {
  /** Undefined while the leads are off. */
  readonly heartRate: number | undefined;
  readonly pulseRate: number;
  readonly spo2: number;
  readonly respirationRate: number;
  readonly systolic: number;
  readonly diastolic: number;
  readonly temperature: number;
}

/** A patient who exists in software. Two with the same number are the same person. */
export class SimulatedPatient {
  readonly #number: number;
  readonly #ecg: Ecg;
  readonly #base: { spo2: number; rr: number; sys: number; dia: number; temp: number };
  #scenario: Scenario = 'recover';
  #since = 0;

  constructor(number: number) {
    this.#number = number;
    this.#ecg = new Ecg((number * 7.3) % 60, 0.7 + ((number * 37) % 10) / 30);
    this.#base = {
      spo2: 98 - (number % 4),
      rr: 13 + ((number * 5) % 7),
      sys: 112 + ((number * 11) % 30),
      dia: 66 + ((number * 7) % 16),
      temp: 36.5 + ((number * 3) % 12) / 10,
    };
  }

  /** Begins a scenario at a time (s); it ends by itself. */
  play(scenario: Scenario, seconds: number): void {
    this.#scenario = scenario;
    this.#since = seconds;
  }

  /** What goes on at a time (s), and for how long already. */
  scenario(seconds: number): { readonly name: Scenario; readonly for: number } {
    const lasted = seconds - this.#since;
    return { name: lasted > LASTS_S ? 'recover' : this.#scenario, for: lasted };
  }

  vitals(seconds: number): Vitals {
    const { name, for: lasted } = this.scenario(seconds);
    const slow = (period: number, size: number): number =>
      size * Math.sin((2 * Math.PI * (seconds + 13 * this.#number)) / period);
    const { spo2, rr, sys, dia, temp } = this.#base;
    const heart = name === 'arrhythmia' ? 182 + slow(9, 3) : this.#ecg.rate(seconds);
    const ill = Math.min(1, lasted / 30);
    return {
      heartRate: name === 'lead-off' ? undefined : heart,
      pulseRate: heart,
      spo2: Math.min(100, spo2 + slow(61, 0.8) - (name === 'desaturation' ? 16 * ill : 0)),
      respirationRate: rr + slow(47, 1) + (name === 'desaturation' ? 9 * ill : 0),
      systolic: sys + slow(311, 6) - (name === 'arrhythmia' ? 38 * ill : 0),
      diastolic: dia + slow(287, 4) - (name === 'arrhythmia' ? 22 * ill : 0),
      temperature: temp + slow(1_800, 0.15),
    };
  }

  /** ECG lead II in millivolts. */
  ecg(seconds: number): number {
    const { name } = this.scenario(seconds);
    if (name === 'lead-off') return 0;
    if (name === 'motion') return this.#ecg.at(seconds) + 0.5 * this.#shaking(seconds);
    if (name !== 'arrhythmia') return this.#ecg.at(seconds);
    const phase = (seconds * 182) / 60;
    return 1.3 * Math.sin(2 * Math.PI * phase) + 0.35 * Math.sin(4 * Math.PI * phase + 0.6);
  }

  /** Pleth, 0 to 1000 without a unit. */
  pleth(seconds: number): number {
    const { name } = this.scenario(seconds);
    // A fast heart leaves less time for all of a pulse.
    const stretch = Math.min(1, 60 / this.#ecg.rate(seconds) / 0.9);
    const beat = this.#ecg.sinceBeat(seconds) / stretch - 0.18;
    const since = name === 'arrhythmia' ? (seconds % (60 / 182)) * 1.6 : beat;
    const up = Math.exp(-(((since - 0.12) / 0.08) ** 2));
    const notch = 0.35 * Math.exp(-(((since - 0.36) / 0.09) ** 2));
    const size = name === 'desaturation' ? 520 : 760;
    const moved = name === 'motion' ? 150 * this.#shaking(seconds) : 0;
    return 80 + size * Math.max(up, 0) + size * notch + 20 * Math.sin(seconds * 1.6) + moved;
  }

  /** Somebody who shivers: between -1 and 1, in no rhythm that a heart has. */
  #shaking(seconds: number): number {
    const at = seconds + 13 * this.#number;
    return 0.5 * Math.sin(at * 41) + 0.3 * Math.sin(at * 67.3) + 0.2 * Math.sin(at * 5.1);
  }

  /** Impedance of the chest in ohms, around its mean. */
  respiration(seconds: number): number {
    const { name, for: lasted } = this.scenario(seconds);
    // Breaths so far: the rate over all the time that passed, not the rate of this moment times a clock.
    const swing = (-47 / (2 * Math.PI)) * Math.cos((2 * Math.PI * (seconds + 13 * this.#number)) / 47);
    const faster = name === 'desaturation' ? 9 * (lasted < 30 ? lasted ** 2 / 60 : lasted - 15) : 0;
    const breaths = (this.#base.rr * seconds + swing + faster) / 60;
    return 0.8 * Math.sin(2 * Math.PI * breaths) + 0.05 * Math.sin(seconds * 7);
  }
}
