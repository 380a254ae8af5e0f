import { plainUnit } from '../../../../server/protocol/units.ts';
import type { Metric } from '../../../../server/protocol/telemetry/telemetry-content.ts';
import type { LiveBed, Signal } from './bed.ts';
import { vitalsTexts } from './vitals-texts.ts';

/** Hours, minutes and seconds of a moment (Unix ms), in this page's zone. */
export const clockTime = (at: number): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);

/** An age in the largest unit that tells something: 12 s, 8 min, 3 h, 2 d. */
export function ageSaid(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3_600 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** UCUM as people write it: brackets are for machines, and what stands in braces says what the name says. */
export function unitSaid({ unit }: Pick<Metric, 'unit'>): string {
  if (unit === '1' || unit.startsWith('{')) return '';
  if (unit === '/min') return vitalsTexts.value.perMinute;
  return plainUnit(unit);
}

/** The shortest decimal form: a zero at the end could be read as tenfold. */
export function numberSaid({ scale }: Pick<Metric, 'scale'>, value: number): string {
  const digits = value.toFixed(scale);
  return scale === 0 ? digits : digits.replace(/\.?0+$/u, '');
}

/** What stands where the number is: the number, or dashes. */
export const valueSaid = ({ metric, value }: Signal): string =>
  value === undefined ? '– –' : numberSaid(metric, value);

/**
 * What a signal's state says, in words; for what is missing with how long.
 *
 * @param readOut the device sends only while it is read, and is not read now: nothing is missing then, and nothing is live
 */
export function stateSaid({ state, age, at }: Signal, readOut = false): string {
  const { states, noDataFor, notLive } = vitalsTexts.value;
  if (readOut && state === 'no-data') return notLive;
  return state === 'no-data' && at !== undefined ? noDataFor(ageSaid(age)) : states[state];
}

/** When a device was heard last, whatever it said. @param readOut it sends only while it is read, and is not read now */
export function contactSaid(name: string, bed: LiveBed, clock: number, readOut: boolean): string {
  const t = vitalsTexts.value;
  const [age, at] = [bed.contactAge(clock), bed.contactAt];
  if (readOut && at !== undefined) return t.notLiveSince(name, clockTime(at));
  return age === undefined ? t.noContact(name) : t.contact(name, ageSaid(age));
}
