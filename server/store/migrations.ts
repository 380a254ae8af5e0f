import { chmodSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** The database was written by a newer program, or is none of ours. */
export class SchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaError';
  }
}

/**
 * Migration n takes the schema from n to n + 1. Forward only; never edit one that was released.
 *
 * `log_entry.hashes` holds the hashes of the complete subtrees whose last leaf is this entry, the leaf hash
 * first: 32 * (1 + trailing one bits of idx) bytes. Subtree `i` of level `l` is thus in row (i + 1) * 2^l - 1.
 * It costs no row and no page beside the entry's own, and a node is one lookup by rowid. It stands before
 * `bytes` so that reading it never follows an overflow chain.
 */
const FIRST = `
CREATE TABLE log_entry (
  idx INTEGER PRIMARY KEY, type INTEGER NOT NULL, time INTEGER NOT NULL,
  device BLOB, command BLOB, hashes BLOB NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE INDEX log_entry_device ON log_entry (device, idx) WHERE device IS NOT NULL;
CREATE INDEX log_entry_command ON log_entry (command) WHERE command IS NOT NULL;
-- The one newest checkpoint, signed but perhaps not yet cosigned; epoch counts the sequencers there have been.
CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
-- Checkpoints that a quorum of witnesses has cosigned.
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
-- Entries that came while the log was inconsistent: kept, and first in line for the log that follows.
CREATE TABLE log_aside (
  id INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL, time INTEGER NOT NULL,
  device BLOB, command BLOB, bytes BLOB NOT NULL
) STRICT;
CREATE TABLE journal (
  command BLOB PRIMARY KEY, device BLOB NOT NULL, state TEXT NOT NULL, updated INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_state ON journal (state);
CREATE TABLE kv (name TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE attachment (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE lock (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL,
  "by" TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE TABLE rate (bucket TEXT PRIMARY KEY, tat INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE draft (
  id TEXT PRIMARY KEY, device BLOB NOT NULL, body BLOB NOT NULL, expires INTEGER NOT NULL
) STRICT;
`;

/**
 * Command hashes fall anywhere in an index, so that each entry of a commit touched a page of its own: half of what an
 * append cost. The journal knows a command's device and where its intent stands; from there it is a short walk.
 */
const NO_COMMAND_INDEX = 'DROP INDEX log_entry_command';

/** A device's nonce is granted once, whatever happens to the process that granted it. */
const GRANTED_ONCE = `
CREATE TABLE granted (device BLOB NOT NULL, nonce BLOB NOT NULL, PRIMARY KEY (device, nonce)) STRICT, WITHOUT ROWID;
`;

/**
 * What the log only commits to (names, reasons, tablets) is kept sealed, under a key of the patient it is about. Without
 * that key nobody reads it again, and every proof still holds.
 */
const PATIENT_KEYS = `
CREATE TABLE patient_key (
  id BLOB PRIMARY KEY, patient BLOB NOT NULL, key BLOB, erased INTEGER, "by" TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX patient_key_patient ON patient_key (patient);
CREATE TABLE opening (command BLOB PRIMARY KEY, key BLOB NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

export const MIGRATIONS: readonly string[] = [FIRST, NO_COMMAND_INDEX, GRANTED_ONCE, PATIENT_KEYS];

/** Version of the schema this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

/**
 * Brings the database to the newest schema in one transaction; an existing one is copied to `FILE.before-N` first,
 * N being the version it is brought to. Run before `fence`: the copy uses ATTACH inside SQLite. Throws SchemaError.
 */
export function migrate(db: DatabaseSync, file: string, migrations: readonly string[] = MIGRATIONS): void {
  const found = schemaVersion(db);
  const wanted = migrations.length;
  if (found > wanted) {
    throw new SchemaError(
      `The database ${file} has schema ${found}, and this program knows schema ${wanted}. ` +
        `It was written by a newer version: start that version, or put back a copy made before the update.`,
    );
  }
  if (found === wanted) return;
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (found === 0 && tables > 0) {
    throw new SchemaError(`The database ${file} was not made by this program: name another folder.`);
  }
  if (found > 0) copy(db, `${file}.before-${wanted}`);
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(found)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${wanted}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function copy(db: DatabaseSync, target: string): void {
  // Left by an attempt that did not finish: the database is still at the old version, so is the new copy.
  rmSync(target, { force: true });
  db.prepare('VACUUM INTO ?').run(target);
  chmodSync(target, 0o600);
}
