import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import type { SimulatedTherapy } from './sdk/therapy.ts';

/** Code of profiles/pacemaker.json: 1 good, 2 replace soon, 3 replace now. */
const STATUS = 721_280;

/** What is measured of a battery that is nearly empty, and of a good one: of the pump, and of the pacemaker. */
const BATTERIES = {
  pump: {
    low: new Map([[TERMS.battery.code, 12]]),
    good: new Map([[TERMS.battery.code, 100]]),
  },
  implant: {
    low: new Map([[STATUS, 2], [TERMS.batteryVoltage.code, 251], [TERMS.batteryRemaining.code, 9]]),
    good: new Map([[STATUS, 1], [TERMS.batteryVoltage.code, 280], [TERMS.batteryRemaining.code, 90]]),
  },
} as const; // prettier-ignore

/** SIMULATION ONLY: the words by which a battery runs down, or is a new one. */
export function playBattery(therapy: SimulatedTherapy, of: keyof typeof BATTERIES, said: unknown): void {
  if (said === 'battery-low') therapy.measure(BATTERIES[of].low);
  if (said === 'battery-good') therapy.measure(BATTERIES[of].good);
}
