import { unhex } from '../protocol/encoding/bytes.ts';
import type { Store } from '../store/store.ts';

const MINUTE_MS = 60_000;

export interface TrendRange {
  /** Device id, hexadecimal. */
  readonly device: string;
  readonly code: number;
  readonly since: number;
  readonly until: number;
  readonly points: number;
}

/** Lowest, highest and mean values of a metric over time, in at most as many steps as were asked for. */
export function trendOf(store: Pick<Store, 'reader'>, { device, code, since, until, points }: TrendRange) {
  const minutes = Math.max(1, Math.ceil((until - since) / MINUTE_MS / points));
  const step = minutes * MINUTE_MS;
  const sql = `SELECT at - at % ? AS step, min(low) AS low, max(high) AS high, sum(total) AS total, sum(count) AS n,
    max(unit) AS unit FROM minute WHERE device = ? AND code = ? AND at >= ? AND at < ? GROUP BY step ORDER BY step`;
  const rows = store.reader(sql).all(step, unhex(device), code, since - (since % step), until);
  return {
    code,
    unit: String(rows[0]?.['unit'] ?? ''),
    step,
    points: rows.map((row) => ({
      at: Number(row['step']),
      low: Number(row['low']),
      high: Number(row['high']),
      mean: Number(row['total']) / Number(row['n']),
      count: Number(row['n']),
    })),
    gaps: gapsOf(store, device, since, until),
  };
}

/** Where frames of a device are missing for good. */
export function gapsOf(store: Pick<Store, 'reader'>, device: string, since: number, until: number) {
  const sql =
    'SELECT first, next, since, until FROM gap WHERE device = ? AND until >= ? AND since < ? LIMIT 1000';
  return store
    .reader(sql)
    .all(unhex(device), since, until)
    .map((row) => ({
      since: Number(row['since']),
      until: Number(row['until']),
      frames: Number(row['next']) - Number(row['first']),
    }));
}
