import { type Bytes, text, utf8 } from './bytes.ts';

/**
 * Deterministic CBOR (RFC 8949 section 4.2.1), and only the part of it that this protocol uses: integers in
 * the safe range, byte strings, text strings, arrays, and maps with integer keys. No floats, tags, booleans,
 * null or indefinite lengths exist here, so one value has exactly one spelling.
 */
export type Cbor = number | string | Bytes | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<number, Cbor>;

/** Narrow a decoded value; `Array.isArray` and `instanceof Map` would forget what the items are. */
export const isArray = (value: Cbor | undefined): value is readonly Cbor[] => Array.isArray(value);
export const isMap = (value: Cbor | undefined): value is CborMap => value instanceof Map;

/** Bytes that are not the one spelling of a value; `at` is the offset of the byte that shows it. */
export class CborError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(`${message} (byte ${at})`);
    this.name = 'CborError';
    this.at = at;
  }
}

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** Deeper nesting than any format here needs; a bomb of brackets stops at this level. */
const MAX_DEPTH = 8;

/** Encodes a value; throws RangeError for a number that is not a safe integer or text that is not well formed. */
export function encode(value: Cbor): Bytes {
  const out = spare ?? new Writer();
  spare = undefined; // A map with keys of both signs encodes them inside.
  out.clear();
  write(out, value, 0);
  const bytes = out.done();
  spare = out;
  return bytes;
}

/** Decodes bytes that are exactly one deterministic value; throws CborError otherwise. */
export function decode(bytes: Bytes): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new CborError('bytes left over after the value', reader.at);
  return value;
}

/** Whoever takes the members of a map one by one; `set` as a Map has it. */
export interface MapVisitor {
  set: (key: number, value: Cbor) => unknown;
}

/**
 * Decodes bytes that are exactly one map, handing over member by member in their order, for what is read all the time and
 * needs no map in between. Throws CborError as `decode` does, after the members before the fault; gives false, and visits
 * nothing, where the bytes begin with something else than a map.
 */
export function visitMap(bytes: Bytes, visitor: MapVisitor): boolean {
  const reader = new Reader(bytes);
  if (!reader.members(visitor)) return false;
  if (reader.at !== bytes.length) throw new CborError('bytes left over after the value', reader.at);
  return true;
}

/** The writer of the last value, whose buffer serves the next one: messages are encoded all the time. */
let spare: Writer | undefined;
/** A buffer that one rare, long value has grown beyond this is not kept. */
const KEPT_BUFFER = 64 * 1024;

class Writer {
  #buffer = new Uint8Array(1024);
  #size = 0;

  clear(): void {
    if (this.#buffer.length > KEPT_BUFFER) this.#buffer = new Uint8Array(1024);
    this.#size = 0;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#size++] = value;
  }

  bytes(value: Bytes): void {
    this.#room(value.length);
    this.#buffer.set(value, this.#size);
    this.#size += value.length;
  }

  /** Major type and argument in the shortest form. */
  head(major: number, argument: number): void {
    const top = major << 5;
    if (argument < 24) return this.byte(top | argument);
    if (argument < 0x100) return this.#tail(top | 24, argument, 1);
    if (argument < 0x1_0000) return this.#tail(top | 25, argument, 2);
    if (argument < 0x1_0000_0000) return this.#tail(top | 26, argument, 4);
    return this.#tail(top | 27, argument, 8);
  }

  done(): Bytes {
    return this.#buffer.slice(0, this.#size);
  }

  #tail(first: number, argument: number, width: number): void {
    this.byte(first);
    for (let i = width - 1; i >= 0; i--) this.byte(Math.floor(argument / 2 ** (8 * i)) % 256);
  }

  #room(more: number): void {
    if (this.#size + more <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#size + more));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}

function write(out: Writer, value: Cbor, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError('not a safe integer');
    if (value >= 0) out.head(UINT, value);
    else out.head(NEGATIVE, -1 - value);
  } else if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new RangeError('text with a lone surrogate');
    const encoded = utf8(value);
    out.head(TEXT, encoded.length);
    out.bytes(encoded);
  } else if (value instanceof Uint8Array) {
    out.head(BYTES, value.length);
    out.bytes(value);
  } else if (isMap(value)) {
    writeMap(out, value, depth);
  } else if (isArray(value)) {
    out.head(ARRAY, value.length);
    for (const item of value) write(out, item, depth + 1);
  } else {
    throw new RangeError('a value that CBOR does not have here');
  }
}

function writeMap(out: Writer, map: CborMap, depth: number): void {
  out.head(MAP, map.size);
  for (const key of [...map.keys()].sort(byEncoding)) {
    const value = map.get(key);
    if (value === undefined) throw new RangeError('a map value is missing');
    write(out, key, depth + 1);
    write(out, value, depth + 1);
  }
}

/** Order of integer keys by their encoded bytes: 0, 1, 2 ... then -1, -2 ...; the first bits tell the sign. */
function byEncoding(a: number, b: number): number {
  if (a >= 0 && b >= 0) return a - b;
  if (a < 0 && b < 0) return b - a;
  return a >= 0 ? -1 : 1;
}

class Reader {
  readonly #bytes: Bytes;
  at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  value(depth: number): Cbor {
    const start = this.at;
    if (depth > MAX_DEPTH) throw new CborError('nested too deeply', start);
    const first = this.#byte();
    if (first < 24) return first; // Every key, and most numbers.
    const major = first >> 5;
    if (major > MAP) throw new CborError('a tag, float or simple value', start);
    const argument = this.#argument(first & 31, start);
    switch (major) {
      case UINT:
        return argument;
      case NEGATIVE:
        if (argument >= Number.MAX_SAFE_INTEGER) throw new CborError('integer out of the safe range', start);
        return -1 - argument;
      case BYTES:
        return this.#copy(argument, start);
      case TEXT:
        return this.#text(argument, start);
      case ARRAY:
        return this.#array(argument, start, depth);
      default:
        return this.#map(argument, start, depth);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new CborError('the value is cut short', this.at);
    this.at++;
    return byte;
  }

  #argument(info: number, start: number): number {
    if (info < 24) return info;
    if (info === 24) {
      const argument = this.#byte();
      if (argument < 24) throw new CborError('not the shortest form', start);
      return argument;
    }
    if (info > 27) throw new CborError('an indefinite or reserved length', start);
    const width = 2 ** (info - 24);
    let argument = 0;
    for (let i = 0; i < width; i++) argument = argument * 256 + this.#byte();
    if (argument > Number.MAX_SAFE_INTEGER) throw new CborError('integer out of the safe range', start);
    if (argument < 2 ** (4 * width)) throw new CborError('not the shortest form', start);
    return argument;
  }

  #copy(size: number, start: number): Bytes {
    if (size > this.#bytes.length - this.at) throw new CborError('a length beyond the end', start);
    this.at += size;
    return this.#bytes.slice(this.at - size, this.at);
  }

  #take(size: number, start: number): Bytes {
    if (size > this.#bytes.length - this.at) throw new CborError('a length beyond the end', start);
    const part = this.#bytes.subarray(this.at, this.at + size);
    this.at += size;
    return part;
  }

  #text(size: number, start: number): string {
    try {
      return text(this.#take(size, start));
    } catch (error) {
      if (error instanceof CborError) throw error;
      throw new CborError('text that is not UTF-8', start);
    }
  }

  #array(size: number, start: number, depth: number): Cbor[] {
    if (size > this.#bytes.length - this.at) throw new CborError('a length beyond the end', start);
    const items: Cbor[] = [];
    for (let i = 0; i < size; i++) items.push(this.value(depth + 1));
    return items;
  }

  #map(size: number, start: number, depth: number): CborMap {
    const map = new Map<number, Cbor>();
    this.#members(size, start, depth, map);
    return map;
  }

  /** Reads a map from where it stands; false where something else stands there. */
  members(visitor: MapVisitor): boolean {
    const start = this.at;
    const first = this.#bytes[start];
    if (first === undefined || first >> 5 !== MAP) return false;
    this.at++;
    this.#members(this.#argument(first & 31, start), start, 0, visitor);
    return true;
  }

  #members(size: number, start: number, depth: number, visitor: MapVisitor): void {
    if (size > this.#bytes.length - this.at) throw new CborError('a length beyond the end', start);
    let last: number | undefined;
    for (let i = 0; i < size; i++) {
      const keyAt = this.at;
      const key = this.value(depth + 1);
      if (typeof key !== 'number') throw new CborError('a map key that is not an integer', keyAt);
      // Each key is in its shortest form, so numbers tell the order of their bytes.
      if (last !== undefined && byEncoding(last, key) >= 0)
        throw new CborError('map keys out of order or twice', keyAt);
      last = key;
      visitor.set(key, this.value(depth + 1));
    }
  }
}
