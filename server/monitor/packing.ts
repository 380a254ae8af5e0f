import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { encodeTelemetry, type TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Metric } from '../protocol/telemetry/telemetry-content.ts';
import type { Op } from '../store/batch.ts';
import { packBlock, readFrame } from './block.ts';
import { minutesOf } from './minutes.ts';

/** One session of a device, in the store. */
export interface Source {
  readonly id: number;
  readonly device: Bytes;
  readonly session: Bytes;
}

/** What a device sent in a minute, as rows: a block for all frames without a gap between them, and values by the minute. */
export function blocksOf(
  source: Source,
  frames: readonly Bytes[],
  metrics: ReadonlyMap<number, Metric>,
  sha256: Sha256,
): Op[] {
  const rows: TelemetryFrame[][] = [];
  for (const bytes of frames) {
    const frame = readFrame(bytes);
    const row = rows.at(-1);
    if (row && row.at(-1)?.number === frame.number - 1) row.push(frame);
    else rows.push([frame]);
  }
  return rows.flatMap((row) => {
    const [first, last] = [row[0], row.at(-1)];
    if (!first || !last) return [];
    const times = row.map(({ at }) => at);
    const sql =
      'INSERT INTO block (source, since, until, first, last, hash, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
    const hash = sha256(encodeTelemetry(last));
    const params = [source.id, Math.min(...times), Math.max(...times), first.number, last.number, hash];
    return [{ sql, params: [...params, packBlock(row)] }, ...minutesOf(source.device, row, metrics)];
  });
}
