import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Op } from './batch.ts';
import { DATABASE_NAME, openForReading, openForWriting, prepareFolder } from './database.ts';
import { migrate, MIGRATIONS } from './migrations.ts';
import { Writer } from './writer.ts';

/** Statements kept ready for reading: all are written down in this program. */
const MAX_READERS = 512;

export interface Store {
  /** The database file. */
  readonly file: string;
  /**
   * Resolves once the ops are on the disk, all or none. Rejects with StoreConflict or StoreUnavailable. `atOnce` does
   * not wait for other writers of the same moment.
   */
  write(ops: readonly Op[], atOnce?: boolean): Promise<void>;
  /** A statement on the read-only connection of this thread; made once, then kept. It sees committed rows only. */
  reader(sql: string): StatementSync;
  /** Commits what is queued and closes both connections. */
  stop(): Promise<void>;
}

/** A database file: its name, its schema, and how large it may grow; above that a write finds the store full. */
export interface StoreKind {
  readonly name: string;
  readonly migrations: readonly string[];
  readonly maxBytes?: number;
  /** Looks at what lies there before anybody else does: gives what makes it readable again, in one transaction. */
  readonly mend?: (reader: Store['reader']) => readonly Op[];
}

const MAIN: StoreKind = { name: DATABASE_NAME, migrations: MIGRATIONS };

/** Opens (or makes) a database in `folder` and brings its schema up to date. Throws SchemaError. */
export function openStore(folder: string, { name, migrations, maxBytes, mend }: StoreKind = MAIN): Store {
  const file = prepareFolder(folder, name);
  const first = openForWriting(file);
  try {
    migrate(first, file, migrations);
    if (mend)
      runAll(
        first,
        mend((sql) => first.prepare(sql)),
      );
  } finally {
    first.close();
  }
  const db: DatabaseSync = openForReading(file);
  const writer = new Writer(file, maxBytes);
  const readers = new Map<string, StatementSync>();
  return {
    file,
    write: (ops, atOnce) => writer.write(ops, atOnce),
    reader: (sql) => {
      const known = readers.get(sql);
      if (known !== undefined) return known;
      if (readers.size >= MAX_READERS) throw new RangeError('too many different statements: use parameters');
      const statement = db.prepare(sql);
      readers.set(sql, statement);
      return statement;
    },
    stop: async () => {
      await writer.stop();
      if (db.isOpen) db.close();
    },
  };
}

/** All or none, on this thread: for a database that nobody else has open. */
function runAll(db: DatabaseSync, ops: readonly Op[]): void {
  if (ops.length === 0) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const { sql, params } of ops) db.prepare(sql).run(...params);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
