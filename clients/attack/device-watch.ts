import type { Attestation } from '../../server/protocol/attestation.ts';
import { equal, hex } from '../../server/protocol/encoding/bytes.ts';
import { therapy } from './answers.ts';
import type { Violation } from './invariants.ts';

/** What a device attested, and when: ms of a clock that only goes forward. */
export interface Looked {
  readonly said: Attestation;
  readonly at: number;
}

/** What may have cost the device something meanwhile. */
export interface Spent {
  /** Receipts it can have given. */
  readonly receipts: number;
  /** It was switched off: its nonce is gone with its memory. */
  readonly powerless: boolean;
}

/** Ticks are whole seconds, and a loaded machine answers late. */
const TICKS_OFF = 4;

export const lookedAt = (said: Attestation): Looked => ({ said, at: performance.now() });

/** Holds a device against what it was: its therapy (I1), its receipts (I2), its time (I6), its nonces (I8). */
export function deviceFaults(then: Looked, now: Looked, spent: Spent): Violation[] {
  const [before, after] = [then.said, now.said];
  const faults: Violation[] = [];
  const fault = (invariant: Violation['invariant'], what: string): void =>
    void faults.push({ invariant, what });
  if (therapy(before) !== therapy(after)) fault('I1', 'the device attests another state');
  if (after.receiptNumber < before.receiptNumber || after.counter < before.counter)
    fault('I2', 'a counter went back');
  const given = after.receiptNumber - before.receiptNumber;
  if (given === 0 && hex(after.lastReceipt) !== hex(before.lastReceipt))
    fault('I2', 'another last receipt under the same number');
  const ticks = after.ticks - before.ticks;
  const seconds = (now.at - then.at) / 1000;
  // A device that was off has not counted; one that was on has, whatever was said to it.
  const few = spent.powerless ? 0 : seconds - TICKS_OFF;
  if (ticks < few || ticks > seconds + TICKS_OFF)
    fault('I6', `${ticks} ticks went by in ${Math.round(seconds)} s`);
  if (given > spent.receipts) fault('I8', `${given} receipts given, for at most ${spent.receipts}`);
  // A nonce goes with a receipt, with its time or with the power: never because somebody asked.
  if (given > 0 || spent.powerless) return faults;
  if (before.ticksLeft > ticks && !equal(after.nonce, before.nonce)) fault('I8', 'another nonce');
  if (!equal(after.emergencyNonce, before.emergencyNonce)) fault('I8', 'another nonce for emergencies');
  return faults;
}
