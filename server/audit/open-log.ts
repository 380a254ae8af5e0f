import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { formatCheckpoint, formatNote, parseCheckpoint, parseNote } from '../protocol/log/note.ts';
import type { CommitOptions } from './commit-queue.ts';
import { LogInconsistent } from './errors.ts';
import type { LogKeys } from './log-keys.ts';
import { type Head, type LogRows, beginOp, takeOp } from './log-rows.ts';
import { Tree } from './tree.ts';

/** A log as it was found and taken over. */
export interface Opened {
  readonly head: Head;
  readonly tree: Tree;
  readonly root: Bytes;
  /** Null when the stored right edge gives the signed root. */
  readonly inconsistency: LogInconsistent | null;
}

/**
 * Begins the log where there is none, takes it over from any sequencer before, and reads its right edge. Throws
 * StoreUnavailable or StoreConflict when it cannot be taken.
 */
export async function openLog(options: CommitOptions, rows: LogRows): Promise<Opened> {
  const { store, keys, origin, crypto } = options;
  const found = rows.head();
  if (found === null) {
    const body = formatCheckpoint({ origin, size: 0, root: crypto.sha256(new Uint8Array()) });
    const signatures = [await keys.sign(body)];
    await store.write([beginOp(formatNote({ body, signatures }))]);
  } else {
    await store.write([takeOp(found.epoch)]);
  }
  const head = rows.head();
  if (head === null) throw new Error('the log has no head');
  return resume(crypto, rows, head, keys);
}

/** Holds the stored right edge against the head's signed checkpoint. */
async function resume(crypto: Crypto, rows: LogRows, head: Head, keys: LogKeys): Promise<Opened> {
  const stored = (index: number): Bytes | undefined => rows.hashes(index);
  try {
    const note = parseNote(head.note);
    if (!(await keys.signed(note)))
      throw new RangeError('its last checkpoint does not bear the signature of this log');
    const { size, root } = parseCheckpoint(note.body);
    if (size !== head.size || rows.count() !== size) {
      throw new RangeError(`it has ${rows.count()} entries, and its last checkpoint is about ${size}`);
    }
    const tree = new Tree(crypto.sha256, size, stored);
    if (!equal(tree.rootAt(size), root)) throw new RangeError('its entries do not give the signed root');
    return { head, tree, root, inconsistency: null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const inconsistency = new LogInconsistent('damaged', `The log is damaged: ${why}.`);
    const nothing = crypto.sha256(new Uint8Array());
    return { head, tree: new Tree(crypto.sha256, 0, stored), root: nothing, inconsistency };
  }
}
