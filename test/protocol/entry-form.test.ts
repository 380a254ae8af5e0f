import assert from 'node:assert/strict';
import { type Bytes, concat, hex } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, decode, encode, isMap } from '../../server/protocol/encoding/cbor.ts';
import {
  encodeEntry,
  ENTRY,
  type Entry,
  type EntryType,
  parseEntry,
} from '../../server/protocol/log/entry.ts';
import { entryTime } from '../../server/protocol/log/entry-form.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { testBytes } from '../support/keys.ts';

const TIME = 1_790_000_000_123;
const SAMPLE: Omit<Entry, 'type' | 'time'> = {
  device: testBytes('device', 8),
  command: testBytes('command'),
  kids: [testBytes('first', 16), testBytes('second', 16)],
  tier: 2,
  code: 'E_POLICY',
  digest: testBytes('digest'),
  number: 300,
  commitments: [testBytes('commitment')],
  detail: 'ward 3, bed 4 ~',
  index: 70_000,
  result: 3,
  link: 2,
};

/** At, just below and just beyond every bound of a field, and what no field may be. */
const NUMBERS: readonly Cbor[] = [
  0,
  1,
  2,
  3,
  4,
  23,
  24,
  255,
  256,
  65_536,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  -1,
];
const TEXTS: readonly Cbor[] = ['', ' ', '\u001f', '\u007f', 'w\u00e4rd', 'a'.repeat(160), 'a'.repeat(161)];
const VALUES: readonly Cbor[] = [
  ...NUMBERS,
  ...TEXTS,
  ...[0, 7, 8, 9, 15, 16, 17, 31, 32, 33].map((size) => testBytes('value', size)),
  ...[15, 16, 17, 31, 32, 33].map((size) => [testBytes('item', size)]),
  ...[16, 32].flatMap((size) => [64, 65].map((length) => Array<Bytes>(length).fill(testBytes('item', size)))),
  [],
  [1],
  ['a'.repeat(16)],
  [[testBytes('item', 16)]],
  new Map([[1, 1]]),
];

const isType = (name: string): name is EntryType => Object.hasOwn(ENTRY, name);
const TYPES = Object.keys(ENTRY).filter(isType);

function longest(type: EntryType): Entry {
  const { required, optional } = ENTRY[type];
  const fields = [...required, ...optional].map((name) => [name, SAMPLE[name]] as const);
  return { type, time: TIME, ...Object.fromEntries(fields) };
}

const LONGEST = TYPES.map((type) => encodeEntry(longest(type)));

type Member = readonly [key: Cbor, value: Cbor];

function membersOf(bytes: Bytes): readonly Member[] {
  const map = decode(bytes);
  assert.ok(isMap(map));
  return [...map];
}

/** A map as it stands, its members in this order. */
const mapOf = (members: readonly Member[]): Bytes =>
  concat(Uint8Array.of(0xa0 | members.length), ...members.flat().map(encode));

function outcome(read: () => number): number | string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

/** Whether the entry is read; both readings have to say the same of it. */
function agreed(bytes: Bytes): boolean {
  const whole = outcome(() => parseEntry(bytes).time);
  assert.equal(
    outcome(() => entryTime(bytes)),
    whole,
    hex(bytes),
  );
  return typeof whole === 'number';
}

describe('The form of an entry, looked at without taking it apart', () => {
  it('gives the time of every kind', () => {
    for (const bytes of LONGEST) assert.equal(entryTime(bytes), TIME);
  });

  it('is refused where reading it whole refuses, whatever stands in a field', () => {
    let read = 0;
    for (const bytes of LONGEST) {
      const members = membersOf(bytes);
      for (const [at, [key]] of members.entries())
        for (const value of VALUES) if (agreed(mapOf(members.with(at, [key, value])))) read++;
    }
    assert.ok(read > 500, `${read} were in order`);
  });

  it('is refused with a field too few, foreign, twice or out of order', () => {
    for (const bytes of LONGEST) {
      const members = membersOf(bytes);
      for (const [at, member] of members.entries()) {
        agreed(mapOf(members.toSpliced(at, 1)));
        const next = members[at + 1];
        assert.ok(!agreed(mapOf(members.toSpliced(at, 0, member))));
        if (next) assert.ok(!agreed(mapOf(members.toSpliced(at, 2, next, member))));
      }
      for (let key = 0; key <= 40; key++) {
        if (members.some(([known]) => known === key)) continue;
        const at = members.filter(([known]) => Number(known) < key).length;
        for (const value of [1, testBytes('foreign', 8), testBytes('foreign'), 'foreign', []])
          agreed(mapOf(members.toSpliced(at, 0, [key, value])));
      }
    }
  });

  it('is refused with a number or a length spelled longer than it needs, or too great', () => {
    for (const bytes of LONGEST.slice(0, 4))
      for (const [at, first] of bytes.entries())
        for (const [info, ...tail] of [[24], [25, 0], [26, 0, 0, 0], [27, 0, 0, 0, 0, 0, 0, 0], [28], [31]]) {
          const long = Uint8Array.of((first & 0xe0) | (info ?? 0), ...tail, first & 0x1f);
          agreed(concat(bytes.subarray(0, at), long, bytes.subarray(at + 1)));
        }
    const members = membersOf(encodeEntry(longest('credential')));
    const great = concat(
      Uint8Array.of(0xa4, 1, 8, 2, 0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0),
      mapOf(members.slice(2)).subarray(1),
    );
    assert.ok(!agreed(great));
    great.set([0x1f, 255, 255, 255, 255, 255, 255], 6);
    assert.ok(agreed(great));
  });

  it('is refused cut short, with more behind it, or with a bit turned that makes it another form', () => {
    for (const bytes of LONGEST) {
      for (let end = 0; end < bytes.length; end++) assert.ok(!agreed(bytes.subarray(0, end)));
      assert.ok(!agreed(concat(bytes, Uint8Array.of(0))));
    }
    for (const bytes of LONGEST.slice(0, 6))
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const turned = bytes.slice();
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        agreed(turned);
      }
  });
});
