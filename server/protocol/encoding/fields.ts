import type { Bytes } from './bytes.ts';
import { type Cbor, CborError, type CborMap, decode, isArray, isMap } from './cbor.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';

/**
 * Strict reading of decoded CBOR. Every message of the protocol is taken apart here: a missing, foreign or
 * misshapen field becomes a Refusal that names the message and the field.
 */
export class Fields {
  readonly #map: CborMap;
  readonly #what: string;
  readonly #code: RefusalCode;

  private constructor(map: CborMap, what: string, code: RefusalCode) {
    this.#map = map;
    this.#what = what;
    this.#code = code;
  }

  /** Reads a map that has every `required` key, perhaps the `optional` ones, and no other. */
  static of(
    value: Cbor | undefined,
    what: string,
    required: readonly number[],
    optional: readonly number[] = [],
    code: RefusalCode = 'E_CMD_MALFORMED',
  ): Fields {
    if (!isMap(value)) throw new Refusal(code, 'expected a map', what);
    for (const key of required) {
      if (!value.has(key)) throw new Refusal(code, 'a field is missing', `${what}.${key}`);
    }
    for (const key of value.keys()) {
      if (!required.includes(key) && !optional.includes(key)) {
        throw new Refusal(code, 'a field that does not belong here', `${what}.${key}`);
      }
    }
    return new Fields(value, what, code);
  }

  has(key: number): boolean {
    return this.#map.has(key);
  }

  uint(key: number, max = Number.MAX_SAFE_INTEGER): number {
    return uint(this.#map.get(key), this.#at(key), max, this.#code);
  }

  int(key: number, bound = 0x7fff_ffff): number {
    const value = this.#map.get(key);
    if (typeof value !== 'number' || value > bound || value < -bound - 1)
      return this.#fail(key, 'expected an integer');
    return value;
  }

  bytes(key: number, size?: number): Bytes {
    return bytesOf(this.#map.get(key), this.#at(key), size, this.#code);
  }

  text(key: number, max = 200): string {
    const value = this.#map.get(key);
    if (typeof value !== 'string' || value.length > max)
      return this.#fail(key, `expected text of at most ${max}`);
    return value;
  }

  array(key: number, max: number): readonly Cbor[] {
    return arrayOf(this.#map.get(key), this.#at(key), 0, max, this.#code);
  }

  /** A map of unsigned keys to signed 32-bit values: settings. */
  settings(key: number, max = 64): ReadonlyMap<number, number> {
    const value = this.#map.get(key);
    if (!isMap(value) || value.size > max) return this.#fail(key, 'expected a map of settings');
    const settings = new Map<number, number>();
    for (const [code, setting] of value) {
      if (code < 0 || code > 0xffff_ffff) return this.#fail(key, 'a setting code out of range');
      if (typeof setting !== 'number' || setting > 0x7fff_ffff || setting < -0x8000_0000) {
        return this.#fail(key, 'a setting value out of range');
      }
      settings.set(code, setting);
    }
    return settings;
  }

  value(key: number): Cbor | undefined {
    return this.#map.get(key);
  }

  #at(key: number): string {
    return `${this.#what}.${key}`;
  }

  #fail(key: number, why: string): never {
    throw new Refusal(this.#code, why, this.#at(key));
  }
}

/** An unsigned integer of at most `max`. */
export function uint(
  value: Cbor | undefined,
  what: string,
  max = Number.MAX_SAFE_INTEGER,
  code: RefusalCode = 'E_CMD_MALFORMED',
): number {
  if (typeof value !== 'number' || value < 0 || value > max) {
    throw new Refusal(code, 'expected an unsigned integer', what);
  }
  return value;
}

/** A byte string, of exactly `size` bytes where one is given. */
export function bytesOf(
  value: Cbor | undefined,
  what: string,
  size?: number,
  code: RefusalCode = 'E_CMD_MALFORMED',
): Bytes {
  if (!(value instanceof Uint8Array) || (size !== undefined && value.length !== size)) {
    throw new Refusal(code, size === undefined ? 'expected bytes' : `expected ${size} bytes`, what);
  }
  return value;
}

/** Text of at most `max` UTF-16 units. */
export function textOf(value: Cbor | undefined, what: string, max: number): string {
  if (typeof value !== 'string' || value.length > max) {
    throw new Refusal('E_CMD_MALFORMED', `expected text of at most ${max}`, what);
  }
  return value;
}

/** An array of `min` to `max` items. */
export function arrayOf(
  value: Cbor | undefined,
  what: string,
  min: number,
  max: number,
  code: RefusalCode = 'E_CMD_MALFORMED',
): readonly Cbor[] {
  if (!isArray(value) || value.length < min || value.length > max) {
    throw new Refusal(code, `expected an array of ${min} to ${max}`, what);
  }
  return value;
}

/** Decodes bytes of at most `max`, turning any defect into a Refusal that names `what`. */
export function decodeStrict(
  bytes: Bytes,
  what: string,
  max: number,
  code: RefusalCode = 'E_CMD_MALFORMED',
): Cbor {
  if (bytes.length > max) throw new Refusal(code, `longer than ${max} bytes`, what);
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof CborError) throw new Refusal(code, error.message, what);
    throw error;
  }
}
