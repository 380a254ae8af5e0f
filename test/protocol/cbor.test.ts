import assert from 'node:assert/strict';
import * as oracle from 'cbor2';
import * as fc from 'fast-check';
import { type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, CborError, decode, encode } from '../../server/protocol/encoding/cbor.ts';

/** Any value the protocol's CBOR can hold, up to four levels deep. */
const value: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.maxSafeInteger().map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -24, -25, -(2 ** 32) - 1),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.normalize('NFC')),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.integer({ min: -70_000, max: 70_000 }), tie('value')), { maxLength: 5 })
      .map((entries) => new Map(entries.map(([key, item]) => [key === 0 ? 0 : key, item]))),
  ),
})).value;

const byOracle = (item: unknown): Bytes => oracle.encode(item, oracle.cdeEncodeOptions);

function oracleAccepts(bytes: Bytes): boolean {
  try {
    oracle.decode(bytes, oracle.dcborDecodeOptions);
    return true;
  } catch {
    return false;
  }
}

describe('deterministic CBOR', () => {
  it('gives back what was encoded', () => {
    fc.assert(fc.property(value, (item) => assert.deepEqual(decode(encode(item)), item)));
  });

  it('spells every value as an independent deterministic encoder does', () => {
    fc.assert(fc.property(value, (item) => assert.equal(hex(encode(item)), hex(byOracle(item)))));
  });

  it('is accepted by an independent strict decoder', () => {
    fc.assert(fc.property(value, (item) => assert.ok(oracleAccepts(encode(item)))));
  });

  it('spells equal maps alike, whatever the order they were filled in', () => {
    const entries = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(entries, (keys) => {
        const forth = new Map(keys.map((key) => [key, 1]));
        const back = new Map(keys.toReversed().map((key) => [key, 1]));
        assert.equal(hex(encode(forth)), hex(encode(back)));
      }),
    );
  });

  it('accepts bytes only in the one spelling their value has', () => {
    const near = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.tuple(value, fc.nat(), fc.nat(255)).map(([item, at, byte]) => {
        const bytes = encode(item);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(near, (bytes) => {
        let item: Cbor;
        try {
          item = decode(bytes);
        } catch (error) {
          assert.ok(error instanceof CborError);
          return;
        }
        assert.equal(hex(encode(item)), hex(bytes));
        assert.ok(oracleAccepts(bytes) || !isNfc(item), 'the independent decoder refuses it');
      }),
      { numRuns: 2_000 },
    );
  });

  // standards.md: the inputs on which libraries were compared.
  const HOSTILE = {
    'an integer longer than needed': '1817',
    'a length longer than needed': '580161',
    'a key twice': 'a201000101',
    'keys out of order': 'a202000100',
    'an array of indefinite length': '9f01ff',
    'a map of indefinite length': 'bf0101ff',
    'a float': 'fb3ff8000000000000',
    'text that is not UTF-8': '61ff',
    'a float in place of an integer': 'f93c00',
    undefined: 'f7',
    'negative zero': 'f98000',
    'a bignum': 'c24101',
    'a byte left over': '0100',
  };
  for (const [name, digits] of Object.entries(HOSTILE)) {
    it(`refuses ${name}`, () => {
      assert.throws(() => decode(unhex(digits)), CborError);
      assert.equal(oracleAccepts(unhex(digits)), false);
    });
  }

  for (const [name, digits] of Object.entries({
    nothing: '',
    'a tag': 'c001',
    null: 'f6',
    true: 'f5',
    'a simple value': 'e0',
    'a text key': 'a1616101',
    'a byte string key': 'a1410101',
    'a reserved length': '1c',
    'bytes of indefinite length': '5f4101ff',
    'an integer beyond the safe range': '1b0020000000000000',
    'a negative integer beyond the safe range': '3b001fffffffffffff',
    'a lone surrogate': '63eda080',
    'text cut short': '6261',
  })) {
    it(`refuses ${name}`, () => assert.throws(() => decode(unhex(digits)), CborError));
  }

  it('stops at nine levels of brackets, and does not recurse into ten thousand', () => {
    assert.deepEqual(decode(unhex('8181818181818180')), [[[[[[[[]]]]]]]]);
    assert.throws(() => decode(unhex(`${'81'.repeat(9)}00`)), CborError);
    assert.throws(() => decode(new Uint8Array(10_000).fill(0x81)), /nested too deeply/);
    let deep: Cbor = 0;
    for (let i = 0; i < 10; i++) deep = [deep];
    assert.throws(() => encode(deep), RangeError);
  });

  it('does not reserve memory for a length that is only claimed', () => {
    for (const head of ['9a7fffffff', 'ba7fffffff', '5a7fffffff', '7a7fffffff', '9b001fffffffffffff']) {
      assert.throws(() => decode(unhex(`${head}00`)), /a length beyond the end/);
    }
  });

  it('does not encode what it would not decode', () => {
    for (const bad of [1.5, Number.NaN, -0, 2 ** 53, '\ud800', new Map([[1.5, 1]])]) {
      assert.throws(() => encode(bad), RangeError);
    }
  });

  it('gives bytes of its own, not a window into the message', () => {
    const message = encode([Uint8Array.of(1, 2, 3)]);
    const item = decode(message);
    message.fill(0);
    assert.deepEqual(item, [Uint8Array.of(1, 2, 3)]);
  });
});

/** Texts that are not in normal form C have one spelling as bytes here, but the independent decoder refuses them. */
function isNfc(item: Cbor): boolean {
  if (typeof item === 'string') return item === item.normalize('NFC');
  if (item instanceof Map) return [...item.values()].every(isNfc);
  return !Array.isArray(item) || item.every(isNfc);
}
