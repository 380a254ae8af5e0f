import type { Bytes } from '../encoding/bytes.ts';
import { type Cbor, CborError, encode, visitMap } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, uint } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';

/**
 * The kinds of entry the log can hold: a closed union. Every entry is one flat CBOR map; which fields a kind
 * must and may have stands in the table below. Nothing here identifies a patient or holds a clinical value:
 * those stay outside the tree, behind salted commitments.
 */
export const ENTRY = {
  start: kind(1, ['digest']),
  intent: kind(2, ['device', 'command', 'kids', 'tier', 'commitments', 'link'], ['detail', 'result']),
  outcome: kind(3, ['device', 'command', 'index', 'result'], ['code', 'digest', 'number']),
  refused: kind(4, ['code'], ['device', 'command', 'kids', 'detail', 'number']),
  receipt: kind(5, ['device', 'command', 'digest', 'number', 'result'], ['code']),
  signed: kind(6, ['device', 'command', 'kids', 'tier'], ['detail']),
  secondEntry: kind(7, ['device', 'command', 'kids', 'result']),
  credential: kind(8, ['digest', 'number']),
  status: kind(9, ['digest', 'number']),
  anchors: kind(10, ['digest', 'number'], ['detail']),
  lock: kind(11, ['kids', 'digest', 'result', 'detail']),
  policy: kind(12, ['digest', 'number']),
  enrolment: kind(13, ['device', 'digest', 'result']),
  statement: kind(14, ['digest', 'kids', 'number']),
  alarm: kind(15, ['code'], ['device', 'detail', 'number', 'digest']),
  cancelled: kind(16, ['device', 'command', 'kids']),
  unknown: kind(17, ['device', 'command', 'index']),
  lost: kind(18, ['device', 'command', 'kids', 'digest']),
  breakGlass: kind(19, ['kids', 'digest'], ['device']),
  export: kind(20, ['kids', 'detail'], ['device', 'digest', 'number']),
  logRead: kind(21, ['kids', 'detail'], ['device', 'number']),
  clientBuild: kind(22, ['digest', 'kids']),
  emergency: kind(23, ['device', 'command', 'kids', 'digest', 'number', 'result']),
  signedOut: kind(24, ['kids', 'number', 'detail']),
} as const;

export type EntryType = keyof typeof ENTRY;

export interface Entry {
  readonly type: EntryType;
  /** Unix milliseconds, as the gateway's clock had it. */
  readonly time: number;
  readonly device?: Bytes;
  /** Command hash. */
  readonly command?: Bytes;
  /** Key ids of the people who signed. */
  readonly kids?: readonly Bytes[];
  /** 1 or 2. */
  readonly tier?: number;
  /** Refusal or alarm code. */
  readonly code?: string;
  /** SHA-256 of the artefact this entry announces (receipt, credential, policy, statement ...). */
  readonly digest?: Bytes;
  /** Receipt number, serial, version or count, as the kind says. */
  readonly number?: number;
  /** SHA-256(salt || value) of each personal field; the salts and values live outside the tree. */
  readonly commitments?: readonly Bytes[];
  /** Printable ASCII, for people: a reason code, a reader's label. */
  readonly detail?: string;
  /** Index of the entry this one answers. */
  readonly index?: number;
  /** Result number of a receipt, or 1/0 where the kind has two outcomes; of a second check see PROTOCOL.md. */
  readonly result?: number;
  /** 1 WebSocket, 2 NFC. */
  readonly link?: number;
}

type Field = Exclude<keyof Entry, 'type' | 'time'>;
interface Kind {
  readonly number: number;
  readonly required: readonly Field[];
  readonly optional: readonly Field[];
}

function kind(number: number, required: readonly Field[], optional: readonly Field[] = []): Kind {
  return { number, required, optional };
}

/** Detail of `signed`: the change leaves the range that the hospital's policy gives this site, and takes two people for it. */
export const OUTSIDE_SITE = 'outside the range of this site';

/** The key of each field in the map. */
export const KEY = {
  device: 3,
  command: 4,
  kids: 5,
  tier: 6,
  code: 7,
  digest: 8,
  number: 9,
  commitments: 10,
  detail: 11,
  index: 12,
  result: 13,
  link: 14,
} as const satisfies Record<Field, number>;

/** Largest entry that fits a tile's 16-bit length (C2SP tlog-tiles). */
export const MAX_ENTRY = 65_535;
const isType = (name: string): name is EntryType => Object.hasOwn(ENTRY, name);
/** Longest text, and longest list, of an entry. */
export const MAX_TEXT = 160;
export const MAX_LIST = 64;
const PRINTABLE = /^[ -~]{0,160}$/;

/** Encodes an entry; throws RangeError when a field of its kind is missing, foreign or unprintable. */
export function encodeEntry(entry: Entry): Bytes {
  const shape: Kind = ENTRY[entry.type];
  const members: [number, Cbor][] = [
    [1, shape.number],
    [2, entry.time],
  ];
  for (const field of Object.keys(KEY).filter(isField)) {
    const value = entry[field];
    if (value === undefined) {
      if (shape.required.includes(field)) throw new RangeError(`${entry.type}: ${field} is missing`);
      continue;
    }
    if (!shape.required.includes(field) && !shape.optional.includes(field)) {
      throw new RangeError(`${entry.type}: ${field} does not belong here`);
    }
    if (typeof value === 'string' && !PRINTABLE.test(value))
      throw new RangeError(`${entry.type}: ${field} is not printable`);
    members.push([KEY[field], value]);
  }
  return encode(new Map(members));
}

const isField = (name: string): name is Field => Object.hasOwn(KEY, name);

/** Reads an entry; throws Refusal E_LOG_PROOF when it is not one of the known kinds, exactly. */
export function parseEntry(bytes: Bytes): Entry {
  if (bytes.length > MAX_ENTRY) throw new Refusal(CODE, `longer than ${MAX_ENTRY} bytes`, 'entry');
  const reading = new Reading();
  try {
    visitMap(bytes, reading);
  } catch (error) {
    if (error instanceof CborError) throw new Refusal(CODE, error.message, 'entry');
    throw error;
  }
  return reading.done();
}

const CODE = 'E_LOG_PROOF';
const LAST_KEY = 14;
const AT = Array.from({ length: LAST_KEY + 1 }, (_, key) => `entry.${key}`);
const bits = (keys: readonly number[]): number => keys.reduce((all, key) => all | (1 << key), 0);

/** The keys that a kind must and may have, a bit for each. */
export interface Shape {
  readonly type: EntryType;
  readonly required: number;
  readonly allowed: number;
}

export const SHAPES: ReadonlyMap<Cbor, Shape> = new Map<Cbor, Shape>(
  Object.keys(ENTRY)
    .filter(isType)
    .map((type) => {
      const { number, required, optional }: Kind = ENTRY[type];
      const must = bits([1, 2, ...required.map((field) => KEY[field])]);
      return [number, { type, required: must, allowed: must | bits(optional.map((field) => KEY[field])) }];
    }),
);

/**
 * One entry, taken key by key: a log of a hundred thousand is read like this, and a map of each beside the entry would
 * cost more than its hash.
 */
class Reading {
  readonly #entry: { -readonly [F in keyof Entry]: Entry[F] } = { type: 'start', time: 0 };
  #shape: Shape | undefined;
  #seen = 0;

  set(key: number, value: Cbor): void {
    // Keys come in their order: what has a kind begins with it.
    if (key === 1) this.#shape = SHAPES.get(value);
    if (!this.#shape) throw noKind();
    if (key < 1 || key > LAST_KEY || ((this.#shape.allowed >> key) & 1) === 0)
      throw new Refusal(CODE, 'a field that does not belong here', `entry.${key}`);
    this.#seen |= 1 << key;
    this.#put(key, value, AT[key] ?? 'entry');
  }

  done(): Entry {
    if (!this.#shape) throw noKind();
    const missing = this.#shape.required & ~this.#seen;
    if (missing !== 0)
      throw new Refusal(CODE, 'a field is missing', `entry.${31 - Math.clz32(missing & -missing)}`);
    return this.#entry;
  }

  #put(key: number, value: Cbor, at: string): void {
    const entry = this.#entry;
    switch (key) {
      case 1:
        entry.type = this.#shape?.type ?? 'start';
        break;
      case 2:
        entry.time = uint(value, at, undefined, CODE);
        break;
      case KEY.device:
        entry.device = bytesOf(value, at, 8, CODE);
        break;
      case KEY.command:
        entry.command = bytesOf(value, at, 32, CODE);
        break;
      case KEY.kids:
        entry.kids = list(value, at, 16);
        break;
      case KEY.tier:
        entry.tier = uint(value, at, 2, CODE);
        break;
      case KEY.code:
        entry.code = printable(value, at);
        break;
      case KEY.digest:
        entry.digest = bytesOf(value, at, 32, CODE);
        break;
      case KEY.number:
        entry.number = uint(value, at, undefined, CODE);
        break;
      case KEY.commitments:
        entry.commitments = list(value, at, 32);
        break;
      case KEY.detail:
        entry.detail = printable(value, at);
        break;
      case KEY.index:
        entry.index = uint(value, at, undefined, CODE);
        break;
      case KEY.result:
        entry.result = uint(value, at, 3, CODE);
        break;
      case KEY.link:
        entry.link = uint(value, at, 2, CODE);
        break;
    }
  }
}

const noKind = (): Refusal => new Refusal(CODE, 'no such kind of entry', 'entry.1');

const list = (value: Cbor, at: string, size: number): readonly Bytes[] =>
  arrayOf(value, at, 0, MAX_LIST, CODE).map((item) => bytesOf(item, at, size, CODE));

function printable(value: Cbor, at: string): string {
  if (typeof value !== 'string' || value.length > MAX_TEXT)
    throw new Refusal(CODE, `expected text of at most ${MAX_TEXT}`, at);
  if (!PRINTABLE.test(value)) throw new Refusal(CODE, 'not printable', at);
  return value;
}
