import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Mode } from '../../../server/protocol/attestation.ts';

type Settings = ReadonlyMap<number, number>;

/**
 * The part of a device that treats the patient. It runs on its own: the communication side can stage and
 * activate settings, and can neither slow it down nor leave it between two settings.
 */
export interface Therapy {
  /** Puts settings into shadow registers and reads back what those then hold (rounded, clamped by the hardware). */
  stage(settings: Settings): Settings;
  /** Makes settings that were stored the ones that act, in one step. */
  activate(settings: Settings, mode: Mode): void;
  /** What the device measures of itself now, by codes of its profile that commands do not change; absent where it measures nothing. */
  measured?(): Settings;
  /** Has somebody confirmed at the device itself, within its own short time? Consumed by asking. */
  confirmedAtDevice(): boolean;
}

/** A therapy whose hardware takes every allowed value exactly, and that shows what acts now. */
export class SimulatedTherapy implements Therapy {
  mode: Mode = 'running';
  #set: Settings = new Map();
  #measured: Settings = new Map();
  #confirmed = false;
  #onceActivated: (() => void) | undefined;
  #failing = false;

  /** What acts now, and what is measured now. */
  get acting(): Settings {
    return new Map([...this.#set, ...this.#measured]);
  }

  measured(): Settings {
    return this.#measured;
  }

  /** SIMULATION ONLY: from now on the device measures this. */
  measure(values: Settings): void {
    this.#measured = new Map([...this.#measured, ...values]);
  }

  stage(settings: Settings): Settings {
    if (this.#failing) {
      this.#failing = false;
      const [, second] = [...settings].filter(([code, value]) => this.#set.get(code) !== value);
      if (second) throw new Refusal('E_STORAGE', 'a register did not take its value', 'changes');
    }
    return new Map(settings);
  }

  activate(settings: Settings, mode: Mode): void {
    this.#set = settings;
    this.mode = mode;
    const told = this.#onceActivated;
    this.#onceActivated = undefined;
    told?.();
  }

  /** The next time that two settings change together, the hardware does not take the second one. */
  failOnSecond(): void {
    this.#failing = true;
  }

  /** Calls back once, right after the next settings begin to act. */
  onceActivated(told: () => void): void {
    this.#onceActivated = told;
  }

  confirmedAtDevice(): boolean {
    const confirmed = this.#confirmed;
    this.#confirmed = false;
    return confirmed;
  }

  /** Somebody presses the button on the device. */
  pressConfirm(): void {
    this.#confirmed = true;
  }
}
