import { TERMS } from '../../../../server/protocol/telemetry/nomenclature.ts';
import type { Metric } from '../../../../server/protocol/telemetry/telemetry-content.ts';
import type { WaveBuffer } from './waves.ts';

/** The tablet that everything is made for: 1280 px on 10.1 inch. */
export const PX_PER_MM = 5.88;
/** Gains as monitors have them, in mm for each unit. */
const STEPS_MM = [10, 5, 2.5, 1, 0.5];
/** So much of a row is filled when its gain is chosen: the next beat may be a little higher. */
const FILLED = 0.9;

/** How high a unit is drawn, the value at the bottom of the row, and what is printed about it. */
export interface Gain {
  readonly px: number;
  readonly low: number;
  readonly says: string;
}

/**
 * The largest step at which the whole of a trace has room, with the middle of it in the middle of the row.
 * @param room px; @param range what the trace was between, undefined while nothing came
 */
export function gainOf(metric: Metric, room: number, range: Range | undefined): Gain {
  if (metric.code === TERMS.ecg.code || metric.code === TERMS.respiration.code) {
    const { low, high } = range ?? { low: 0, high: 0 };
    const fits = (mm: number): boolean => (high - low) * mm * PX_PER_MM <= room * FILLED;
    const mm = STEPS_MM.find(fits) ?? (room * FILLED) / PX_PER_MM / (high - low);
    const px = mm * PX_PER_MM;
    return {
      px,
      low: (low + high) / 2 - room / px / 2,
      says: `${Number(mm.toPrecision(2))} mm/${metric.unit}`,
    };
  }
  const [low, high] =
    metric.code === TERMS.pleth.code
      ? [0, 1_000]
      : [metric.low / 10 ** metric.scale, metric.high / 10 ** metric.scale];
  return { px: room / Math.max(1e-9, high - low), low, says: `${low} to ${high}` };
}

/** Lowest and highest value. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Between what a trace was in a time of its source; undefined when nothing came in it. */
export function rangeOf(buffer: WaveBuffer, since: number, until: number): Range | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  buffer.between(since, until, (_at, value) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  return low <= high ? { low, high } : undefined;
}
