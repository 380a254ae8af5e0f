import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_NAME, openForReading } from './database.ts';
import { SCHEMA_VERSION, schemaVersion } from './migrations.ts';

/** A store as it lies on the disk. */
export interface Inspected {
  readonly present: boolean;
  readonly schema: number;
  /** The schema this program knows. */
  readonly expected: number;
  /** `ok`, or the first thing SQLite found wrong. */
  readonly quickCheck: string;
  /** Entries there are, and entries the log's own checkpoint is about. */
  readonly entries: number;
  readonly size: number;
  /** Newest checkpoint, and the newest one with a quorum; empty where there is none. */
  readonly note: string;
  readonly cosigned: string;
}

const ABSENT: Inspected = {
  present: false,
  schema: 0,
  expected: SCHEMA_VERSION,
  quickCheck: '',
  entries: 0,
  size: 0,
  note: '',
  cosigned: '',
};

/** Looks at the database in `folder` without changing it, also beside a gateway that uses it. Throws when it cannot be read. */
export function inspectStore(folder: string): Inspected {
  const file = join(folder, DATABASE_NAME);
  if (!existsSync(file)) return ABSENT;
  const db = openForReading(file);
  try {
    const schema = schemaVersion(db);
    const quick = db.prepare('PRAGMA quick_check(1)').get();
    const quickCheck = String(Object.values(quick ?? {})[0] ?? 'no answer');
    if (schema !== SCHEMA_VERSION) return { ...ABSENT, present: true, schema, quickCheck };
    const head = db.prepare('SELECT size, note FROM log_head').get();
    const newest = db.prepare('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1').get();
    const last = db.prepare('SELECT coalesce(max(idx) + 1, 0) AS n, count(*) AS c FROM log_entry').get();
    const [next, count] = [Number(last?.['n']), Number(last?.['c'])];
    return {
      present: true,
      schema,
      expected: SCHEMA_VERSION,
      quickCheck,
      entries: Math.min(next, count),
      size: Number(head?.['size'] ?? 0),
      note: String(head?.['note'] ?? ''),
      cosigned: String(newest?.['note'] ?? ''),
    };
  } finally {
    db.close();
  }
}
