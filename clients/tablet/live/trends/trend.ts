import * as z from 'zod/mini';
import type { GatewayHttp } from '../../../common/page/gate/gateway-http.ts';
import { read } from '../../../common/page/gate/json.ts';

const HOUR_MS = 3_600_000;
/** How far back a trend looks. */
export const SPANS = { '1h': HOUR_MS, '6h': 6 * HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS } as const;
export type Span = keyof typeof SPANS;
/** About one for each two pixels of the chart. */
const POINTS = 300;

const TREND = z.object({
  code: z.number(),
  unit: z.string(),
  step: z.number(),
  points: z.array(
    z.object({ at: z.number(), low: z.number(), high: z.number(), mean: z.number(), count: z.number() }),
  ),
  gaps: z.array(z.object({ since: z.number(), until: z.number(), frames: z.number() })),
});

/** Lowest, highest and mean values in steps; a step in which nothing was measured is not there. Times are Unix ms. */
export type Trend = z.infer<typeof TREND>;
/** Asks for what one device measured of one metric. Throws Refusal, Unreachable. */
export type ReadTrend = (device: string, code: number, since: number, until: number) => Promise<Trend>;

export const trendsOf =
  (http: () => GatewayHttp | undefined): ReadTrend =>
  async (device, code, since, until) => {
    const query = new URLSearchParams({
      code: String(code),
      since: String(Math.floor(since)),
      until: String(Math.floor(until)),
      points: String(POINTS),
    });
    const answer = await http()?.json('GET', `/v1/devices/${device}/trend?${query}`);
    return read(TREND, answer, 'the trend');
  };

/** Columns as a chart takes them: time (s), lowest, highest, mean; null where nothing was measured, so that a gap is drawn. */
export type Columns = readonly [
  time: readonly number[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
  mean: readonly (number | null)[],
];

export function columnsOf({ points, step }: Trend, since: number, until: number): Columns {
  const known = new Map(points.map((point) => [point.at, point]));
  const first = since - (since % step);
  const times = Array.from(
    { length: Math.max(1, Math.ceil((until - first) / step)) },
    (_, i) => first + i * step,
  );
  const column = (part: 'mean' | 'low' | 'high') => times.map((at) => known.get(at)?.[part] ?? null);
  return [times.map((at) => at / 1_000), column('low'), column('high'), column('mean')];
}

/** Places of values with none beside them: drawn as points, for a line has two ends. A cuff measures now and then. */
export const aloneIn = (values: ArrayLike<number | null | undefined>): readonly number[] => {
  const is = (i: number): boolean => typeof values[i] === 'number';
  return Array.from(values, (_, i) => i).filter((i) => is(i) && !is(i - 1) && !is(i + 1));
};

/** What a chart tells whoever does not see it; undefined when nothing was measured. */
export interface TrendSummary {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** The newest step (Unix ms), and its mean. */
  readonly at: number;
  readonly newest: number;
}

export function summaryOf({ points }: Trend): TrendSummary | undefined {
  const newest = points.at(-1);
  if (!newest) return undefined;
  const count = points.reduce((all, point) => all + point.count, 0);
  return {
    low: Math.min(...points.map(({ low }) => low)),
    high: Math.max(...points.map(({ high }) => high)),
    mean: points.reduce((all, point) => all + point.mean * point.count, 0) / count,
    at: newest.at,
    newest: newest.mean,
  };
}
