import assert from 'node:assert/strict';
import { array, assert as hold, constantFrom, integer, property, tuple } from 'fast-check';
import {
  EMPTY,
  type Entry,
  judged,
  type Key,
  needsAgain,
  press,
  valueOf,
} from '../../clients/tablet/change/entry.ts';
import type { Parameter } from '../../server/protocol/profile.ts';

/** A rate in tenths: 0.5 to 120.0 in steps of 0.5, at most 50.0 in one change. */
const RATE: Parameter = {
  code: 0xf0000001,
  name: 'Infusion rate',
  unit: 'mL/h',
  scale: 1,
  min: 5,
  max: 1_200,
  step: 5,
  maxChange: 500,
  risk: 2,
  safeDirection: -1,
  programmed: true,
  options: new Map([[0, 'Off']]),
  window: { ticks: 0, sum: 0 },
  drift: 0,
  nominal: 600,
};
const KEYS: readonly Key[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'mark', 'back', 'clear'];

/** Keys one after the other, so many milliseconds apart. */
const typed = (keys: readonly Key[], apart = 200, scale = 1): Entry =>
  keys.reduce((entry, key, i) => press(entry, key, i * apart, scale), EMPTY);
const text = (keys: readonly Key[], apart = 200, scale = 1): string => typed(keys, apart, scale).text;
const on = 100;

describe('N5: the keypad', () => {
  it('takes a key that bounces once, and says so: 10 does not become 100', () => {
    assert.deepEqual([text(['1', '0', '0'], 119), typed(['1', '0', '0'], 119).problem], ['10', 'bounce']);
    assert.equal(text(['1', '0', '0'], 120), '100');
    assert.equal(text(['1', '0'], 10), '10', 'another key is no bounce');
  });

  it('takes no number that reads like another: no 01, no bare mark, no second mark, no decimal too many', () => {
    assert.deepEqual([text(['0', '1']), typed(['0', '1']).problem], ['0', 'zero']);
    assert.equal(text(['mark', '5']), '0.5');
    assert.deepEqual(
      [text(['1', 'mark', '2', 'mark']), typed(['1', 'mark', '2', 'mark']).problem],
      ['1.2', 'decimals'],
    );
    assert.equal(text(['1', 'mark', '2', '5']), '1.2');
    assert.deepEqual([text(['6', 'mark'], 200, 0), typed(['6', 'mark'], 200, 0).problem], ['6', 'whole']);
    assert.equal(typed(['1', '2', '3', '4', '5', '6', '7']).problem, 'long');
  });

  it('makes a value of a finished number alone, and rounds nothing', () => {
    assert.deepEqual(valueOf('12.5', RATE, on), { value: 125 });
    assert.deepEqual(valueOf('', RATE, on), { fault: 'empty' });
    assert.deepEqual(valueOf('12.', RATE, on), { fault: 'unfinished' });
    assert.deepEqual(valueOf('12.0', RATE, on), { fault: 'trailing' });
    assert.deepEqual(valueOf('12.3', RATE, on), { fault: 'step' });
    assert.deepEqual(valueOf('10', RATE, on), { fault: 'same' });
    assert.deepEqual(valueOf('125', RATE, on), { fault: 'range' });
    assert.deepEqual(valueOf('100', RATE, on), { fault: 'change' });
  });

  it('asks again for five times as much or as little, and for no named value', () => {
    assert.equal(needsAgain(RATE, 100, 500), true);
    assert.equal(needsAgain(RATE, 100, 495), false);
    assert.equal(needsAgain(RATE, 100, 20), true);
    assert.equal(needsAgain(RATE, 100, 25), false);
    assert.equal(needsAgain(RATE, 100, 0), false);
  });

  it('gives, whatever is pressed, a number as people write it, and a value only when the rules allow it', () => {
    hold(
      property(
        array(tuple(constantFrom(...KEYS), integer({ min: 0, max: 300 })), { maxLength: 30 }),
        (keys) => {
          let [entry, at] = [EMPTY, 0];
          for (const [key, pause] of keys) entry = press(entry, key, (at += pause), RATE.scale);
          assert.match(entry.text, /^(?:|(?:0|[1-9]\d{0,5})(?:\.\d?)?)$/u);
          const made = valueOf(entry.text, RATE, on);
          if (!('value' in made)) return;
          assert.equal(made.value / 10, Number(entry.text));
          assert.deepEqual(judged(made.value, RATE, on), made);
        },
      ),
    );
  });
});
