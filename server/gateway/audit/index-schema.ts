import { openForWriting, prepareFolder } from '../../store/database.ts';

/** Counted up when the tables change: an index of another version is thrown away and made again from the log. */
const VERSION = 7;

/**
 * One row of `story` for each command, or for each entry about none; its id is the index of its first entry. Nothing here
 * is the truth: everything can be read again from the log and the journal.
 */
const SCHEMA = `
CREATE TABLE mark (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, leaf BLOB, time INTEGER NOT NULL) STRICT;
INSERT INTO mark (id, size, time) VALUES (1, 0, 0);
CREATE TABLE story (
  id INTEGER PRIMARY KEY, last INTEGER NOT NULL, time INTEGER NOT NULL, ended INTEGER,
  command BLOB, device BLOB, type INTEGER NOT NULL, action TEXT NOT NULL, tier INTEGER, outcome TEXT NOT NULL,
  code TEXT, second TEXT NOT NULL, link INTEGER, place TEXT, patient BLOB, receipt INTEGER, people BLOB NOT NULL,
  -- How often the second person entered other values.
  differed INTEGER NOT NULL DEFAULT 0,
  -- Of an emergency: the entry of its rescuer's reason, and that of its review.
  reason INTEGER, review INTEGER,
  -- The newest entry that says the second person was shown the values.
  shown INTEGER
) STRICT;
CREATE UNIQUE INDEX story_command ON story (command) WHERE command IS NOT NULL;
CREATE INDEX story_device ON story (device, id) WHERE device IS NOT NULL;
CREATE INDEX story_patient ON story (patient, id) WHERE patient IS NOT NULL;
CREATE INDEX story_outcome ON story (outcome, id);
CREATE INDEX story_code ON story (code, id) WHERE code IS NOT NULL;
CREATE INDEX story_action ON story (action, id);
CREATE INDEX story_time ON story (time);
CREATE INDEX story_place ON story (place, id) WHERE place IS NOT NULL;
CREATE TABLE who (kid BLOB NOT NULL, story INTEGER NOT NULL, PRIMARY KEY (kid, story)) STRICT, WITHOUT ROWID;
CREATE TABLE part (story INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (story, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE receipt (
  device BLOB NOT NULL, number INTEGER NOT NULL, digest BLOB NOT NULL, idx INTEGER NOT NULL,
  PRIMARY KEY (device, number, digest)
) STRICT, WITHOUT ROWID;
-- Entries dated before the one they follow, and by how many milliseconds.
CREATE TABLE backwards (idx INTEGER PRIMARY KEY, ms INTEGER NOT NULL) STRICT;
-- Whose passkey is whose, also of people who have left: the directory forgets them.
CREATE TABLE person (kid BLOB PRIMARY KEY, subject TEXT NOT NULL, roles INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

export type IndexDatabase = ReturnType<typeof openForWriting>;

/** Opens the audit index beside the gateway's database, making it anew where it is missing or of another version. */
export function openIndex(folder: string): IndexDatabase {
  const db = openForWriting(prepareFolder(folder, 'audit-index.db'));
  // It can be made again, so nobody waits for a disk.
  db.exec('PRAGMA synchronous = OFF');
  if (Number(db.prepare('PRAGMA user_version').get()?.['user_version']) !== VERSION) empty(db);
  return db;
}

/** Throws everything away: the follower begins at the first entry. */
export function empty(db: IndexDatabase): void {
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  db.exec('BEGIN');
  for (const { name } of tables) db.exec(`DROP TABLE "${String(name)}"`);
  db.exec(SCHEMA);
  db.exec(`PRAGMA user_version = ${VERSION}`);
  db.exec('COMMIT');
}
