import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, constants } from 'node:sqlite';

export const DATABASE_NAME = 'countersign.db';
/** Bytes of one page, SQLite's default. */
const PAGE = 4_096;

/** How long a writer waits for another process that holds the database, before it says so. */
const BUSY_MS = 2_000;
/** Page cache: the upper levels of every index of a log of a million entries. */
const CACHE_KIB = 64 * 1024;

/** Makes the store's folder (0700) and an empty database file (0600) when they are missing; gives the file's path. */
export function prepareFolder(folder: string, name = DATABASE_NAME): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const file = join(folder, name);
  // SQLite gives the -wal and -shm files the mode of the database file.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  return file;
}

/** Opens the database for writing: WAL, and every commit on the disk before it counts. It never outgrows `maxBytes`. */
export function openForWriting(file: string, maxBytes?: number): DatabaseSync {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: BUSY_MS });
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -${CACHE_KIB};`,
  );
  // Fewer, larger checkpoints: each one is a burst of random writes and an fsync of its own.
  db.exec('PRAGMA wal_autocheckpoint = 4000');
  if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / PAGE)}`);
  return db;
}

/** Opens the database for reading only, fenced like every connection that lives on. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${CACHE_KIB};`);
  fence(db);
  return db;
}

/** Denies ATTACH and DETACH for the rest of this connection: node:sqlite heeds no file permissions of its own. */
export function fence(db: DatabaseSync): void {
  db.setAuthorizer((action) =>
    action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH
      ? constants.SQLITE_DENY
      : constants.SQLITE_OK,
  );
}
