import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  encodeFromStation,
  encodeToStation,
  EXCHANGE_FAILURES,
  type FromStation,
  parseFromStation,
  parseToStation,
  READER_TROUBLES,
  SIGNALS,
} from '../../server/protocol/link/station.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const plain = fc.stringMatching(/^[A-Za-z0-9 äß()._-]{1,40}$/);
const oneOf = <Word extends string>(table: Record<Word, string>): fc.Arbitrary<Word> =>
  fc.constantFrom(...(Object.keys(table) as Word[]));

const message: fc.Arbitrary<FromStation> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    label: plain,
    readers: fc.array(plain, { maxLength: 16 }),
  }),
  fc.record({
    kind: fc.constant('card' as const),
    session: u32,
    reader: fc.integer({ min: 0, max: 15 }),
    atr: fc.uint8Array({ minLength: 2, maxLength: 33 }),
  }),
  fc.record({ kind: fc.constant('gone' as const), session: u32 }),
  fc.record({
    kind: fc.constant('answer' as const),
    request: u32,
    response: fc.uint8Array({ minLength: 2, maxLength: 500 }),
  }),
  fc.record({ kind: fc.constant('failed' as const), request: u32, reason: oneOf(EXCHANGE_FAILURES) }),
  fc.record({ kind: fc.constant('trouble' as const), reason: oneOf(READER_TROUBLES) }),
  fc.record({ kind: fc.constant('signalled' as const), signal: u32, how: oneOf(SIGNALS) }),
);

const cbor: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -5, max: 20 }),
    fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
  ),
})).value;

function readOrRefuse<Message>(
  parse: (bytes: Uint8Array) => Message,
  bytes: Uint8Array,
): Message | undefined {
  try {
    return parse(bytes);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return undefined;
  }
}

describe('messages of a reader station', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(message, (given) =>
        assert.deepEqual(parseFromStation(encodeFromStation(given)), { ...given }),
      ),
    );
    fc.assert(
      fc.property(u32, u32, fc.uint8Array({ minLength: 4, maxLength: 300 }), (request, session, command) => {
        const given = { kind: 'request' as const, request, session, command };
        assert.deepEqual(parseToStation(encodeToStation(given)), given);
      }),
    );
  });

  it('whatever arrives, are read or refused, and have one spelling', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      cbor.map(encode),
      fc.array(cbor, { maxLength: 4 }).map((rest) => encode([1, ...rest])),
      fc
        .tuple(fc.integer({ min: 1, max: 10 }), fc.array(cbor, { maxLength: 3 }))
        .map(([k, rest]) => encode([k, ...rest])),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const read = readOrRefuse(parseFromStation, bytes);
        if (read) assert.deepEqual(encodeFromStation(read), bytes);
        const asked = readOrRefuse(parseToStation, bytes);
        if (asked) assert.deepEqual(encodeToStation(asked), bytes);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are refused for one changed byte, or still mean one thing', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, flip) => {
        const bytes = encodeFromStation(given);
        bytes[at % bytes.length]! ^= flip;
        const read = readOrRefuse(parseFromStation, bytes);
        if (read) assert.deepEqual(encodeFromStation(read), bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are refused outside their bounds', () => {
    const wrong: Cbor[] = [
      [],
      [7, 1],
      [1, '', []],
      [1, 'a\u202eb', []], // text that runs backwards on a screen
      [1, 'a\nb', []],
      [1, 'x'.repeat(65), []],
      [1, 'ward', Array.from({ length: 17 }, () => 'r')],
      [1, 'ward', [1]],
      [2, 1, 16, new Uint8Array(5)],
      [2, 1, 0, new Uint8Array(34)],
      [2, 0x1_0000_0000, 0, new Uint8Array(5)],
      [3, -1],
      [3, 1, 1],
      [4, 1, new Uint8Array(1)],
      [5, 1, 'because'],
      [5, 1, 'toString'],
      [6, 'card-removed'],
      [10, 1, 1, new Uint8Array(4)],
    ];
    for (const value of wrong)
      assert.throws(() => parseFromStation(encode(value)), Refusal, JSON.stringify(value));
    for (const size of [0, 3, 65_536]) {
      assert.throws(() => parseToStation(encode([10, 1, 1, new Uint8Array(size)])), Refusal);
    }
  });
});
