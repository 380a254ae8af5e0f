import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import type { Metric } from '../../../server/protocol/telemetry/telemetry-content.ts';
import { number } from '../words.ts';
import type { Reading } from '../device/reading.ts';

/** Settings of a monitor that limit a value: private codes of its profile (profiles of this project). */
const LIMITS: ReadonlyMap<number, { readonly low?: number; readonly high?: number }> = new Map([
  [TERMS.heartRate.code, { high: 0xf002_0001, low: 0xf002_0002 }],
  [TERMS.spo2.code, { low: 0xf002_0003 }],
  [TERMS.respirationRate.code, { high: 0xf002_0004, low: 0xf002_0005 }],
  [TERMS.systolic.code, { high: 0xf002_0006, low: 0xf002_0007 }],
  [TERMS.temperature.code, { high: 0xf002_0008 }],
]);

/** Alarm limits of a value as the device said when it was read; undefined when it was not. */
export function limitsFor(
  reading: Reading | undefined,
  device: string,
  { code }: Metric,
): { readonly low: string | undefined; readonly high: string | undefined } | undefined {
  const known = LIMITS.get(code);
  if (!known || reading?.id !== device) return undefined;
  const of = (setting: number | undefined): string | undefined => {
    const parameter = reading.profile.parameters.find((one) => one.code === setting);
    const value = setting === undefined ? undefined : reading.attestation.settings.get(setting);
    return parameter && value !== undefined ? number(value, parameter.scale) : undefined;
  };
  const [low, high] = [of(known.low), of(known.high)];
  return low === undefined && high === undefined ? undefined : { low, high };
}
