import type { Found, IndexFilter, StoryRow } from '../../edge/desks/audit-desk.ts';
import { type Bytes, hex, unhex } from '../../protocol/encoding/bytes.ts';
import { ENTRY } from '../../protocol/log/entry.ts';
import type { IndexDatabase } from './index-schema.ts';
import type { BeforeEmergency } from './search.ts';

/** Rows of one answer. */
export const PAGE = 100;

type Value = string | number | Bytes;
interface Where {
  readonly sql: string;
  readonly params: readonly Value[];
}

const KINDS = new Map<number, string>(Object.entries(ENTRY).map(([name, { number }]) => [number, name]));

/** What most rows have: reading all of them in a row takes a tenth of jumping to each through an index. */
const COMMON: ReadonlySet<string> = new Set(['applied', 'program', 'command']);
/** From this part of all time on, likewise. */
const WIDE = 0.1;

/** A unary plus keeps an index from being used where it would be the longer way. */
const column = (name: string, scan: boolean): string => (scan ? `+${name}` : name);

/**
 * Every condition of a filter, in SQL that is written here and nowhere else. `span` is all the time there is, from the
 * first row to the last (ms).
 */
function whereOf(filter: IndexFilter, span: number): Where {
  const parts: string[] = [];
  const params: Value[] = [];
  const add = (sql: string, ...values: Value[]): void => {
    parts.push(sql);
    params.push(...values);
  };
  const anyOf = (column: string, ids: readonly string[]): void =>
    add(`${column} IN (${ids.map(() => '?').join(', ')})`, ...ids.map(unhex));
  const { from, to } = filter;
  const scan = span === 0 || ((to ?? Infinity) - (from ?? 0)) / span > WIDE;
  if (from !== undefined) add(`${column('time', scan)} >= ?`, from);
  if (to !== undefined) add(`${column('time', scan)} <= ?`, to);
  if (filter.devices) anyOf('device', filter.devices);
  if (filter.patient !== undefined) prefix('patient', filter.patient, add);
  if (filter.kids) {
    const marks = filter.kids.map(() => '?').join(', ');
    add(`id IN (SELECT story FROM who WHERE kid IN (${marks}))`, ...filter.kids.map(unhex));
  }
  for (const name of ['action', 'outcome', 'code', 'second', 'place'] as const) {
    const value = filter[name];
    if (value !== undefined) add(`${column(name, COMMON.has(value))} = ?`, value);
  }
  if (filter.tier !== undefined) add('tier = ?', filter.tier);
  if (filter.link !== undefined) add('link = ?', filter.link);
  if (filter.proof === 'witnessed') add('last < ?', filter.witnessed);
  if (filter.proof === 'waiting') add('last >= ?', filter.witnessed);
  if (filter.proof === 'open') add("outcome IN ('announced', 'unknown')");
  if (filter.proof === 'unreviewed') add("action = 'safe-mode' AND review IS NULL");
  textOf(filter, add);
  // Alone it is counted in its index; beside others the index would only be in the way.
  if (filter.rows === 'commands') add(`${column('command', parts.length > 0)} IS NOT NULL`);
  if (filter.rows === 'events') add('command IS NULL');
  return { sql: parts.length === 0 ? '1' : parts.join(' AND '), params };
}

/** Free text: the beginning of a command’s hash (also by its words), devices by name, an entry’s or a receipt’s number. */
function textOf(filter: IndexFilter, add: (sql: string, ...values: Value[]) => void): void {
  if (!filter.text) return;
  const { hash, devices, number } = filter.text;
  const parts: string[] = [];
  const params: Value[] = [];
  const or = (sql: string, ...values: Value[]): void => {
    parts.push(sql);
    params.push(...values);
  };
  if (hash !== undefined) prefix('command', hash, or);
  if (devices.length > 0) or(`device IN (${devices.map(() => '?').join(', ')})`, ...devices.map(unhex));
  if (number !== undefined)
    or('id = ? OR receipt = ? OR id = (SELECT story FROM part WHERE idx = ?)', number, number, number);
  add(parts.length === 0 ? '0' : `(${parts.join(' OR ')})`, ...params);
}

/** Byte strings that begin with these hexadecimal digits, as a range that an index can use. */
function prefix(column: string, digits: string, add: (sql: string, ...values: Value[]) => void): void {
  const low = unhex(digits.padEnd(digits.length + (digits.length % 2), '0'));
  const high = unhex(`${digits}${'f'.repeat(64 - digits.length)}`);
  add(`(${column} >= ? AND ${column} <= ?)`, low, high);
}

/** One page of a search, newest first, with how many there are in all. */
export function search(db: IndexDatabase, filter: IndexFilter): Omit<Found, 'indexed' | 'size' | 'complete'> {
  const where = whereOf(filter, spanOf(db));
  const total = count(db, where);
  const limit = Math.min(filter.limit ?? PAGE, MAX_ROWS);
  if (total === 0) return { rows: [], total, end: true };
  const { before, skip } = filter;
  const page =
    skip === undefined ? next(db, where, before, limit) : jump(db, where, total, before, skip, limit);
  const people = new Map<string, string>();
  for (const { kid, subject } of db.prepare('SELECT kid, subject FROM person').all())
    if (kid instanceof Uint8Array) people.set(hex(kid), String(subject));
  return {
    rows: page.rows.map((row) => storyRow(row, people, filter.witnessed)),
    total,
    end: page.end,
  };
}

interface Page {
  readonly rows: readonly Record<string, unknown>[];
  readonly end: boolean;
}

const count = (db: IndexDatabase, { sql, params }: Where): number =>
  Number(db.prepare(`SELECT count(*) AS n FROM story WHERE ${sql}`).get(...params)?.['n']);

/** The rows after the one that somebody has. */
function next(
  db: IndexDatabase,
  { sql, params }: Where,
  before = Number.MAX_SAFE_INTEGER,
  limit: number,
): Page {
  const rows = db
    .prepare(`SELECT * FROM story WHERE ${sql} AND id < ? ORDER BY id DESC LIMIT ?`)
    .all(...params, before, limit + 1);
  return { rows: rows.slice(0, limit), end: rows.length <= limit };
}

/**
 * The rows at a place in the list. SQLite steps over every row before them, so it begins at the nearer end: half of the
 * list at most, which takes less than counting it.
 */
function jump(
  db: IndexDatabase,
  { sql, params }: Where,
  total: number,
  before = Number.MAX_SAFE_INTEGER,
  skip: number,
  limit: number,
): Page {
  const newer = count(db, { sql: `${sql} AND id >= ?`, params: [...params, before] });
  const listed = total - newer;
  const size = Math.max(0, Math.min(limit, listed - skip));
  const behind = listed - skip - size;
  const [order, over] = skip <= behind ? ['DESC', skip] : ['ASC', Math.max(0, behind)];
  const rows = db
    .prepare(`SELECT * FROM story WHERE ${sql} AND id < ? ORDER BY id ${order} LIMIT ? OFFSET ?`)
    .all(...params, before, size, over);
  return { rows: order === 'ASC' ? rows.toReversed() : rows, end: behind <= 0 };
}

function spanOf(db: IndexDatabase): number {
  const at = (which: 'min' | 'max'): number =>
    Number(db.prepare(`SELECT ${which}(time) AS time FROM story`).get()?.['time'] ?? 0);
  return at('max') - at('min');
}

/** Rows an export takes at one time. */
const MAX_ROWS = 1_000;

export function storyRow(
  row: Record<string, unknown>,
  people: ReadonlyMap<string, string>,
  witnessed: number,
): StoryRow {
  const bytes = (name: string): string | undefined => {
    const value = row[name];
    return value instanceof Uint8Array ? hex(value) : undefined;
  };
  const text = (name: string): string | undefined => (typeof row[name] === 'string' ? row[name] : undefined);
  const number = (name: string): number | undefined =>
    typeof row[name] === 'number' ? row[name] : undefined;
  const kids = bytes('people')?.match(/.{32}/gu) ?? [];
  return {
    id: Number(row['id']),
    last: Number(row['last']),
    time: Number(row['time']),
    ended: number('ended'),
    command: bytes('command'),
    device: bytes('device'),
    kind: KINDS.get(Number(row['type'])) ?? 'unknown',
    action: text('action') ?? '',
    tier: number('tier'),
    outcome: text('outcome') ?? '',
    code: text('code'),
    second: text('second') ?? 'none',
    link: number('link'),
    place: text('place'),
    // A pseudonym is told by its beginning: enough to tell patients apart in a list.
    patient: bytes('patient')?.slice(0, 8),
    receipt: number('receipt'),
    reason: number('reason'),
    review: number('review'),
    people: kids.map((kid) => ({ kid, subject: people.get(kid) })),
    witnessed: Number(row['last']) < witnessed,
  };
}

const BEFORE = `SELECT before.command, one.people FROM story AS one
  JOIN story AS before ON before.device = one.device AND before.patient = one.patient AND before.id < one.id
  WHERE one.command = ? AND one.action = 'safe-mode' AND before.action <> 'safe-mode' ORDER BY before.id DESC LIMIT 1`;

/** The command that tells whose device it was in an emergency, and who went through the door; undefined of any other. */
export function beforeEmergency(db: IndexDatabase, emergency: string): BeforeEmergency | undefined {
  const { command, people } = db.prepare(BEFORE).get(unhex(emergency)) ?? {};
  if (!(command instanceof Uint8Array) || !(people instanceof Uint8Array)) return undefined;
  const kids = hex(people).match(/.{32}/gu) ?? [];
  const subjectOf = db.prepare('SELECT subject FROM person WHERE kid = ?');
  return {
    command: hex(command),
    people: kids.map((kid) => String(subjectOf.get(unhex(kid))?.['subject'] ?? kid)),
  };
}

/** Indexes of a row's entries, in order. */
export const partsOf = (db: IndexDatabase, story: number): readonly number[] =>
  db
    .prepare('SELECT idx FROM part WHERE story = ? ORDER BY idx')
    .all(story)
    .map((row) => Number(row['idx']));
