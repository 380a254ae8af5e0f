import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { keyNamed, open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Sha256, Signer } from './crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf, uint } from './encoding/fields.ts';
import { isPlainName } from './encoding/plain-name.ts';
import { Refusal } from './refusal.ts';

/**
 * What a kind of device is and will accept, signed by its maker. Tablet, gateway and device read the same
 * bytes; the device holds its own copy and is the one that counts. All values are integers in units of
 * 10^-scale of the UCUM unit.
 */
export interface Profile {
  readonly model: string;
  readonly maker: string;
  readonly version: number;
  /** IEEE 11073 (MDC) code of the device type. */
  readonly deviceClass: number;
  readonly parameters: readonly Parameter[];
  readonly rules: readonly JointRule[];
  readonly operations: readonly OperationRule[];
  /** Fixed settings of the emergency safe mode. */
  readonly safeState: ReadonlyMap<number, number>;
  /** Device ticks (seconds) a nonce lives: for one signer, for two. */
  readonly nonceTicks: { readonly r1: number; readonly r2: number };
  /** SHA-256 of each firmware that the maker signed this profile for; undefined: of any. */
  readonly firmware?: readonly Bytes[] | undefined;
}

export interface Parameter {
  /** IEEE 11073 / IDCO code where one exists, else a maker's code from 0xF0000000 up. */
  readonly code: number;
  readonly name: string;
  /** UCUM unit. */
  readonly unit: string;
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Largest change one command may make. */
  readonly maxChange: number;
  readonly risk: 1 | 2;
  /** Which way lowers risk: -1 down, 1 up, 0 neither. */
  readonly safeDirection: -1 | 0 | 1;
  /** Settings that commands change; the others are only read. */
  readonly programmed: boolean;
  /** Values with a name of their own (modes, "Off"); they count besides min..max. */
  readonly options: ReadonlyMap<number, string>;
  /** Ticks of the cumulative window and the sum of changes allowed within it. */
  readonly window: { readonly ticks: number; readonly sum: number };
  /** Largest distance one-signer changes may drift from the last two-signer value. */
  readonly drift: number;
  readonly nominal: number;
}

/** (sum of coefficient x value) x (value of `times`, or 1) must be at most `bound`. */
export interface JointRule {
  readonly terms: readonly (readonly [code: number, coefficient: number])[];
  /** Code of a multiplying setting; 0 for none. */
  readonly times: number;
  readonly bound: number;
  readonly says: string;
}

export interface OperationRule {
  readonly operation: number;
  readonly risk: 1 | 2;
  /** Lowers risk: one person suffices, witnesses are not waited for. */
  readonly lowers: boolean;
  /** Needs somebody to confirm at the device itself. */
  readonly physicalIntent: boolean;
}

export const MAX_PROFILE = 16_384;
const BIAS = 1;

/** The payload a maker signs. */
export function encodeProfile(profile: Profile): Bytes {
  return encode(
    new Map<number, Cbor>([
      [1, 1],
      [2, profile.model],
      [3, profile.maker],
      [4, profile.version],
      [5, profile.deviceClass],
      [6, profile.parameters.map(parameterValue)],
      [7, profile.rules.map((rule) => [rule.terms, rule.times, rule.bound, rule.says])],
      [8, profile.operations.map((o) => [o.operation, o.risk, Number(o.lowers), Number(o.physicalIntent)])],
      [9, profile.safeState],
      [10, [profile.nonceTicks.r1, profile.nonceTicks.r2]],
      ...(profile.firmware === undefined ? [] : [[11, profile.firmware] as const]),
    ]),
  );
}

const parameterValue = (p: Parameter): Cbor =>
  new Map<number, Cbor>([
    [1, p.code],
    [2, p.name],
    [3, p.unit],
    [4, p.scale],
    [5, p.min],
    [6, p.max],
    [7, p.step],
    [8, p.maxChange],
    [9, p.risk],
    [10, p.safeDirection + BIAS],
    [11, p.programmed ? 1 : 0],
    [12, [...p.options].map(([value, name]) => [value, name])],
    [13, [p.window.ticks, p.window.sum]],
    [14, p.drift],
    [15, p.nominal],
  ]);

export const issueProfile = (profile: Profile, maker: Signer): Promise<Bytes> =>
  sign1('profile', encodeProfile(profile), maker);

/** A profile that one of the `makers` signed, and the hash that commands name. Throws Refusal E_PROFILE. */
export async function openProfile(
  crypto: Crypto,
  bytes: Bytes,
  makers: readonly PublicKey[],
): Promise<{ profile: Profile; hash: Bytes }> {
  const message = parseSign1(bytes, 'profile', MAX_PROFILE, 'E_PROFILE');
  const maker = keyNamed(makers, message.kid, 'profile', 'E_PROFILE');
  const payload = await open1(crypto, 'profile', message, maker, 'E_PROFILE');
  return { profile: parseProfile(payload), hash: crypto.sha256(payload) };
}

/** Reads a profile payload and holds it against itself; throws Refusal E_PROFILE. */
export function parseProfile(payload: Bytes): Profile {
  const code = 'E_PROFILE';
  const f = Fields.of(
    decodeStrict(payload, 'profile', MAX_PROFILE, code),
    'profile',
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [11],
  );
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'profile format', 'profile.1');
  const [r1, r2] = arrayOf(f.value(10), 'profile.10', 2, 2);
  const profile: Profile = {
    model: f.text(2, 80),
    maker: f.text(3, 80),
    version: f.uint(4, 0xffff_ffff),
    deviceClass: f.uint(5, 0xffff_ffff),
    parameters: f.array(6, 64).map(parseParameter),
    rules: f.array(7, 64).map(parseRule),
    operations: f.array(8, 16).map(parseOperation),
    safeState: f.settings(9),
    nonceTicks: { r1: uint(r1, 'profile.10', 0xffff), r2: uint(r2, 'profile.10', 0xffff) },
    ...(f.has(11) && { firmware: arrayOf(f.value(11), 'profile.11', 1, 16).map(digest) }),
  };
  checkProfile(profile);
  return profile;
}

function digest(value: Cbor): Bytes {
  const bytes = bytesOf(value, 'profile.11');
  if (bytes.length !== 32) throw new Refusal('E_PROFILE', 'expected a SHA-256', 'profile.11');
  return bytes;
}

function parseParameter(value: Cbor): Parameter {
  const f = Fields.of(value, 'parameter', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  const [ticks, sum] = arrayOf(f.value(13), 'parameter.13', 2, 2);
  const direction = f.uint(10, 2) - BIAS;
  return {
    code: f.uint(1, 0xffff_ffff),
    name: f.text(2, 80),
    unit: f.text(3, 20),
    scale: f.uint(4, 6),
    min: f.int(5),
    max: f.int(6),
    step: f.uint(7, 0x7fff_ffff),
    maxChange: f.uint(8, 0x7fff_ffff),
    risk: riskOf(f.uint(9, 2)),
    safeDirection: direction < 0 ? -1 : direction > 0 ? 1 : 0,
    programmed: f.uint(11, 1) === 1,
    options: new Map(
      f.array(12, 64).map((option) => {
        const [at, name] = arrayOf(option, 'parameter.12', 2, 2);
        if (typeof at !== 'number')
          throw new Refusal('E_PROFILE', 'expected a value and its name', 'parameter.12');
        return [at, textOf(name, 'parameter.12', 40)];
      }),
    ),
    window: { ticks: uint(ticks, 'parameter.13', 0x7fff_ffff), sum: uint(sum, 'parameter.13', 0x7fff_ffff) },
    drift: f.uint(14, 0x7fff_ffff),
    nominal: f.int(15),
  };
}

function riskOf(value: number): 1 | 2 {
  if (value === 1 || value === 2) return value;
  throw new Refusal('E_PROFILE', 'risk is 1 or 2', 'profile.risk');
}

function parseRule(value: Cbor): JointRule {
  const [terms, times, bound, says] = arrayOf(value, 'rule', 4, 4);
  if (typeof bound !== 'number') throw new Refusal('E_PROFILE', 'expected a bound', 'rule.bound');
  return {
    terms: arrayOf(terms, 'rule.terms', 1, 8).map((term) => {
      const [code, coefficient] = arrayOf(term, 'rule.terms', 2, 2);
      if (typeof coefficient !== 'number')
        throw new Refusal('E_PROFILE', 'expected a coefficient', 'rule.terms');
      return [uint(code, 'rule.terms', 0xffff_ffff), coefficient];
    }),
    times: uint(times, 'rule.times', 0xffff_ffff),
    bound,
    says: textOf(says, 'rule.says', 120),
  };
}

function parseOperation(value: Cbor): OperationRule {
  const [operation, risk, lowers, intent] = arrayOf(value, 'operation', 4, 4);
  return {
    operation: uint(operation, 'operation', 0xffff),
    risk: riskOf(uint(risk, 'operation.risk', 2)),
    lowers: uint(lowers, 'operation.lowers', 1) === 1,
    physicalIntent: uint(intent, 'operation.intent', 1) === 1,
  };
}

/** A number with or without its unit: how values that have no name are shown. */
const LIKE_A_NUMBER = /^\s*-?\d+(\.\d+)?(\s|$)/;

/** Throws Refusal E_PROFILE when a profile contradicts itself. */
function checkProfile(profile: Profile): void {
  const known = new Set(profile.parameters.map((p) => p.code));
  const demand = (fine: boolean, why: string, field: string): void => {
    if (!fine) throw new Refusal('E_PROFILE', why, field);
  };
  const said = [profile.model, profile.maker, ...profile.rules.map((rule) => rule.says)].concat(
    profile.parameters.flatMap((p) => [p.name, p.unit, ...p.options.values()]),
  );
  demand(said.every(isPlainName), 'a name with characters that do not print', 'profile');
  demand(known.size === profile.parameters.length, 'a setting appears twice', 'profile.parameters');
  for (const p of profile.parameters) {
    demand(p.min <= p.max && p.step > 0, 'min, max and step do not fit', p.name);
    demand(isAllowed(p, p.nominal), 'the nominal value is not allowed', p.name);
    // Two values that look alike would let two commands look alike on the screen that people sign from.
    const names = [...p.options.values()];
    demand(new Set(names).size === names.length, 'two options have one name', p.name);
    demand(!names.some((name) => LIKE_A_NUMBER.test(name)), 'an option looks like a number', p.name);
  }
  for (const rule of profile.rules) {
    const codes = rule.terms.map(([code]) => code).concat(rule.times === 0 ? [] : [rule.times]);
    demand(
      codes.every((code) => known.has(code)),
      'a rule names an unknown setting',
      rule.says,
    );
  }
  for (const [code, value] of profile.safeState) {
    const parameter = profile.parameters.find((p) => p.code === code);
    demand(
      parameter !== undefined && isAllowed(parameter, value),
      'the safe state is outside the limits',
      `${code}`,
    );
  }
}

/** Is the value one the parameter can take: a named option, or in range and on step? */
export const isAllowed = (p: Parameter, value: number): boolean =>
  p.options.has(value) || (value >= p.min && value <= p.max && (value - p.min) % p.step === 0);

/** Hash of the settings a command starts from: the profile's `programmed` settings as deterministic CBOR. */
export const settingsHash = (
  sha256: Sha256,
  profile: Profile,
  settings: ReadonlyMap<number, number>,
): Bytes => sha256(encode(programmed(profile, settings)));

/** The part of some settings that the profile marks `programmed`. */
export function programmed(
  profile: Profile,
  settings: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const part = new Map<number, number>();
  for (const p of profile.parameters) {
    const value = settings.get(p.code);
    if (p.programmed && value !== undefined) part.set(p.code, value);
  }
  return part;
}
