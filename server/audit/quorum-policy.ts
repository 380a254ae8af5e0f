import { equal } from '../protocol/encoding/bytes.ts';
import type { LogKeys } from './log-keys.ts';
import type { Witness } from './witness-client.ts';

/** A quorum that can be reached, of witnesses that are different and not the log itself. Throws RangeError. */
export function checkPolicy(witnesses: readonly Witness[], k: number, log: LogKeys): void {
  if (!Number.isSafeInteger(k) || k < 1 || k > witnesses.length) {
    throw new RangeError(`the quorum is ${k}, with ${witnesses.length} witnesses`);
  }
  for (const [i, { key }] of witnesses.entries()) {
    if (log.has(key.key.raw)) throw new RangeError(`${key.name} has the log's own key`);
    if (witnesses.slice(0, i).some((other) => equal(other.key.key.raw, key.key.raw))) {
      throw new RangeError(`${key.name} is listed twice`);
    }
  }
}
