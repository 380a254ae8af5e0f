import type { Proof } from './proof.ts';
import type { Story } from '../wire.ts';

/** What a device's own receipts say of a list that should hold everything it did. */
export interface Follows {
  readonly first: number;
  readonly last: number;
  /** Numbers between them that no row here accounts for. */
  readonly missing: readonly number[];
}

/** More holes than these are one matter. */
const MAX_MISSING = 20;

/**
 * Whether the rows of one device leave anything out, by the numbers in receipts that were verified on this computer: a
 * device counts every answer it signs, so a gateway that hides one leaves a hole. Undefined until every row that the
 * device answered is verified, or where it answered fewer than two.
 */
export function followsOf(rows: readonly Story[], proofs: ReadonlyMap<string, Proof>): Follows | undefined {
  const numbers = new Set<number>();
  for (const { receipt, command, action } of rows) {
    if (receipt === undefined) continue;
    // What was signed in an emergency may still be at its reader; the number is what the log's entry says.
    const proof = command === undefined ? undefined : proofs.get(command);
    if (!proof && action !== 'safe-mode') return undefined;
    if (proof && proof.report.verdict !== 'VERIFIED') return undefined;
    numbers.add(proof?.device?.receipt ?? receipt);
  }
  if (numbers.size < 2) return undefined;
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const missing: number[] = [];
  for (let n = first; n <= last && missing.length < MAX_MISSING; n++) if (!numbers.has(n)) missing.push(n);
  return { first, last, missing };
}
