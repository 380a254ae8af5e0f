import { isAllowed, type Parameter } from '../../../server/protocol/profile.ts';

/** What stands in the field of the keypad while somebody types, and why the last key did nothing. */
export interface Entry {
  readonly text: string;
  readonly problem: Problem | undefined;
  /** The last key and when (ms): the same one again at once is a bouncing key, not a second press. */
  readonly last: { readonly key: Key; readonly at: number } | undefined;
}

export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | 'mark' | 'back' | 'clear';
export type Problem = 'bounce' | 'whole' | 'decimals' | 'long' | 'zero';
/** Why a finished text is no value to take. */
export type Fault = 'empty' | 'unfinished' | 'trailing' | 'range' | 'step' | 'change' | 'same';

export const EMPTY: Entry = { text: '', problem: undefined, last: undefined };
/** FDA on infusion pumps: key bounce turned 10 into 100 mL/h. */
const BOUNCE_MS = 120;
/** Digits before the mark: the widest range of a setting has four. */
const MAX_DIGITS = 6;

/** One key. What cannot be part of a number is blocked with its reason; nothing is ever corrected or rounded. */
export function press(entry: Entry, key: Key, at: number, scale: number): Entry {
  const { text, last } = entry;
  if (last?.key === key && at - last.at < BOUNCE_MS)
    return { ...entry, problem: 'bounce', last: { key, at } };
  const said = (next: string, problem?: Problem): Entry => ({ text: next, problem, last: { key, at } });
  const [whole = '', decimals] = text.split('.');
  switch (key) {
    case 'clear':
      return said('');
    case 'back':
      return said(text === '0.' ? '' : text.slice(0, -1));
    case 'mark':
      if (scale === 0) return said(text, 'whole');
      if (decimals !== undefined) return said(text, 'decimals');
      return said(text === '' ? '0.' : `${text}.`);
    default:
      if (decimals !== undefined) return decimals.length < scale ? said(text + key) : said(text, 'decimals');
      if (whole === '0') return said(text, 'zero');
      return whole.length < MAX_DIGITS ? said(text + key) : said(text, 'long');
  }
}

/** The value of a finished text, as the profile's scaled integer; or why it is none. */
export function valueOf(
  text: string,
  parameter: Parameter,
  on: number,
): { readonly value: number } | { readonly fault: Fault } {
  if (text === '') return { fault: 'empty' };
  if (text.endsWith('.')) return { fault: 'unfinished' };
  const [whole = '', decimals = ''] = text.split('.');
  if (decimals.endsWith('0')) return { fault: 'trailing' };
  const value = Number(whole + decimals.padEnd(parameter.scale, '0'));
  return judged(value, parameter, on);
}

/** May this value be proposed at all, by the rules a tablet knows? */
export function judged(
  value: number,
  parameter: Parameter,
  on: number,
): { readonly value: number } | { readonly fault: Fault } {
  if (value === on) return { fault: 'same' };
  if (parameter.options.has(value)) return { value };
  if (value < parameter.min || value > parameter.max) return { fault: 'range' };
  if (!isAllowed(parameter, value)) return { fault: 'step' };
  if (!parameter.options.has(on) && Math.abs(value - on) > parameter.maxChange) return { fault: 'change' };
  return { value };
}

/** Five times more or less is how a wrong decimal mark looks: it has to be entered twice. */
export const needsAgain = (parameter: Parameter, on: number, value: number): boolean =>
  !parameter.options.has(on) &&
  !parameter.options.has(value) &&
  on > 0 &&
  value > 0 &&
  (value >= 5 * on || on >= 5 * value);

/** As many values as keys fit on one screen; more of them are typed. */
const MOST_KEYS = 20;

/** The values a list of keys offers, in order; undefined when there are too many, and a keypad takes them. */
export function choices(parameter: Parameter, on: number): readonly number[] | undefined {
  const { min, max, step, options, maxChange } = parameter;
  const named = [...options.keys()].toSorted((a, b) => a - b);
  if (min === max && named.length > 0) return named;
  const near = !options.has(on);
  const from = near ? Math.max(min, on - maxChange) : min;
  const to = near ? Math.min(max, on + maxChange) : max;
  const first = min + Math.ceil((from - min) / step) * step;
  const count = Math.floor((to - first) / step) + 1;
  if (count + named.length > MOST_KEYS) return undefined;
  const range = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step);
  return [...named, ...range.filter((value) => !options.has(value))];
}
