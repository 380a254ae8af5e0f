import { LIMITS } from '../limits.ts';
import type { Op } from '../store/batch.ts';

/** At most this many rows leave at a time: a deletion must not hold up what comes in. */
const ROWS = 2_000;

/**
 * What is due to leave: frames after a day, values by the minute, alarms, signs and what was put aside after a month. `tight`: the file is
 * as large as it may get, and the oldest frames leave early.
 */
export function dueToLeave(now: number, tight: boolean): readonly Op[] {
  const frames = now - LIMITS.telemetryKept.max;
  const trends = now - LIMITS.trendKept.max;
  const older = (table: string, column: string, than: number): Op => ({
    sql: `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${column} < ? LIMIT ${ROWS})`,
    params: [than],
  });
  const oldest: Op = {
    sql: `DELETE FROM block WHERE id IN (SELECT id FROM block ORDER BY until LIMIT ${ROWS})`,
    params: [],
  };
  return [
    older('block', 'until', frames),
    ...(tight ? [oldest] : []),
    { sql: 'DELETE FROM minute WHERE at < ?', params: [trends] },
    older('gap', 'until', trends),
    older('alarm', 'at', trends),
    older('sign', 'at', trends),
    older('aside', 'found', trends),
  ];
}
