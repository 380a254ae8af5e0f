import type { Parameter } from '../../../server/protocol/profile.ts';
import type { Reading } from '../device/reading.ts';
import { number, texts, unitOf } from '../words.ts';
import { siteTexts } from './texts.ts';

/** The hospital's range of a setting without its unit; undefined where it has none. */
function siteRangeOf({ siteRanges }: Reading, of: Parameter): string | undefined {
  const range = siteRanges?.get(of.code);
  return range && texts.value.settings.between(number(range.low, of.scale), number(range.high, of.scale));
}

/** A setting's limits, and beside them the hospital's range where it has one. */
export function withRange(reading: Reading, of: Parameter, limits: string): string {
  const range = siteRangeOf(reading, of);
  return range === undefined ? limits : siteTexts.value.short(limits, range);
}

/** The hospital's range of a setting, in a sentence; and where a value lies outside of it, what comes of that. */
export function rangeSays(reading: Reading, of: Parameter, outside = false): string | undefined {
  const range = siteRangeOf(reading, of);
  if (range === undefined) return undefined;
  const whole = [range, unitOf(of)].filter((part) => part !== '').join(' ');
  return outside ? siteTexts.value.outside(whole) : siteTexts.value.range(whole);
}
