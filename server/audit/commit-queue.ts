import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { leafHash } from '../protocol/log/merkle.ts';
import { formatCheckpoint, formatNote } from '../protocol/log/note.ts';
import { LIMITS } from '../limits.ts';
import type { Op } from '../store/batch.ts';
import { StoreConflict, StoreUnavailable } from '../store/errors.ts';
import type { Store } from '../store/store.ts';
import { LogInconsistent } from './errors.ts';
import type { LogKeys } from './log-keys.ts';
import { type Head, type LogEntry, type LogRows, asideOp, insertOp, moveOp } from './log-rows.ts';
import type { Opened } from './open-log.ts';
import type { Tree } from './tree.ts';

export interface CommitOptions {
  readonly store: Store;
  readonly keys: LogKeys;
  readonly origin: string;
  readonly crypto: Crypto;
}

export interface CommitEvents {
  /** The log has grown, durably. */
  grown(head: Head): void;
  /** Another sequencer has taken the log over. */
  fenced(error: LogInconsistent): void;
  /** An op to write along with the next entries, if there is one; `wrote` when it was. */
  along(): Op | null;
  wrote(op: Op): void;
}

/** Entries that are durable: in the log from `first` on, or beside it (null). */
export interface Committed {
  readonly first: number | null;
  readonly leaves: readonly Bytes[];
}

interface Request {
  readonly entries: readonly LogEntry[];
  readonly leaves: readonly Bytes[];
  readonly alongside: readonly Op[];
  /** Whether entries may be kept beside an inconsistent log. */
  readonly mayStandAside: boolean;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}

/** Group commit of log entries: everything queued is one transaction, with one signed checkpoint. */
export class CommitQueue {
  readonly #options: CommitOptions;
  readonly #rows: LogRows;
  readonly #events: CommitEvents;
  readonly #tree: Tree;
  #head: Head;
  #root: Bytes;
  #queue: Request[] = [];
  #queuedEntries = 0;
  #running: Promise<void> | null = null;
  #inconsistency: LogInconsistent | null;
  #stopped = false;

  constructor(options: CommitOptions, rows: LogRows, opened: Opened, events: CommitEvents) {
    this.#options = options;
    this.#rows = rows;
    this.#events = events;
    this.#tree = opened.tree;
    this.#head = opened.head;
    this.#root = opened.root;
    this.#inconsistency = opened.inconsistency;
  }

  get head(): Head {
    return this.#head;
  }

  get root(): Bytes {
    return this.#root;
  }

  /** From now on nothing is added to the log. */
  breakOff(error: LogInconsistent): void {
    this.#inconsistency ??= error;
  }

  /** Rejects with LogInconsistent, StoreUnavailable, StoreConflict or RangeError; then nothing was stored. */
  add(entries: readonly LogEntry[], alongside: readonly Op[], mayStandAside: boolean): Promise<Committed> {
    const refusal = this.#refusal(entries);
    if (refusal !== null) return Promise.reject(refusal);
    const leaves = entries.map(({ bytes }) => leafHash(this.#options.crypto.sha256, bytes));
    this.#queuedEntries += entries.length;
    return new Promise((resolve, reject) => {
      this.#queue.push({ entries, leaves, alongside, mayStandAside, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  #refusal(entries: readonly LogEntry[]): Error | null {
    if (this.#stopped) return new StoreUnavailable('stopped', 'The log is closed.');
    if (this.#inconsistency?.reason === 'fenced') return this.#inconsistency;
    if (entries.length === 0 || entries.length > LIMITS.logBatch.max) {
      return new RangeError('a call appends 1 to 256 entries');
    }
    if (entries.some(({ bytes }) => bytes.length > LIMITS.logEntry.max)) {
      return new RangeError('a log entry has at most 65,535 bytes');
    }
    if (this.#queuedEntries + entries.length > LIMITS.logWaiting.max) {
      return new StoreUnavailable('overloaded', 'Too many log entries wait to be stored: try again later.');
    }
    return null;
  }

  /** Commits what is queued; later entries are refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // After the microtasks: whoever the last batch woke up may append again and share this one.
      await new Promise((resolve) => void setImmediate(resolve));
      await this.#commit(this.#take());
    }
    this.#running = null;
  }

  #take(): Request[] {
    let [entries, count] = [0, 0];
    for (const request of this.#queue) {
      if (count > 0 && entries + request.entries.length > LIMITS.logBatch.max) break;
      entries += request.entries.length;
      count += 1;
    }
    this.#queuedEntries -= entries;
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Request[]): Promise<void> {
    if (this.#inconsistency !== null) return this.#standAside(batch);
    let first = this.#head.size;
    try {
      await this.#write(batch);
    } catch (error) {
      return this.#recover(batch, error);
    }
    for (const { entries, leaves, resolve } of batch) {
      resolve({ first, leaves });
      first += entries.length;
    }
    return this.#events.grown(this.#head);
  }

  async #write(batch: readonly Request[]): Promise<void> {
    const { store, keys, origin } = this.#options;
    const { epoch, size: from } = this.#head;
    const { size, root, hashes } = this.#tree.grow(batch.flatMap((request) => request.leaves));
    let note = '';
    try {
      const body = formatCheckpoint({ origin, size, root });
      note = formatNote({ body, signatures: [await keys.sign(body)] });
      const entries = batch.flatMap((request) => request.entries);
      const ops = [moveOp(epoch, from, size, note)];
      for (const [i, entry] of entries.entries()) ops.push(insertOp(from + i, entry, hashes[i] ?? root));
      for (const { alongside } of batch) ops.push(...alongside);
      const along = this.#events.along();
      if (along !== null) ops.push(along);
      await store.write(ops, true);
      if (along !== null) this.#events.wrote(along);
    } catch (error) {
      // The writer's thread may have died between its commit and its answer: the head knows.
      if (!this.#isAt(size, note)) {
        this.#tree.drop();
        throw error;
      }
    }
    this.#tree.keep(size);
    this.#head = { epoch, size, note };
    this.#root = root;
  }

  #isAt(size: number, note: string): boolean {
    try {
      const head = this.#rows.head();
      return head?.epoch === this.#head.epoch && head.size === size && head.note === note;
    } catch {
      return false;
    }
  }

  /** After a failed write: was the log taken over, was it one request's fault, or can nothing be stored? */
  async #recover(batch: readonly Request[], error: unknown): Promise<void> {
    if (error instanceof StoreConflict && !this.#isAt(this.#head.size, this.#head.note)) {
      const why = 'Another gateway has taken over this log: stop one of the two.';
      const fenced = new LogInconsistent('fenced', why);
      this.breakOff(fenced);
      this.#events.fenced(fenced);
      for (const request of batch) request.reject(fenced);
    } else if (error instanceof StoreConflict && batch.length > 1) {
      for (const request of batch) await this.#commit([request]);
    } else {
      for (const request of batch) request.reject(error);
    }
  }

  async #standAside(batch: readonly Request[]): Promise<void> {
    for (const { entries, leaves, alongside, mayStandAside, resolve, reject } of batch) {
      if (!mayStandAside || this.#inconsistency?.reason === 'fenced') {
        reject(this.#inconsistency);
        continue;
      }
      await this.#options.store
        .write([...entries.map(asideOp), ...alongside])
        .then(() => resolve({ first: null, leaves }), reject);
    }
  }
}
