import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Op, Value } from './batch.ts';
import { openForReading } from './database.ts';

/** What SQLite may keep beside a database. */
const BESIDE = ['', '-wal', '-shm'];
/** Rows taken over of one table, at most: a start must not take minutes. */
const MAX_ROWS = 100_000;

const mark = (folder: string, name: string): string => join(folder, `${name}.suspect`);

/** Notes for the next start that this database turned out to be damaged while it was used. */
export function markDamaged(folder: string, name: string): void {
  writeFileSync(mark(folder, name), '', { mode: 0o600 });
}

/** Is there a database file with nothing in it? Whoever made one wrote its schema at once. */
export function isEmpty(folder: string, name: string): boolean {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.size === 0;
}

export const isMarked = (folder: string, name: string): boolean => existsSync(mark(folder, name));

/**
 * Moves a damaged database out of the way under a name of its own, whole, for whoever wants to read it later.
 * @param now Unix ms; gives the file, and since when (Unix ms) it was written
 */
export function setAside(folder: string, name: string, now: number): { file: string; since: number } {
  const from = join(folder, name);
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/gu, '');
  let file = `${from}.damaged-${stamp}`;
  for (let more = 2; existsSync(file); more++) file = `${from}.damaged-${stamp}-${more}`;
  const since = statSync(from).birthtimeMs;
  for (const end of BESIDE) if (existsSync(from + end)) renameSync(from + end, file + end);
  rmSync(mark(folder, name), { force: true });
  return { file, since: Math.min(now, Math.floor(since)) };
}

/** A table of a damaged database, as far as it can be read: from its beginning up to the damage, and from its end. */
export type Leftover = (table: string) => readonly Readonly<Record<string, Value>>[];

/** Reads what is left of a database that was set aside. `look` may ask for tables and for single rows. */
export function leftIn<T>(file: string, none: T, look: (table: Leftover, reader: Ask) => T): T {
  try {
    const db = openForReading(file);
    try {
      const table: Leftover = (name) => {
        const rows = new Map<Value, Record<string, Value>>();
        for (const order of ['ASC', 'DESC']) {
          try {
            const sql = `SELECT * FROM ${name} ORDER BY id ${order} LIMIT ${MAX_ROWS}`;
            for (const row of db.prepare(sql).iterate()) rows.set(row['id'] ?? null, valuesOf(row));
            break; // read to its end
          } catch {
            continue; // up to here; now from the other end
          }
        }
        return [...rows.values()];
      };
      const ask: Ask = (sql, ...params) => {
        try {
          return db.prepare(sql).all(...params).map(valuesOf); // prettier-ignore
        } catch {
          return [];
        }
      };
      return look(table, ask);
    } finally {
      db.close();
    }
  } catch {
    return none;
  }
}

/** Rows of a statement; none when it cannot be read. */
export type Ask = (sql: string, ...params: Value[]) => readonly Readonly<Record<string, Value>>[];

/** The same row in another database of the same schema. */
export function sameRow(table: string, row: Readonly<Record<string, Value>>): Op {
  const columns = Object.keys(row);
  const sql = `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  return { sql, params: Object.values(row) };
}

const valuesOf = (row: Record<string, unknown>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'bigint'
        ? (value as Value)
        : null,
    ]),
  );
