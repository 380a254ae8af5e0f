import type { Parameter, Profile } from '../protocol/profile.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Policy } from './policy-file.ts';
import { limitsAt, type SiteLimit } from './policy-limits.ts';
import type { CommandRequest } from './request.ts';

/** A device as limits know it: where it stands, and what its maker signed. */
export interface LimitedDevice {
  readonly site: string;
  readonly profile: Profile;
}

/** Within which values one person may set a parameter here, in its own steps. */
export interface SiteRange {
  readonly parameter: Parameter;
  readonly low: number;
  readonly high: number;
}

/**
 * The policy's limits for a device, in the steps of its profile. Throws Refusal E_POLICY for one that does not fit it: a
 * limit that is read otherwise than it was meant protects nobody.
 */
export const siteRanges = (policy: Policy, { site, profile }: LimitedDevice): readonly SiteRange[] =>
  limitsAt(policy, site, profile.model).map((limit) => rangeOf(limit, profile));

/** The settings that a command would set outside of the site's range. Throws Refusal E_POLICY like `siteRanges`. */
export const outsideSite = (
  policy: Policy,
  device: LimitedDevice,
  changes: ReadonlyMap<number, number>,
): readonly Parameter[] =>
  changes.size === 0
    ? []
    : siteRanges(policy, device).flatMap(({ parameter, low, high }) => {
        const value = changes.get(parameter.code);
        return value === undefined || (value >= low && value <= high) ? [] : [parameter];
      });

/**
 * The request as this site sees it: what leaves the site's range is a change of high risk, though the device itself would
 * take it from one person. The device's own tier is never lowered. Throws Refusal E_POLICY like `siteRanges`.
 */
export function atSite(request: CommandRequest, policy: Policy): CommandRequest {
  const { device, who } = request;
  const outside = outsideSite(policy, device, who.command.changes);
  return outside.length === 0 ? request : { ...request, tier: 2, waits: true, outside: true };
}

function rangeOf({ model, parameter: code, unit, low, high }: SiteLimit, profile: Profile): SiteRange {
  const misfit = (why: string): Refusal => new Refusal('E_POLICY', why, `policy.limits ${model} ${code}`);
  const parameter = profile.parameters.find((one) => one.code === code);
  if (!parameter?.programmed) throw misfit('limits something that is no setting of this model');
  const { name, scale, min, max } = parameter;
  if (unit !== parameter.unit)
    throw misfit(`limits ${name} in ${unit}, and the device has it in ${parameter.unit}`);
  const range = { parameter, low: stepsOf(low, scale), high: stepsOf(high, scale) };
  if (Number.isNaN(range.low + range.high)) throw misfit(`limits ${name} to more decimals than it has`);
  if (range.low > max || range.high < min) throw misfit(`leaves no value of ${name} inside`);
  return range;
}

/** By its decimal digits, never by multiplication: 0.7 x 10 is not 7 in floating point. NaN for more digits than fit. */
function stepsOf(value: number, scale: number): number {
  const [, sign = '', whole, decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/u.exec(String(value)) ?? [];
  if (whole === undefined || decimals.length > scale) return Number.NaN;
  return Number(`${sign}${whole}${decimals.padEnd(scale, '0')}`);
}
