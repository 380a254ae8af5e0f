import { type Bytes, equal } from '../encoding/bytes.ts';
import type { Sha256 } from '../crypto.ts';
import { verifyConsistency } from '../log/merkle.ts';
import { type Checkpoint, NoteError, parseCheckpoint, parseNote } from '../log/note.ts';

/** Gives the consistency path between two sizes of the log, where somebody has one. */
export type PathBetween = (from: number, to: number) => Promise<readonly Bytes[] | undefined>;

export interface Continuity {
  readonly verdict: 'PASS' | 'FAIL' | 'NOT CHECKED';
  readonly says: string;
}

/**
 * Does a checkpoint belong to the same log as the one this computer remembers? Both are signed; a log that shows one
 * history here and another there signs both, and only this comparison betrays it. Never throws for a bad log.
 */
export async function checkContinuity(
  sha256: Sha256,
  now: Checkpoint,
  remembered: string | undefined,
  pathBetween: PathBetween,
): Promise<Continuity> {
  if (remembered === undefined)
    return { verdict: 'PASS', says: 'it is the first checkpoint of this log that this computer sees' };
  const before = checkpointIn(remembered);
  if (!before)
    return { verdict: 'NOT CHECKED', says: 'the checkpoint this computer remembers does not read' };
  if (before.origin !== now.origin)
    return { verdict: 'NOT CHECKED', says: 'this computer remembers a checkpoint of another log' };
  const [older, newer] = before.size <= now.size ? [before, now] : [now, before];
  if (older.size === newer.size) {
    return equal(older.root, newer.root)
      ? {
          verdict: 'PASS',
          says: `it is the checkpoint over ${now.size} entries that this computer remembers`,
        }
      : forked(older, newer);
  }
  if (older.size === 0) return { verdict: 'PASS', says: 'the log was empty when this computer saw it last' };
  const path = await pathBetween(older.size, newer.size);
  if (!path) {
    return {
      verdict: 'NOT CHECKED',
      says: `this computer remembers this log at ${before.size} entries and nothing here leads from ${older.size} to ${newer.size}: ask for a bundle made since then, or name the log`,
    };
  }
  const proof = { size1: older.size, size2: newer.size, root1: older.root, root2: newer.root, path };
  if (!verifyConsistency(sha256, proof)) return forked(older, newer);
  return {
    verdict: 'PASS',
    says: `it continues the ${before.size} entries that this computer remembers`,
  };
}

const forked = (a: Checkpoint, b: Checkpoint): Continuity => ({
  verdict: 'FAIL',
  says: `the log has two histories: the one this computer saw and this one disagree (${a.size} and ${b.size} entries). Do not rely on this gateway`,
});

/** A note's checkpoint, whoever signed it; undefined when it does not read. */
export function checkpointIn(note: string): Checkpoint | undefined {
  try {
    return parseCheckpoint(parseNote(note).body);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
