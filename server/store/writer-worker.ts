import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { type NumberedOp, readBatch } from './batch.ts';
import { fence, openForWriting } from './database.ts';

// The one thread that writes. A message is a batch of calls; a batch is one transaction; the answer leaves after
// COMMIT, and COMMIT returns after fsync.

/** A call that did not go through, by its place in the batch; -1: none of the batch did. */
interface Failure {
  readonly call: number;
  /** SQLite's primary result code (sqlite.org/rescode.html), 0 when the failure is not SQLite's. */
  readonly code: number;
  readonly message: string;
}

/** Result codes that are the call's own fault: the others of its batch must not suffer. */
const OWN_FAULT: ReadonlySet<number> = new Set([
  0, // an expectation, or a value that cannot be bound
  1, // ERROR: the statement itself
  18, // TOOBIG
  19, // CONSTRAINT
  20, // MISMATCH
  23, // AUTH: ATTACH is denied
  25, // RANGE
]);

const texts: string[] = [];
const prepared = new Map<number, StatementSync>();

/** Prepared on first use and inside the call, so that a faulty statement fails its own call only. */
function statement(db: DatabaseSync, number: number): StatementSync {
  const known = prepared.get(number);
  if (known !== undefined) return known;
  const made = db.prepare(texts[number] ?? '');
  prepared.set(number, made);
  return made;
}

function runCall(db: DatabaseSync, ops: readonly NumberedOp[]): void {
  for (const { statement: number, expect, params } of ops) {
    const { changes } = statement(db, number).run(...params);
    if (expect !== null && Number(changes) !== expect) {
      throw new RangeError(`a statement changed ${changes} rows where ${expect} were expected`);
    }
  }
}

function failure(call: number, error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return { call, code: typeof errcode === 'number' ? errcode & 0xff : 0, message };
}

/** Runs a batch in one transaction; `apart` lets a call fail alone, at the cost of a savepoint each. */
function commit(db: DatabaseSync, calls: readonly (readonly NumberedOp[])[], apart: boolean): Failure[] {
  const failures: Failure[] = [];
  let running = -1;
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const [index, ops] of calls.entries()) {
      running = index;
      if (!apart) {
        runCall(db, ops);
        continue;
      }
      db.exec('SAVEPOINT one_call');
      try {
        runCall(db, ops);
      } catch (error) {
        const failed = failure(index, error);
        if (!OWN_FAULT.has(failed.code)) throw error;
        db.exec('ROLLBACK TO one_call');
        failures.push(failed);
      }
      db.exec('RELEASE one_call');
    }
    running = -1;
    db.exec('COMMIT');
    return failures;
  } catch (error) {
    const failed = failure(running, error);
    if (db.isTransaction) db.exec('ROLLBACK');
    if (apart || running === -1 || !OWN_FAULT.has(failed.code)) return [{ ...failed, call: -1 }];
    return calls.length === 1 ? [failed] : commit(db, calls, true);
  }
}

function serve(file: string, maxBytes?: number): void {
  const port = parentPort;
  if (port === null) throw new Error('the writer runs in a worker thread');
  const db = openForWriting(file, maxBytes);
  fence(db);
  port.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null) return;
    if ('stop' in message) {
      db.close();
      port.close();
      return;
    }
    if (!('buffer' in message) || !(message.buffer instanceof ArrayBuffer)) return;
    let failures: Failure[];
    try {
      if ('sql' in message && Array.isArray(message.sql)) {
        texts.push(...message.sql.map(String));
      }
      failures = commit(db, readBatch(message.buffer), false);
    } catch (error) {
      failures = [{ ...failure(-1, error), call: -1 }];
    }
    port.postMessage({ buffer: message.buffer, failures }, [message.buffer]);
  });
}

if (typeof workerData === 'object' && workerData !== null && 'file' in workerData) {
  const most: unknown = 'maxBytes' in workerData ? workerData.maxBytes : undefined;
  serve(String(workerData.file), typeof most === 'number' ? most : undefined);
}
