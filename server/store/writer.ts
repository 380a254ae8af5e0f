import { Worker } from 'node:worker_threads';
import { BatchWriter, type Op } from './batch.ts';
import { StoreConflict, StoreUnavailable, unavailable } from './errors.ts';

/** Calls waiting for a commit. A commit takes 0.2 ms to 200 ms on a bad disk; above this the caller must back off. */
const MAX_WAITING = 20_000;
/** Calls in one transaction: keeps the lock short for others and the buffer under a few MiB. */
const MAX_BATCH = 1_024;
/** Different statements: all of them are written down in this program, so their number is small. */
const MAX_STATEMENTS = 512;

interface Call {
  readonly ops: readonly Op[];
  resolve(): void;
  reject(error: Error): void;
}

interface Failure {
  readonly call: number;
  readonly code: number;
  readonly message: string;
}

/**
 * Group commit off the event loop: everything queued while a commit runs becomes the next transaction, in a
 * worker thread. Ops of one call are atomic; calls commit in the order they were made.
 */
export class Writer {
  readonly #file: string;
  readonly #maxBytes: number | undefined;
  #worker: Worker | null = null;
  #waiting: Call[] = [];
  #running: Call[] = [];
  #statements = new Map<string, number>();
  #fresh: string[] = [];
  #spare: ArrayBuffer | undefined;
  #scheduled = false;
  #stopped = false;
  #idle: (() => void) | null = null;

  constructor(file: string, maxBytes?: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /**
   * Resolves after the transaction with these ops is on the disk. Rejects with StoreConflict when these ops were
   * refused, with StoreUnavailable when the store could not write at all. `atOnce` is for who has gathered a batch
   * already: it does not wait for others that may write at the same moment.
   */
  write(ops: readonly Op[], atOnce = false): Promise<void> {
    if (this.#stopped) return Promise.reject(new StoreUnavailable('stopped', 'The store is closed.'));
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new StoreUnavailable('overloaded', 'Too much waits to be stored: try again later.'),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ops, resolve, reject });
      if (atOnce) this.#flush();
      else this.#schedule();
    });
  }

  /** Commits what was queued, then ends the thread. Later writes are refused. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#waiting.length + this.#running.length > 0) {
      await new Promise<void>((resolve) => (this.#idle = resolve));
    }
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
    worker.postMessage({ stop: true }, []);
    await ended;
  }

  #schedule(): void {
    if (this.#scheduled || this.#running.length > 0) return;
    this.#scheduled = true;
    // After the microtasks: callers that a finished commit wakes up write again before the next one starts.
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#running.length > 0 || this.#waiting.length === 0) return;
    const batch = new BatchWriter(this.#spare);
    this.#spare = undefined;
    const worker = (this.#worker ??= this.#start());
    const calls = this.#waiting.splice(0, MAX_BATCH);
    this.#running = calls;
    try {
      for (const { ops } of calls) batch.add(ops, (sql) => this.#statement(sql));
    } catch (error) {
      // Only a programming error gets here (a value of a foreign type): nothing was sent.
      this.#settle(calls, error instanceof Error ? error : new TypeError('a batch could not be written'));
      return;
    }
    const buffer = batch.finish();
    worker.postMessage({ buffer, sql: this.#fresh }, [buffer]);
    this.#fresh = [];
  }

  #statement(sql: string): number {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const number = this.#statements.size;
    if (number >= MAX_STATEMENTS) throw new RangeError('too many different statements: use parameters');
    this.#statements.set(sql, number);
    this.#fresh.push(sql);
    return number;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), {
      workerData: { file: this.#file, maxBytes: this.#maxBytes },
    });
    worker.on('message', (message: unknown) => this.#answer(message));
    let cause = 'the writer ended';
    worker.on('error', (error: unknown) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      // The next write starts another thread, which knows no statements yet.
      this.#worker = null;
      this.#statements = new Map();
      this.#fresh = [];
      if (this.#running.length > 0) this.#settle(this.#running, unavailable(0, cause));
    });
    return worker;
  }

  #answer(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    if ('buffer' in message && message.buffer instanceof ArrayBuffer) this.#spare = message.buffer;
    const failures = 'failures' in message ? readFailures(message.failures) : [];
    const whole = failures.find(({ call }) => call === -1);
    if (whole !== undefined) return this.#settle(this.#running, unavailable(whole.code, whole.message));
    const calls = this.#running;
    for (const { call, message } of failures) calls[call]?.reject(new StoreConflict(message));
    // Resolving a rejected promise does nothing.
    return this.#settle(calls, null);
  }

  #settle(calls: readonly Call[], error: Error | null): void {
    this.#running = [];
    for (const call of calls) {
      if (error === null) call.resolve();
      else call.reject(error);
    }
    if (this.#waiting.length > 0) this.#schedule();
    else this.#idle?.();
  }
}

function readFailures(list: unknown): Failure[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => {
    if (
      typeof each !== 'object' ||
      each === null ||
      !('call' in each && 'code' in each && 'message' in each)
    ) {
      return { call: -1, code: 0, message: 'the writer gave an answer that cannot be read' };
    }
    return { call: Number(each.call), code: Number(each.code), message: String(each.message) };
  });
}
