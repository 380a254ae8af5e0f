import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Metric } from '../protocol/telemetry/telemetry-content.ts';
import type { Op } from '../store/batch.ts';

const MINUTE_MS = 60_000;
const SQL = `
INSERT INTO minute (device, code, at, unit, low, high, total, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (device, code, at) DO UPDATE SET
  low = min(low, excluded.low), high = max(high, excluded.high),
  total = total + excluded.total, count = count + excluded.count`;

interface Row {
  readonly metric: Metric;
  readonly at: number;
  low: number;
  high: number;
  total: number;
  count: number;
}

/**
 * Lowest, highest and mean value of each minute. Frames of an outage come late and in any minute: rows are added to.
 * Only values the device stands behind count.
 */
export function minutesOf(
  device: Bytes,
  frames: readonly TelemetryFrame[],
  metrics: ReadonlyMap<number, Metric>,
): Op[] {
  const minutes = new Map<number, Map<number, Row>>();
  let known = metrics;
  for (const { at, contents } of frames) {
    const minute = at - (at % MINUTE_MS);
    const rows = minutes.get(minute) ?? new Map<number, Row>();
    minutes.set(minute, rows);
    for (const content of contents) {
      if (content.kind === 'describe') known = new Map(content.metrics.map((each) => [each.handle, each]));
      if (content.kind !== 'numerics') continue;
      for (const { handle, value, quality } of content.numerics) {
        const metric = known.get(handle);
        if (metric && quality === 'valid') add(rows, metric, minute, value / 10 ** metric.scale);
      }
    }
  }
  const all = [...minutes.values()].flatMap((rows) => [...rows.values()]);
  return all.map(({ metric, at, low, high, total, count }) => ({
    sql: SQL,
    params: [device, metric.code, at, metric.unit, low, high, total, count],
  }));
}

function add(rows: Map<number, Row>, metric: Metric, at: number, value: number): void {
  const row = rows.get(metric.code);
  if (!row) {
    rows.set(metric.code, { metric, at, low: value, high: value, total: value, count: 1 });
    return;
  }
  row.low = Math.min(row.low, value);
  row.high = Math.max(row.high, value);
  row.total += value;
  row.count++;
}
