import { type Bytes, concat, equal } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { leafHash, nodeHash, treeRoot } from '../protocol/log/merkle.ts';
import {
  LOG_KEY,
  type Note,
  type NoteKey,
  NoteError,
  claims,
  parseCheckpoint,
  parseNote,
  parseVkey,
  verifySignature,
} from '../protocol/log/note.ts';
import type { Store } from '../store/store.ts';
import { parseEntry } from '../protocol/log/entry.ts';
import { type LogEntry, LogRows } from './log-rows.ts';
import { logEntry } from './log-writer.ts';

export interface WalkReport {
  /** Entries that were re-hashed. */
  readonly entries: number;
  /** Signed checkpoints that the entries were held against. */
  readonly checkpoints: number;
  /** The first thing that does not fit; null when all is well. */
  readonly fault: { readonly index: number; readonly what: string } | null;
}

/** Entries read at one time: the event loop is given back after each lot. */
const LOT = 256;

/**
 * Re-hashes every stored entry and holds it against the stored subtree hashes, the columns people search by, and every
 * signed checkpoint. Trusts nothing in the database. `vkeys` are the log's verification keys, with those it had before; throws
 * NoteError when one is none.
 */
export async function verifyStore(
  store: Store,
  crypto: Crypto,
  vkeys: readonly string[],
): Promise<WalkReport> {
  const keys = vkeys.map((vkey) => parseVkey(crypto.sha256, vkey));
  if (keys.some(({ type }) => type !== LOG_KEY)) throw new NoteError('policy', 'not the key of a log');
  const rows = new LogRows(store);
  const head = rows.head();
  if (head === null) return { entries: 0, checkpoints: 0, fault: null };
  const notes = checkpoints(store, head);
  let next = notes.next();
  // edge[l]: the newest node of level l; all that is needed to grow the tree and to know its root.
  const edge: Bytes[] = [];
  const nodes = new Map<number, number>();
  const node = (level: number, index: number): Bytes => {
    const hash = edge[level];
    if (hash === undefined || nodes.get(level) !== index) throw new RangeError('not on the edge');
    return hash;
  };
  let [size, count] = [0, 0];
  const bad = (index: number, what: string): WalkReport => ({
    entries: size,
    checkpoints: count,
    fault: { index, what },
  });
  for (;;) {
    while (next.done !== true && next.value.size <= size) {
      const root = treeRoot(crypto.sha256, node, size);
      const what = await checkpointFault(crypto, keys, next.value, root, size);
      if (what !== null) return bad(size === 0 ? 0 : size - 1, what);
      count += 1;
      next = notes.next();
    }
    if (next.done === true) break;
    const limit = Math.min(LOT, next.value.size - size);
    const lot = rows.entries(size, limit);
    if (lot.length === 0) return bad(size, 'the entry is missing');
    for (const stored of lot) {
      const { index, bytes } = stored;
      if (index !== size) return bad(size, 'the entry is missing');
      let [hash, at] = [leafHash(crypto.sha256, bytes), index];
      const own = [hash];
      for (let level = 0; ; level++) {
        const left = edge[level];
        edge[level] = hash;
        nodes.set(level, at);
        if (at % 2 === 0 || left === undefined) break;
        hash = nodeHash(crypto.sha256, left, hash);
        at = (at - 1) / 2;
        own.push(hash);
      }
      if (!equal(rows.hashes(index) ?? hash, concat(...own))) {
        return bad(index, 'the entry does not fit its stored hashes');
      }
      if (!searchable(stored)) return bad(index, 'the entry is not found by what it says');
      size += 1;
    }
    await new Promise((resolve) => void setImmediate(resolve));
  }
  if (rows.count() > size) return bad(size, 'there are entries beyond the last checkpoint');
  return { entries: size, checkpoints: count, fault: null };
}

/** Would a search find this entry? What is no entry of ours has nothing to be searched by. */
function searchable(stored: LogEntry): boolean {
  let said: LogEntry;
  try {
    said = logEntry(parseEntry(stored.bytes));
  } catch {
    return true;
  }
  const same = (a: Bytes | undefined, b: Bytes | undefined): boolean => (a && b ? equal(a, b) : a === b);
  return (
    said.type === stored.type &&
    said.time === stored.time &&
    same(said.device, stored.device) &&
    same(said.command, stored.command)
  );
}

interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** Cosigned checkpoints in the order of their sizes, up to the head, then the head itself. */
function* checkpoints(store: Store, head: StoredCheckpoint): Generator<StoredCheckpoint> {
  const after = store.reader(
    'SELECT size, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT 1',
  );
  for (let size = -1; ;) {
    // One at a time: a statement left open over an await would hold back the database's own clean-up.
    const row = after.get(size, head.size);
    if (row === undefined) break;
    size = Number(row['size']);
    yield { size, note: String(row['note']) };
  }
  yield head;
}

async function checkpointFault(
  crypto: Crypto,
  keys: readonly NoteKey[],
  stored: StoredCheckpoint,
  root: Bytes,
  size: number,
): Promise<string | null> {
  try {
    const note = parseNote(stored.note);
    if (!(await signedByOne(crypto, note, keys)))
      return 'a checkpoint does not bear the signature of this log';
    const checkpoint = parseCheckpoint(note.body);
    if (checkpoint.size !== size) return 'a checkpoint is stored under another size';
    return equal(checkpoint.root, root) ? null : 'the entries do not give the root of a signed checkpoint';
  } catch (error) {
    if (error instanceof NoteError) return `a checkpoint cannot be read: ${error.message}`;
    throw error;
  }
}

async function signedByOne(crypto: Crypto, note: Note, keys: readonly NoteKey[]): Promise<boolean> {
  for (const key of keys) {
    const own = note.signatures.find((each) => claims(key, each));
    if (own && (await verifySignature(crypto, note.body, key, own)) !== null) return true;
  }
  return false;
}
