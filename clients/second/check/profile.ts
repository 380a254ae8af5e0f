import { t } from '../texts/texts.ts';
import { type Bytes, Objection, sha256, Wrong } from './bytes.ts';
import { isMap, type Item } from './cbor.ts';
import { bytes, fields, list, settings as settingsOf, text, whole } from './fields.ts';
import { type Key, opened } from './signed.ts';

/** One setting as its maker describes it. Values are whole steps of 10^-scale of the unit. */
export interface Setting {
  readonly code: number;
  readonly name: string;
  readonly unit: string;
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The largest change of one command. */
  readonly maxChange: number;
  readonly programmable: boolean;
  /** Values with a name, which count besides the range. */
  readonly options: ReadonlyMap<number, string>;
}

export interface JointRule {
  readonly terms: readonly (readonly [code: number, factor: number])[];
  readonly times: number;
  readonly bound: number;
  readonly says: string;
}

export interface Profile {
  readonly model: string;
  readonly maker: string;
  readonly settings: readonly Setting[];
  readonly rules: readonly JointRule[];
  /** What the device can be told to do. */
  readonly operations: readonly number[];
  readonly hash: Bytes;
  /** SHA-256 of each firmware it is for; undefined: for any. */
  readonly firmware: readonly Bytes[] | undefined;
}

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Reads a maker-signed profile (protocol, section 3.2). Throws Wrong. */
export async function readProfile(signed: Bytes, maker: Key): Promise<Profile> {
  const payload = await opened(signed, 'profile', [maker]);
  const said = fields(payload, ALL, [11]);
  if (said.get(1) !== 1) throw new Wrong('the profile is of another version');
  for (const key of [4, 5]) whole(said.get(key));
  settingsOf(said.get(9));
  list(said.get(10), 2, 2).forEach((ticks) => whole(ticks));
  return {
    model: text(said.get(2)),
    maker: text(said.get(3)),
    settings: list(said.get(6)).map(setting),
    rules: list(said.get(7)).map(jointRule),
    operations: list(said.get(8), 0, 16).map((rule) => whole(list(rule, 4, 4)[0])),
    hash: await sha256(payload),
    firmware: said.has(11) ? list(said.get(11), 1, 16).map((one) => bytes(one, 32)) : undefined,
  };
}

type Part = Item | undefined;

function setting(item: Part): Setting {
  // A parameter is a map of its own, already read with its profile.
  if (!isMap(item)) throw new Wrong('expected a setting');
  const at = (key: number): Part => item.get(key);
  return {
    code: whole(at(1)),
    name: text(at(2)),
    unit: text(at(3)),
    scale: whole(at(4), 0, 6),
    min: whole(at(5), -(2 ** 31)),
    max: whole(at(6), -(2 ** 31)),
    step: whole(at(7), 1),
    maxChange: whole(at(8)),
    programmable: whole(at(11), 0, 1) === 1,
    options: new Map(
      list(at(12)).map((pair) => {
        const [value, name] = list(pair, 2, 2);
        return [whole(value, -(2 ** 31)), text(name)];
      }),
    ),
  };
}

function jointRule(item: Part): JointRule {
  const [terms, times, bound, says] = list(item, 4, 4);
  return {
    terms: list(terms, 1, 8).map((term) => {
      const [code, factor] = list(term, 2, 2);
      return [whole(code), whole(factor, -(2 ** 31))] as const;
    }),
    times: whole(times),
    bound: whole(bound, -Number.MAX_SAFE_INTEGER),
    says: text(says),
  };
}

/** What is said of settings, in the order of the profile: as they stand on every screen of the device. */
export const inOrder = <T extends { readonly name: string }>(
  { settings }: Profile,
  said: readonly T[],
): T[] => settings.flatMap(({ name }) => said.filter((one) => one.name === name));

/** How a value reads: its name, or digits with the unit. Units are the maker's, never ours. */
export function reading({ options, scale, unit }: Setting, value: number): string {
  const name = options.get(value);
  if (name !== undefined) return name;
  const digits = decimal(value, scale);
  const words = unitOf(unit);
  return words === '' ? digits : `${digits} ${words}`;
}

/** UCUM as people write it: braces and brackets are for machines, a micro is no "u", and degrees have their sign. */
export const unitOf = (unit: string): string =>
  unit === '1' ? '' : unit === '/min' ? t().entry.perMinute : plain(unit);

const plain = (unit: string): string =>
  unit
    .replaceAll(/[[\]{}]/gu, '')
    .replaceAll(/\bu(?=[A-Za-z])/gu, 'µ')
    .replace('Cel', '°C');

/**
 * 1605 with scale 1 is 160.5, without a detour through fractions that a computer cannot hold. 500 is 50 and not 50.0: a zero
 * at the end reads as tenfold when the point is overlooked.
 */
export function decimal(value: number, scale: number): string {
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  const fraction = digits.slice(cut).replace(/0+$/u, '');
  return `${value < 0 ? '-' : ''}${digits.slice(0, cut)}${fraction && `.${fraction}`}`;
}

/**
 * What a person typed, in the setting's steps. One decimal mark, `.` or `,`; a digit before it; as many decimals as the
 * device has at most, and no zero at the end. Throws Objection, and never rounds.
 */
export function typed({ scale, name }: Setting, entry: string): number {
  const [, sign = '', units, fraction = ''] =
    /^(-?)(0|[1-9]\d{0,8})(?:[.,](\d+))?$/u.exec(entry.trim()) ?? [];
  const { entry: says } = t();
  if (units === undefined) throw new Objection(says.type(name));
  if (fraction.length > scale)
    throw new Objection(scale === 0 ? says.whole(name) : says.digits(name, String(scale)));
  if (fraction.endsWith('0') && fraction !== '0') throw new Objection(says.zero(name));
  const steps = Number(units + fraction.padEnd(scale, '0'));
  return sign === '-' ? -steps : steps;
}

/** Why this value cannot be chosen; undefined when the device takes it. */
export function objection(one: Setting, value: number, before: number): string | undefined {
  if (one.options.has(value)) return undefined;
  const { entry } = t();
  if (value < one.min || value > one.max)
    return entry.range(one.name, reading(one, value), decimal(one.min, one.scale), reading(one, one.max));
  if ((value - one.min) % one.step !== 0) return entry.steps(one.name, decimal(one.step, one.scale));
  const jump = Math.abs(value - before);
  if (jump > one.maxChange && !one.options.has(before))
    return entry.most(one.name, decimal(one.maxChange, one.scale));
  return undefined;
}

/** The first joint rule that the settings break, in the maker's words. */
export function brokenRule(profile: Profile, all: ReadonlyMap<number, number>): string | undefined {
  const value = (code: number): number => all.get(code) ?? 0;
  return profile.rules.find(({ terms, times, bound }) => {
    const sum = terms.reduce((total, [code, factor]) => total + factor * value(code), 0);
    const total = sum * (times === 0 ? 1 : value(times));
    return !Number.isSafeInteger(total) || total > bound;
  })?.says;
}
