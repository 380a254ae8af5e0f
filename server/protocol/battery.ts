import { TERMS } from './telemetry/nomenclature.ts';
import type { Parameter, Profile } from './profile.ts';

const CHARGE: readonly number[] = [TERMS.batteryRemaining.code, TERMS.battery.code];

/** What is left of a device's own battery, as its attestation says. */
export interface Charge {
  readonly of: Parameter;
  /** In steps of the parameter. */
  readonly value: number;
  readonly percent: number;
}

/** Charge in percent that a device attests, the lowest if it attests several; undefined when it says nothing of one. */
export function chargeOf(profile: Profile, settings: ReadonlyMap<number, number>): Charge | undefined {
  return profile.parameters
    .filter(({ code, unit, programmed }) => CHARGE.includes(code) && unit === '%' && !programmed)
    .flatMap((of): Charge[] => {
      const value = settings.get(of.code);
      return value === undefined ? [] : [{ of, value, percent: value / 10 ** of.scale }];
    })
    .toSorted((a, b) => a.percent - b.percent)[0];
}
