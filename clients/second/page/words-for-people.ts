import { titleOf } from '../check/command.ts';
import { type Bytes, Wrong } from '../check/bytes.ts';
import { wordsOf } from '../check/words.ts';
import { Away, Refused } from '../gate/gateway.ts';
import { NotSigned } from '../gate/passkey.ts';
import { SignedOut } from '../gate/sign-in.ts';

/** What happened, in a sentence, with the code that others can look up. */
export function sentence(error: unknown): string {
  if (error instanceof Refused) return `${stop(error.message)} ${error.code}`;
  if (error instanceof Wrong) return stop(error.message);
  if (error instanceof NotSigned || error instanceof SignedOut || error instanceof Away) return error.message;
  return error instanceof Error ? stop(error.message) : 'This page does not know what happened.';
}

const stop = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/u.test(whole) ? whole : `${whole}.`;
};

/** The four command words, as they stand on the other tablet too. */
export const spoken = (hash: Bytes): string => wordsOf(hash);

export const whatOf = (operation: number, count: number): string =>
  count === 0 ? titleOf(operation) : `${titleOf(operation)} (${count})`;

/** Where a command is. Only the last of them means that it is done. */
export const STAGES: readonly (readonly [name: string, says: string])[] = [
  ['signed', 'You have signed. Not sent yet'],
  ['checked', 'The gateway checks both signatures and every rule'],
  ['cooling', 'Time to cancel: the first clinician still can'],
  ['logged', 'It stands in the log, and witnesses have seen it'],
  ['granted', 'The gateway allows it once'],
  ['sent', 'Sending to the device. Not confirmed yet'],
  ['answered', 'The device has answered. Its receipt is being checked'],
];

/** Time left until Unix ms, as people say it. */
export function left(until: number): string {
  const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
  return seconds >= 90 ? `${Math.round(seconds / 60)} min left` : `${seconds} s left`;
}
