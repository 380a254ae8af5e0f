import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Mode } from '../../server/protocol/attestation.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION, parseCommand } from '../../server/protocol/command.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import {
  decimal,
  renderCommand,
  renderLines,
  shortDecimal,
  shownValue,
} from '../../server/protocol/render.ts';
import { commandWords, wordList } from '../../server/protocol/words.ts';
import { draft, makeWorld } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { AMPLITUDE, BATTERY, LOWER, PACING, startSettings, testProfile, UPPER } from '../support/profile.ts';

const { sha256 } = nodeCrypto;
/** What people compare, without the words: those would tell any two byte strings apart and prove nothing. */
const seen = (bytes: Bytes): string =>
  renderLines({ ...renderCommand(sha256, bytes, testProfile, startSettings), words: '' }).join('\n');

const sized = (size: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => new Uint8Array(bytes));
const i32 = fc.integer();
const u32 = fc.nat(0xffff_ffff);
const changes = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(LOWER, UPPER, AMPLITUDE, PACING, BATTERY), u32), i32), {
    maxLength: 4,
  })
  .map((entries) => new Map(entries));
const command: fc.Arbitrary<Command> = fc
  .record({
    device: sized(8),
    nonce: sized(16),
    counter: u32,
    profile: sized(32),
    settings: sized(32),
    operation: fc.oneof(fc.constantFrom(...Object.values(OPERATION)), fc.nat(0xffff)),
    changes,
    patient: sized(32),
    companion: fc.option(sized(32), { nil: undefined }),
  })
  .map(({ companion, ...rest }) => (companion ? { ...rest, companion } : rest));

/** Another command that differs in one field only: the hardest pair to tell apart. */
const pair = fc.tuple(command, command, fc.nat(8)).map(([one, other, field]): [Command, Command] => {
  const keys = [
    'device',
    'nonce',
    'counter',
    'profile',
    'settings',
    'operation',
    'changes',
    'patient',
    'companion',
  ] as const;
  const key = keys[field] ?? 'device';
  if (key !== 'companion') return [one, { ...one, [key]: other[key] }];
  const { companion: _, ...bare } = one;
  return [one, other.companion ? { ...one, companion: other.companion } : bare];
});

describe('a command on the screen', () => {
  it('reads as the person meant it', async () => {
    const bytes = encodeCommand(draft(await makeWorld(), { changes: new Map([[LOWER, 70], [AMPLITUDE, 20], [PACING, 1]]) })); // prettier-ignore
    const { title, changes, words } = renderCommand(sha256, bytes, testProfile, startSettings);
    assert.equal(title, 'Change settings');
    assert.deepEqual(
      changes.map(({ name, before, after }) => [name, before, after]),
      [
        ['Lower rate', '60 /min', '70 /min'],
        ['Amplitude', '2.5 V', '2.0 V'],
        ['Mode', 'DDD', 'VVI'],
      ],
    );
    assert.match(words, /^\w+ \w+ \w+ \w+$/);
  });

  it('names what it ends by what the device attested, where that is known', async () => {
    const bytes = encodeCommand(
      draft(await makeWorld(), { operation: OPERATION.resume, changes: new Map() }),
    );
    const titled = (mode?: Mode): string =>
      renderCommand(sha256, bytes, testProfile, startSettings, mode).title;
    assert.equal(titled('stopped'), 'Start the therapy again');
    assert.equal(titled('safe-mode'), 'End the safe mode');
    assert.equal(titled(), 'End the stop or the safe mode');
  });

  it('comes back from its bytes', () => {
    fc.assert(fc.property(command, (c) => assert.deepEqual(parseCommand(encodeCommand(c)), c)));
  });

  it('never looks like another command', () => {
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(command, command)), ([one, other]) => {
        const [a, b] = [encodeCommand(one), encodeCommand(other)];
        assert.equal(seen(a) === seen(b), hex(a) === hex(b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('shows every bit: no flipped bit of the bytes leaves the picture the same', async () => {
    const bytes = encodeCommand(draft(await makeWorld(), { companion: testBytes('image') }));
    const whole = seen(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let picture = 'refused';
      try {
        picture = seen(flipped);
      } catch {
        continue;
      }
      assert.notEqual(picture, whole, `bit ${bit}`);
    }
  });

  it('says so where a setting or an operation is unknown, and shows the raw value', async () => {
    const world = await makeWorld();
    const bytes = encodeCommand(draft(world, { operation: 99, changes: new Map([[77, -5]]) }));
    const lines = renderLines(renderCommand(sha256, bytes, testProfile, startSettings));
    assert.equal(lines[0], 'Unknown operation 99');
    assert.equal(lines[1], 'Unknown setting [77]: ? -> -5 (raw)');
  });
});

describe('a value on a screen', () => {
  it('has no zero at the end that could be read as tenfold, and loses none before the mark', () => {
    const cases = [[500, 1, '50'], [505, 1, '50.5'], [1_000, 0, '1000'], [0, 2, '0'], [-250, 2, '-2.5']] as const; // prettier-ignore
    for (const [value, scale, shown] of cases) assert.equal(shortDecimal(value, scale), shown);
  });

  it('keeps its unit, or the name that its maker gave it', () => {
    const of = { unit: 'mL/h', scale: 1, options: new Map([[0, 'Off']]) } as unknown as Parameter;
    assert.equal(shownValue(of, 500), '50 mL/h');
    for (const [unit, shown] of [
      ['uL', 'µL'],
      ['Cel', '°C'],
      ['mm[Hg]', 'mmHg'],
    ] as const)
      assert.equal(shownValue({ ...of, unit }, 500), `50 ${shown}`);
    assert.equal(shownValue(of, 0), 'Off');
  });
});

describe('a decimal', () => {
  it('is the integer with its point put in', () => {
    const cases = [[1605, 1, '160.5'], [5, 2, '0.05'], [-5, 2, '-0.05'], [0, 3, '0.000'], [-1200, 0, '-1200']] as const; // prettier-ignore
    for (const [value, scale, shown] of cases) assert.equal(decimal(value, scale), shown);
  });

  it('never shows two integers alike', () => {
    fc.assert(
      fc.property(i32, i32, fc.nat(6), (a, b, scale) => {
        assert.equal(decimal(a, scale) === decimal(b, scale), a === b);
        assert.equal(Number(decimal(a, scale).replace('.', '')), a);
      }),
    );
  });
});

describe('command words', () => {
  it('are 256, all different, short and plain', () => {
    assert.equal(new Set(wordList()).size, 256);
    assert.equal(wordList().length, 256);
    for (const word of wordList()) assert.match(word, /^[a-z]{4,6}$/);
  });

  it('differ with each of the first four bytes of the hash', () => {
    const hash = testBytes('hash');
    for (let at = 0; at < 4; at++) {
      const other = hash.slice();
      other[at] = (other[at] ?? 0) ^ 0x80;
      assert.notEqual(commandWords(other), commandWords(hash));
    }
  });
});
