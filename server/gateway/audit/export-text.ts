import type { StoryRow } from '../../edge/desks/audit-desk.ts';
import { codeNamed } from '../../protocol/refusal.ts';
import { SAYS } from '../../protocol/refusal-says.ts';

/** ISO 8601 with the offset it is told in: 2026-11-29T15:04:05.678+01:00. `offset` is minutes east of UTC. */
export function instant(ms: number, offset: number): string {
  const local = new Date(ms + offset * 60_000);
  if (Number.isNaN(local.getTime())) return `unix-ms-${ms}`;
  if (offset === 0) return local.toISOString();
  const sign = offset < 0 ? '-' : '+';
  const two = (n: number): string => String(n).padStart(2, '0');
  const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return local.toISOString().replace('Z', zone);
}

/** The zone as a column title tells it. */
export const zoneName = (offset: number): string =>
  offset === 0 ? 'UTC' : `UTC${instant(0, offset).slice(-6)}`;

/** What a row is, in one plain sentence. */
export function tellAction(row: StoryRow): string {
  const known = row.code === undefined ? undefined : codeNamed(row.code);
  const why = row.code === undefined ? '' : ` ${row.code}: ${known ? SAYS[known] : 'no such code'}`;
  if (row.command === undefined) return `${row.kind}${why}`;
  return `${row.action}, ${row.outcome === '' ? 'not finished' : row.outcome}${why}`;
}

/**
 * One field of a CSV file (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, so that
 * it stays the text it is; line breaks and control characters become spaces.
 */
export function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const oneLine = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  const safe = /^[\s]*[=+\-@|%]/u.test(oneLine) ? `'${oneLine}` : oneLine;
  return /[",']/u.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
