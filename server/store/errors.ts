import { SchemaError } from './migrations.ts';

/** Why the store cannot write just now. */
export type StoreFault =
  'full' | 'read-only' | 'io' | 'corrupt' | 'busy' | 'overloaded' | 'stopped' | 'failed';

/** Nothing of this batch was written, for a reason outside it. The store stays usable: later writes may succeed. */
export class StoreUnavailable extends Error {
  readonly code: StoreFault;
  constructor(code: StoreFault, message: string) {
    super(message);
    this.name = 'StoreUnavailable';
    this.code = code;
  }
}

/** This call was refused: a constraint, an unmet expectation or a faulty statement. Others of its batch went through. */
export class StoreConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreConflict';
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) as people should read them. */
const FAULTS: Readonly<Record<number, readonly [StoreFault, string]>> = {
  5: ['busy', 'another process holds the database: stop the second gateway.'],
  8: ['read-only', 'the database cannot be written: check the rights of the data folder.'],
  10: ['io', 'the disk reported an error: check it before going on.'],
  11: ['corrupt', 'the database is damaged: stop the gateway and put back a backup.'],
  13: ['full', 'the disk is full: make room; nothing else has to be done.'],
  14: ['io', 'the database file cannot be opened: check the data folder.'],
  26: ['corrupt', 'the file is no database: stop the gateway and put back a backup.'],
};

/** The failure of a whole batch, from SQLite's result code and text. */
export function unavailable(code: number, message: string): StoreUnavailable {
  const [fault, advice] = FAULTS[code] ?? ['failed', 'see the message.'];
  return new StoreUnavailable(fault, `Nothing could be stored (${message}): ${advice}`);
}

/** A file that cannot be read as what it should be: damaged, no database, or not ours. */
export class StoreDamaged extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreDamaged';
  }
}

/** CORRUPT, NOTADB; and IOERR and CANTOPEN, for a file that the disk no longer gives. */
const DAMAGE: readonly number[] = [11, 26, 10, 14];

/** Is this failure about what lies on the disk, and would it come again however often it is tried? */
export function isDamage(error: unknown): error is Error {
  if (error instanceof StoreDamaged || error instanceof SchemaError) return true;
  if (error instanceof StoreUnavailable) return error.code === 'corrupt';
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && DAMAGE.includes(code & 0xff);
}
