import type { Bytes } from './bytes.ts';
import { type Cbor, encode, isMap } from './cbor.ts';
import { bytesOf, decodeStrict, Fields } from './fields.ts';
import { Refusal } from './refusal.ts';

/**
 * The kinds of entry the log can hold: a closed union. Every entry is one flat CBOR map; which fields a kind
 * must and may have stands in the table below. Nothing here identifies a patient or holds a clinical value:
 * those stay outside the tree, behind salted commitments.
 */
export const ENTRY = {
  start: kind(1, ['digest']),
  intent: kind(2, ['device', 'command', 'kids', 'tier', 'commitments', 'link'], ['detail']),
  outcome: kind(3, ['device', 'command', 'index', 'result'], ['code', 'digest', 'number']),
  refused: kind(4, ['code'], ['device', 'command', 'kids', 'detail', 'number']),
  receipt: kind(5, ['device', 'command', 'digest', 'number', 'result'], ['code']),
  signed: kind(6, ['device', 'command', 'kids', 'tier'], ['detail']),
  secondEntry: kind(7, ['device', 'command', 'kids', 'result']),
  credential: kind(8, ['digest', 'number']),
  status: kind(9, ['digest', 'number']),
  anchors: kind(10, ['digest', 'number']),
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
  /** Result number of a receipt, or 1/0 where the kind has two outcomes. */
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

const KEY: Record<Field, number> = {
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
};

/** Largest entry that fits a tile's 16-bit length (C2SP tlog-tiles). */
export const MAX_ENTRY = 65_535;
const isType = (name: string): name is EntryType => Object.hasOwn(ENTRY, name);
const TYPES = new Map(
  Object.keys(ENTRY)
    .filter(isType)
    .map((type) => [ENTRY[type].number, type]),
);
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
  const code = 'E_LOG_PROOF';
  const value = decodeStrict(bytes, 'entry', MAX_ENTRY, code);
  const type = isMap(value) ? TYPES.get(Number(value.get(1))) : undefined;
  if (!type) throw new Refusal(code, 'no such kind of entry', 'entry.1');
  const shape: Kind = ENTRY[type];
  const required = [1, 2, ...shape.required.map((field) => KEY[field])];
  const f = Fields.of(
    value,
    'entry',
    required,
    shape.optional.map((field) => KEY[field]),
    code,
  );
  const list = (key: number, size: number): readonly Bytes[] =>
    f.array(key, 64).map((item) => bytesOf(item, `entry.${key}`, size, code));
  const printable = (key: number): string => {
    const said = f.text(key, 160);
    if (!PRINTABLE.test(said)) throw new Refusal(code, 'not printable', `entry.${key}`);
    return said;
  };
  return {
    type,
    time: f.uint(2),
    ...(f.has(KEY.device) && { device: f.bytes(KEY.device, 8) }),
    ...(f.has(KEY.command) && { command: f.bytes(KEY.command, 32) }),
    ...(f.has(KEY.kids) && { kids: list(KEY.kids, 16) }),
    ...(f.has(KEY.tier) && { tier: f.uint(KEY.tier, 2) }),
    ...(f.has(KEY.code) && { code: printable(KEY.code) }),
    ...(f.has(KEY.digest) && { digest: f.bytes(KEY.digest, 32) }),
    ...(f.has(KEY.number) && { number: f.uint(KEY.number) }),
    ...(f.has(KEY.commitments) && { commitments: list(KEY.commitments, 32) }),
    ...(f.has(KEY.detail) && { detail: printable(KEY.detail) }),
    ...(f.has(KEY.index) && { index: f.uint(KEY.index) }),
    ...(f.has(KEY.result) && { result: f.uint(KEY.result, 3) }),
    ...(f.has(KEY.link) && { link: f.uint(KEY.link, 2) }),
  };
}
