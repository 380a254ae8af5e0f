import { unhex } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { unpackSamples } from '../protocol/telemetry/samples.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Metric, Quality } from '../protocol/telemetry/telemetry-content.ts';
import type { Store } from '../store/store.ts';
import { readDescription, unpackBlock } from './block.ts';
import type { Keeper } from './keeper.ts';

export interface HistoryParts {
  readonly store: Pick<Store, 'reader'>;
  readonly keeper: Pick<Keeper, 'recent'>;
  readonly sha256: Sha256;
  /** A block does not give back what was packed: that minute is shown as a gap. */
  readonly damaged: (block: number) => void;
}

/** A frame as it came, with what its handles mean and whether a signature of the device reaches it. */
export interface KeptFrame {
  readonly frame: TelemetryFrame;
  readonly metrics: ReadonlyMap<number, Metric>;
  readonly signed: boolean;
}

/** One value with everything that has to be known to believe it. */
export interface KeptValue {
  readonly at: number;
  readonly metric: Metric;
  /** In the metric's unit; undefined where the device does not stand behind it. */
  readonly value: number | undefined;
  readonly quality: Quality;
  readonly signed: boolean;
}

/** Samples in a row, without a gap. */
export interface WavePart {
  readonly at: number;
  readonly quality: Quality;
  readonly samples: readonly number[];
}

/** The frames of a device in a range of source times, in order. Reads as it goes: who stops reads no further. */
export function* framesOf(
  parts: HistoryParts,
  device: string,
  since: number,
  until: number,
): Generator<KeptFrame> {
  const { store, keeper } = parts;
  const sessions = store
    .reader('SELECT id, described, signed FROM session WHERE device = ? ORDER BY id')
    .all(unhex(device));
  for (const { id, described, signed } of sessions) {
    let metrics: ReadonlyMap<number, Metric> = new Map(
      readDescription(described)?.metrics.map((metric) => [metric.handle, metric]),
    );
    const blocks = store
      .reader(
        'SELECT id, hash, bytes FROM block WHERE source = ? AND until >= ? AND since < ? ORDER BY first',
      )
      .all(Number(id), since, until);
    const kept = function* (): Generator<TelemetryFrame> {
      for (const block of blocks) yield* unpacked(parts, block);
      yield* keeper.recent(Number(id));
    };
    for (const frame of kept()) {
      for (const content of frame.contents)
        if (content.kind === 'describe')
          metrics = new Map(content.metrics.map((each) => [each.handle, each]));
      if (frame.at >= since && frame.at < until)
        yield { frame, metrics, signed: frame.number <= Number(signed) };
    }
  }
}

function unpacked(
  { sha256, damaged }: HistoryParts,
  { id, hash, bytes }: Readonly<Record<string, unknown>>,
): readonly TelemetryFrame[] {
  if (!(hash instanceof Uint8Array && bytes instanceof Uint8Array)) return [];
  try {
    return unpackBlock(bytes, hash, sha256);
  } catch {
    damaged(Number(id));
    return [];
  }
}

/** Every number of a device in a range. */
export function* valuesOf(
  parts: HistoryParts,
  device: string,
  since: number,
  until: number,
): Generator<KeptValue> {
  for (const { frame, metrics, signed } of framesOf(parts, device, since, until))
    for (const content of frame.contents) {
      if (content.kind !== 'numerics') continue;
      for (const { handle, value, quality } of content.numerics) {
        const metric = metrics.get(handle);
        if (!metric) continue;
        const good = quality === 'valid' || quality === 'questionable';
        const number = good ? value / 10 ** metric.scale : undefined;
        yield { at: frame.at, metric, value: number, quality, signed };
      }
    }
}

/** A waveform of a device in a range: parts begin anew where samples are missing or the quality changes. */
export function wavesOf(
  parts: HistoryParts,
  device: string,
  code: number,
  since: number,
  until: number,
): { readonly metric: Metric | undefined; readonly parts: readonly WavePart[] } {
  const found: { at: number; quality: Quality; samples: number[] }[] = [];
  let metric: Metric | undefined;
  for (const { frame, metrics } of framesOf(parts, device, since, until))
    for (const content of frame.contents) {
      if (content.kind !== 'wave') continue;
      const { handle, offset, count, quality, data } = content.wave;
      const known = metrics.get(handle);
      if (known?.code !== code) continue;
      metric = known;
      const at = frame.at - offset;
      const samples = unpackSamples(data, count);
      const last = found.at(-1);
      const end = last && last.at + (last.samples.length * known.period) / 1_000;
      const joins = last && end !== undefined && last.quality === quality && Math.abs(at - end) < JOIN_MS;
      if (joins) last.samples.push(...samples);
      else found.push({ at, quality, samples: [...samples] });
    }
  return { metric, parts: found };
}

/** Times of frames are whole milliseconds, and a device is not always on time: less than this apart is no gap. */
const JOIN_MS = 30;
