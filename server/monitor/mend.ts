import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Op } from '../store/batch.ts';
import { StoreDamaged } from '../store/errors.ts';
import type { Ask, Leftover } from '../store/set-aside.ts';
import { sameRow } from '../store/set-aside.ts';
import type { Store } from '../store/store.ts';
import { LIMITS } from '../limits.ts';
import { parseDescription, readFrame } from './block.ts';
import { resumeChain } from './sessions.ts';

/** Read at a start, all of them: what is wrong with their pages has to show now. */
const READ_AT_START = ['session', 'recent', 'gap', 'alarm', 'sign', 'outbox'];
/** Small, and needed: numbers of alarms, signs that hold a device, sessions that are over, messages that wait. */
const TAKEN_OVER = ['session', 'gap', 'alarm', 'sign', 'outbox', 'aside'];
/** A frame tells of the second before it came, at least. */
const TOLD_OF_MS = 1_000;
const COLUMNS = 'found, device, source, first, next, since, until, what, bytes';

/**
 * Looks through what a start reads. Frames and descriptions that cannot be read, or are others than the chain says, are put
 * aside, each with its gap. Throws StoreDamaged, or what SQLite says, when the file itself is damaged.
 */
export function mend(reader: Store['reader'], sha256: Sha256, now: number): readonly Op[] {
  for (const table of READ_AT_START) {
    const said = Object.values(reader(`PRAGMA quick_check(${table})`).get() ?? {})[0];
    if (said !== 'ok') throw new StoreDamaged(String(said));
  }
  const sessions = reader('SELECT id, device, described FROM session').all();
  const devices = new Map<string, Bytes>();
  const ops: Op[] = [];
  for (const { id, device, described } of sessions) {
    if (device instanceof Uint8Array) devices.set(device.join(), device);
    if (described !== null && unreadable(() => parseDescription(described)))
      ops.push(...descriptionAside(Number(id), now));
  }
  for (const device of devices.values()) resumeChain({ reader }, sha256, device);
  return [...ops, ...damagedFrames(reader, sha256).flatMap((id) => frameAside(id, now))];
}

/** Rows of frames that are not what came: unreadable, or not what the frame after them is chained to. */
function damagedFrames(reader: Store['reader'], sha256: Sha256): readonly number[] {
  const damaged = new Set<number>();
  const before = new Map<number, { id: number; number: number; hash: Bytes }>();
  const sql = `SELECT r.id, r.source, r.number, r.bytes, s.session FROM recent r JOIN session s ON s.id = r.source
    ORDER BY r.id`;
  for (const { id, source, number, bytes, session } of reader(sql).iterate()) {
    if (!(bytes instanceof Uint8Array)) continue;
    let frame: TelemetryFrame | undefined;
    const whole =
      !unreadable(() => (frame = readFrame(bytes))) &&
      frame?.number === Number(number) &&
      session instanceof Uint8Array &&
      equal(frame.session, session);
    if (!whole || !frame) {
      damaged.add(Number(id));
      continue;
    }
    const last = before.get(Number(source));
    // Which of the two was changed nobody can tell; the earlier one is no longer what the device vouches for.
    if (last?.number === frame.number - 1 && !equal(frame.previous, last.hash)) damaged.add(last.id);
    before.set(Number(source), { id: Number(id), number: frame.number, hash: sha256(bytes) });
  }
  return [...damaged];
}

const asideAndGap = (select: string, params: Op['params'], gone: Op): Op[] => [
  { sql: `INSERT INTO aside (${COLUMNS}) ${select}`, params },
  {
    sql: `INSERT INTO gap (device, source, first, next, since, until)
      SELECT device, source, first, next, since, until FROM (${select.replace('SELECT ?', 'SELECT ? AS found')})`,
    params,
  },
  gone,
];

function frameAside(id: number, now: number): Op[] {
  const select = `SELECT ?, s.device AS device, r.source AS source, r.number AS first, r.number + 1 AS next,
    r.received - ${TOLD_OF_MS} AS since, r.received AS until, 'frame' AS what, r.bytes AS bytes
    FROM recent r JOIN session s ON s.id = r.source WHERE r.id = ?`;
  return asideAndGap(select, [now, id], { sql: 'DELETE FROM recent WHERE id = ?', params: [id] });
}

/** What a session's numbers mean is lost: its device describes again, and until then nothing of it can be told. */
function descriptionAside(id: number, now: number): Op[] {
  const select = `SELECT ?, device AS device, id AS source, coalesce(m, 1) AS first, coalesce(m, 1) AS next,
    began AS since, coalesce(u, began) AS until, 'description' AS what, described AS bytes FROM session
    LEFT JOIN (SELECT source AS f, max(number) + 1 AS m, max(received) AS u FROM recent GROUP BY source) ON f = id
    WHERE id = ?`;
  const gone = { sql: 'UPDATE session SET described = NULL WHERE id = ?', params: [id] };
  return asideAndGap(select, [now, id], gone);
}

/** Puts a block aside that does not give back what was packed. Once is enough: the second time nothing is there. */
export function blockAside(id: number, now: number): readonly Op[] {
  const select = `SELECT ?, s.device AS device, b.source AS source, b.first AS first, b.last + 1 AS next,
    b.since AS since, b.until AS until, 'block' AS what, b.bytes AS bytes
    FROM block b JOIN session s ON s.id = b.source WHERE b.id = ?`;
  return asideAndGap(select, [now, id], { sql: 'DELETE FROM block WHERE id = ?', params: [id] });
}

/**
 * What the new file begins with when the whole of the old one was put aside: what is needed of it, as far as it can be read,
 * and for each device that is known one gap over everything that now lies in the old file.
 */
export function takenOver(table: Leftover, ask: Ask, since: number, now: number): readonly Op[] {
  const rows = TAKEN_OVER.flatMap((name) => table(name).map((row) => sameRow(name, row)));
  const newest = new Map<string, { id: number; device: Bytes; began: number }>();
  for (const { id, device, began } of table('session')) {
    if (!(device instanceof Uint8Array)) continue;
    const earlier = newest.get(device.join());
    if (!earlier || earlier.id < Number(id))
      newest.set(device.join(), {
        id: Number(id),
        device,
        began: Math.min(earlier?.began ?? now, Number(began)),
      });
    else earlier.began = Math.min(earlier.began, Number(began));
  }
  const recent = new Map(
    ask('SELECT source, max(number) AS n FROM recent GROUP BY source').map((row) => [
      row['source'],
      row['n'],
    ]),
  );
  const gaps = [...newest.values()].map(({ id, device, began }) => {
    const [block] = ask('SELECT last FROM block WHERE source = ? ORDER BY until DESC LIMIT 1', id);
    const last = Math.max(Number(recent.get(id) ?? 0), Number(block?.['last'] ?? 0));
    return gapOp(device, id, last, Math.max(began, since), now);
  });
  return [...rows, ...gaps];
}

/** A gap over everything before `now` that trends could show. @param last newest frame that was on the disk; 0: unknown */
export function gapOp(device: Bytes, source: number, last: number, since: number, now: number): Op {
  const from = Math.max(since, now - LIMITS.trendKept.max);
  return {
    sql: 'INSERT INTO gap (device, source, first, next, since, until) VALUES (?, ?, ?, ?, ?, ?)',
    params: [device, source, Math.min(1, last), last === 0 ? 0 : last + 1, from, now],
  };
}

/** The row that says where the old file is. */
export const fileAside = (name: string, since: number, now: number): Op => ({
  sql: `INSERT INTO aside (${COLUMNS}) VALUES (?, NULL, 0, 0, 0, ?, ?, ?, ?)`,
  params: [now, since, now, `file ${name}`, new Uint8Array(0)],
});

function unreadable(read: () => unknown): boolean {
  try {
    return read() === undefined;
  } catch (error) {
    if (error instanceof Refusal || error instanceof RangeError) return true;
    throw error;
  }
}
