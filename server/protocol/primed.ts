import type { Anchors } from './anchors.ts';
import { type Command, OPERATION, type SignedByPeople } from './command.ts';
import type { Entry } from './log/entry.ts';
import { Refusal } from './refusal.ts';

/** Result of an entry about a second person who was shown the values of the first. */
export const SHOWN = 3;

/**
 * Operations whose second check may be primed. An image, a profile and whose device it is are found wrong by somebody who
 * finds them out anew, and by nobody who is shown them; the others have no values to show.
 */
export const PRIMABLE: readonly number[] = [OPERATION.program];

/**
 * Was the second person shown the first one's values (a primed check), instead of entering them again? The announcement in
 * the log says so, and which label the second signed follows from it: a primed check that the log does not tell counts
 * for nothing.
 *
 * @throws Refusal E_LOG_PROOF for an announcement that says something else, E_DUAL_REQUIRED where only an own entry counts
 */
export function isPrimed(
  intent: Entry,
  command: Command,
  signers: number,
  { primedChecks }: Pick<Anchors, 'primedChecks'>,
): boolean {
  if (intent.result === undefined) return false;
  if (intent.result !== SHOWN) throw new Refusal('E_LOG_PROOF', 'no such kind of check', 'proof.entry');
  if (signers !== 2 || primedChecks !== true || !PRIMABLE.includes(command.operation)) {
    throw new Refusal(
      'E_DUAL_REQUIRED',
      'only an entry of the second person’s own counts here',
      'proof.entry',
    );
  }
  return true;
}

/** What the signer at this place signed: somebody who was shown the values can never stand in for who chose them. */
export const labelAt = (place: number, primed: boolean): SignedByPeople =>
  place === 1 && primed ? 'primed' : 'command';
