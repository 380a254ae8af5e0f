import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { parseStrictJson } from '../../server/protocol/encoding/strict-json.ts';

const parse = (source: string): unknown => parseStrictJson(utf8(source));
const isMalformed = (error: unknown): boolean => error instanceof Refusal && error.code === 'E_CMD_MALFORMED';

describe('strict JSON', () => {
  it('reads what JSON.parse reads, where JSON.parse has one meaning to choose from', () => {
    const leaf = fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'grapheme' }), fc.boolean());
    const name = fc.string().filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, leaf, fc.array(tie('tree')), fc.dictionary(name, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const source = JSON.stringify(value, null, indent).replaceAll('-0', '0');
        assert.deepEqual(JSON.stringify(parse(source)), JSON.stringify(JSON.parse(source)));
      }),
    );
  });

  it('takes any bytes apart or refuses them, and never takes what JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\u12',
      'true',
      '1',
      '-',
      'e',
      '.',
      ' ',
      'a',
      '\u0000',
      '0',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const source = parts.join('');
        let value: unknown;
        try {
          value = parse(source);
        } catch (error) {
          assert.ok(isMalformed(error), String(error));
          return;
        }
        assert.deepEqual(value, JSON.parse(source));
      }),
      { numRuns: 2_000 },
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseStrictJson(bytes);
        } catch (error) {
          assert.ok(isMalformed(error), String(error));
        }
      }),
    );
  });

  for (const [why, source] of [
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, spelled differently', '{"a":1,"\\u0061":2}'],
    ['a fraction', '[1.5]'],
    ['an exponent', '[1e2]'],
    ['a number beyond the safe range', '[9007199254740992]'],
    ['minus zero', '[-0]'],
    ['leading zeros', '[01]'],
    ['null', '[null]'],
    ['a lone surrogate', '["\\ud800"]'],
    ['a prototype name', '{"__proto__":1}'],
    ['a prototype name, escaped', '{"\\u005f_proto__":1}'],
    ['a constructor', '{"a":{"constructor":1}}'],
    ['nesting beyond 16', `${'['.repeat(18)}${']'.repeat(18)}`],
    ['a trailing comma', '[1,]'],
    ['a comment', '[1]//'],
    ['a byte order mark', '\ufeff[1]'],
    ['two values', '1 2'],
    ['a control character in a string', '"\n"'],
    ['a no-break space', '[\u00a01]'],
    ['nothing', ' '],
  ] as const) {
    it(`refuses ${why}`, () => assert.throws(() => parse(source), isMalformed));
  }

  it('never repeats in its complaint what was sent', () => {
    for (const source of ['{"secret":1,"secret":2}', '["secret]', 'secret']) {
      assert.throws(
        () => parse(source),
        (error) => error instanceof Refusal && !error.message.includes('secret'),
      );
    }
  });
});
