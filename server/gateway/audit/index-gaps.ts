import type { AccessReview, Gap, Overview } from '../../edge/desks/audit-desk.ts';
import { hex } from '../../protocol/encoding/bytes.ts';
import { ENTRY } from '../../protocol/log/entry.ts';
import type { IndexDatabase } from './index-schema.ts';
import type { IndexAnswers } from './search.ts';

/** Gaps of one kind that are listed; more of them are one matter, not many. */
const MAX_GAPS = 200;
/** As many are held against the policy of their time; a hospital that has more of them has allowed them. */
const MAX_SHOWN = 10_000;
/** A command that has had no outcome for this long is not merely under way (ms). */
const OPEN_MS = 60_000;
/** A draft lives a quarter of an hour; what is still waiting after that was forgotten by everybody. */
const WAITING_MS = 20 * 60_000;
/** Clocks of one machine agree better than this (ms). */
const CLOCK_MS = 2_000;

const id = (value: unknown): string | undefined => (value instanceof Uint8Array ? hex(value) : undefined);

/** Everything that should be there and is not, or should not be there and is. */
export function gaps(db: IndexDatabase, now: number): readonly Gap[] {
  const found: Gap[] = [];
  const each = (
    sql: string,
    params: readonly number[],
    gap: (row: Record<string, unknown>) => Omit<Gap, 'command' | 'device'>,
  ): void => {
    for (const row of db.prepare(`${sql} LIMIT ${MAX_GAPS}`).all(...params)) {
      const device = id(row['device']);
      const command = id(row['command']);
      found.push({
        ...gap(row),
        ...(device !== undefined && { device }),
        ...(command !== undefined && { command }),
      });
    }
  };
  each(
    `SELECT device, number, before, idx FROM (SELECT device, number, idx, lag(number) OVER (PARTITION BY device ORDER BY number) AS before FROM receipt) WHERE number > before + 1`,
    [],
    (row) => {
      const [first, last] = [Number(row['before']) + 1, Number(row['number']) - 1];
      const which = first === last ? `Receipt ${first} is` : `Receipts ${first} to ${last} are`;
      return {
        kind: 'receipt-skipped',
        entry: Number(row['idx']),
        first,
        last,
        says: `${which} not in the log. The device may still have them: read it.`,
      };
    },
  );
  each(
    'SELECT device, number, min(idx) AS idx FROM receipt GROUP BY device, number HAVING count(*) > 1',
    [],
    (row) => ({
      kind: 'receipt-twice',
      entry: Number(row['idx']),
      first: Number(row['number']),
      last: Number(row['number']),
      says: `Two different receipts have the number ${Number(row['number'])}: the device was copied, reset or opened.`,
    }),
  );
  each(
    `SELECT * FROM story WHERE type = ${ENTRY.receipt.number} AND +command IS NOT NULL ORDER BY id DESC`,
    [],
    (row) => ({
      kind: 'device-only',
      entry: Number(row['id']),
      says: 'The device did this, and this gateway never announced it. This is the most serious kind of gap.',
    }),
  );
  each(
    "SELECT * FROM story WHERE (outcome = 'unknown' OR (outcome = 'announced' AND time < ?)) ORDER BY id DESC",
    [now - OPEN_MS],
    (row) => ({
      kind: 'no-receipt',
      entry: Number(row['id']),
      says: 'Announced, and the device has not said what became of it. Read the device.',
    }),
  );
  each("SELECT * FROM story WHERE outcome = 'applied-modified' ORDER BY id DESC", [], (row) => ({
    kind: 'values-differ',
    entry: Number(row['last']),
    says: 'The device applied other values than were signed, and said so.',
  }));
  each(
    "SELECT * FROM story WHERE outcome = 'waiting' AND time < ? ORDER BY id DESC",
    [now - WAITING_MS],
    (row) => ({
      kind: 'no-end',
      entry: Number(row['id']),
      says: 'One person signed; nobody signed second, and nobody withdrew it.',
    }),
  );
  each('SELECT idx, ms FROM backwards WHERE ms > ? ORDER BY idx DESC', [CLOCK_MS], (row) => ({
    kind: 'clock',
    entry: Number(row['idx']),
    says: `Dated ${Math.round(Number(row['ms']) / 1000)} s before an entry it follows: a clock was set back.`,
  }));
  return found;
}

/** Commands whose values were shown to the second person, the newest first: where, and which entry says so. */
export const shownIn = (db: IndexDatabase): IndexAnswers['shown']['answer'] =>
  db
    .prepare(
      `SELECT shown, device, command FROM story WHERE shown IS NOT NULL ORDER BY id DESC LIMIT ${MAX_SHOWN}`,
    )
    .all()
    .map((row) => ({
      entry: Number(row['shown']),
      device: id(row['device']) ?? '',
      command: id(row['command']) ?? '',
    }));

/** Receipts of one device in the log, for a search that shows that none is missing. */
export function receiptsOf(
  db: IndexDatabase,
  device: Uint8Array,
):
  | {
      readonly first: number;
      readonly last: number;
      readonly missing: readonly number[];
      readonly twice: readonly number[];
    }
  | undefined {
  const numbers = db
    .prepare('SELECT number, count(*) AS n FROM receipt WHERE device = ? GROUP BY number ORDER BY number')
    .all(device);
  const [first, last] = [Number(numbers[0]?.['number']), Number(numbers.at(-1)?.['number'])];
  if (numbers.length === 0) return undefined;
  const there = new Set(numbers.map((row) => Number(row['number'])));
  const missing: number[] = [];
  for (let n = first; n <= last && missing.length < MAX_GAPS; n++) if (!there.has(n)) missing.push(n);
  return {
    first,
    last,
    missing,
    twice: numbers.filter((row) => Number(row['n']) > 1).map((row) => Number(row['number'])),
  };
}

/** The numbers of the overview, as far as the log has them. */
export function overview(
  db: IndexDatabase,
  since: number,
): Pick<
  Overview,
  | 'commands'
  | 'outcomes'
  | 'refusals'
  | 'primed'
  | 'emergencies'
  | 'breakGlass'
  | 'alarms'
  | 'lastOfDevice'
  | 'places'
> {
  const counts = (sql: string, ...params: number[]): Record<string, number> =>
    Object.fromEntries(
      db
        .prepare(sql)
        .all(...params)
        .map((row) => [String(row['name']), Number(row['n'])]),
    );
  const one = (sql: string, ...params: number[]): number => Number(db.prepare(sql).get(...params)?.['n']);
  const devices = db.prepare(LAST_OF_DEVICE).all();
  return {
    commands: one('SELECT count(*) AS n FROM story WHERE +command IS NOT NULL AND +time >= ?', since),
    outcomes: counts(
      "SELECT outcome AS name, count(*) AS n FROM story WHERE +command IS NOT NULL AND +time >= ? AND outcome <> '' GROUP BY +outcome",
      since,
    ),
    refusals: counts(
      `SELECT code AS name, count(*) AS n FROM story WHERE code IS NOT NULL AND time >= ? AND type <> ${ENTRY.alarm.number} GROUP BY code`,
      since,
    ),
    primed: one("SELECT count(*) AS n FROM story WHERE second = 'primed' AND time >= ?", since),
    emergencies: one(
      "SELECT count(*) AS n FROM story WHERE action = 'safe-mode' AND review IS NULL AND time >= ?",
      since,
    ),
    breakGlass: one("SELECT count(*) AS n FROM story WHERE action = 'breakGlass' AND time >= ?", since),
    alarms: one("SELECT count(*) AS n FROM story WHERE action = 'alarm' AND time >= ?", since),
    lastOfDevice: Object.fromEntries(devices.map((row) => [id(row['device']) ?? '', Number(row['time'])])),
    places: db
      .prepare(PLACES)
      .all()
      .map(({ place }) => String(place)),
  };
}

/** The newest row of each device, by one step in the index for each. */
const LAST_OF_DEVICE = `WITH RECURSIVE each(device) AS (
  SELECT min(device) FROM story WHERE device IS NOT NULL
  UNION ALL SELECT (SELECT min(device) FROM story WHERE device > each.device) FROM each WHERE each.device IS NOT NULL
) SELECT each.device, (SELECT time FROM story WHERE story.device = each.device ORDER BY id DESC LIMIT 1) AS time
  FROM each WHERE each.device IS NOT NULL`;

/** Each label once, by one step in the index for each: a million rows have a few dozen. */
const PLACES = `WITH RECURSIVE each(place) AS (
  SELECT min(place) FROM story WHERE place IS NOT NULL
  UNION ALL SELECT (SELECT min(place) FROM story WHERE place > each.place) FROM each WHERE each.place IS NOT NULL
) SELECT place FROM each WHERE place IS NOT NULL LIMIT 200`;

/** Who signed, with whom, how often and when last. */
export function access(db: IndexDatabase): AccessReview {
  const people = db
    .prepare(
      "SELECT person.kid, subject, roles, count(story.id) AS n, sum(story.action = 'breakGlass') AS glass, max(story.time) AS last FROM person LEFT JOIN who ON who.kid = person.kid LEFT JOIN story ON story.id = who.story GROUP BY person.kid ORDER BY subject",
    )
    .all()
    .map((row) => ({
      kid: id(row['kid']) ?? '',
      subject: String(row['subject']),
      roles: Number(row['roles']),
      signed: Number(row['n']),
      glass: Number(row['glass'] ?? 0),
      ...(typeof row['last'] === 'number' && { last: row['last'] }),
    }));
  const pairs = db
    .prepare(
      'SELECT people, count(*) AS n, sum(differed) AS differed FROM story WHERE length(people) = 32 GROUP BY people ORDER BY n DESC LIMIT 500',
    )
    .all()
    .map((row) => {
      const both = id(row['people']) ?? '';
      return {
        first: both.slice(0, 32),
        second: both.slice(32),
        together: Number(row['n']),
        differed: Number(row['differed']),
      };
    });
  return { people, pairs };
}
