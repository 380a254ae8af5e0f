import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { TERMS } from '../../../../server/protocol/telemetry/nomenclature.ts';
import { Notice } from '../../../common/page/chip.tsx';
import type { LiveBed, Signal } from '../../../common/page/vitals/bed.ts';
import type { Feed } from '../../../common/page/vitals/feed.ts';
import { clockTime, unitSaid } from '../../../common/page/vitals/said.ts';
import { vitalsTexts } from '../../../common/page/vitals/vitals-texts.ts';
import { columnsOf, type ReadTrend, type Span, SPANS, summaryOf, type Trend } from './trend.ts';
import { TrendChart } from './trend-chart.tsx';

/** What people look back at, in this order; a device that measures none of it shows its first numbers. */
const TRENDS: readonly number[] = [
  TERMS.heartRate.code,
  TERMS.spo2.code,
  TERMS.respirationRate.code,
  TERMS.systolic.code,
];
const MOST = 4;
const ORDER: readonly Span[] = ['1h', '6h', '24h', '7d'];
/** A minute is in the history once it is over. */
const AGAIN_MS = 30_000;

interface Row {
  readonly bed: LiveBed;
  readonly signal: Signal;
}
interface Shown {
  readonly trend: Trend;
  readonly since: number;
  readonly until: number;
}

/** What was measured before: an hour to a week, gaps as gaps, each chart with its sentence; beside it the values stay live. */
export function TrendPanel({ feed, readTrend }: { feed: Feed; readTrend: ReadTrend }) {
  const { trends: t } = vitalsTexts.value;
  const span = useSignal<Span>('1h');
  const found = useSignal<ReadonlyMap<string, Shown> | 'loading' | 'failed'>('loading');
  const rows = rowsOf(feed);
  const charts = typeof found.value === 'string' ? undefined : found.value;
  const wanted = rows.map(keyOf).join();
  useEffect(() => {
    let left = false;
    found.value = 'loading';
    const load = async (): Promise<void> => {
      const until = Date.now();
      const since = until - SPANS[span.value];
      const all = await Promise.all(
        rowsOf(feed).map(async (row): Promise<[string, Shown]> => {
          const trend = await readTrend(row.bed.id, row.signal.metric.code, since, until);
          return [keyOf(row), { trend, since, until }];
        }),
      );
      if (!left) found.value = new Map(all);
    };
    const again = (): void => void load().catch(() => !left && (found.value = 'failed'));
    again();
    const timer = setInterval(again, AGAIN_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [span.value, wanted, readTrend]);
  return (
    <section class="trends" aria-label={t.title}>
      <div class="trend-spans" role="group" aria-label={t.span}>
        {ORDER.map((key) => (
          <button
            key={key}
            type="button"
            class="button"
            aria-pressed={span.value === key}
            onClick={() => void (span.value = key)}
          >
            {t.spans[key]}
          </button>
        ))}
      </div>
      {found.value === 'loading' && <p role="status">{t.loading}</p>}
      {found.value === 'failed' && <Notice kind="blocked" loud title={t.failed} />}
      {charts && rows.map((row) => <TrendLine key={keyOf(row)} row={row} shown={charts.get(keyOf(row))} />)}
    </section>
  );
}

/** A chart, and the same in a sentence. */
function TrendLine({ row: { bed, signal }, shown }: { row: Row; shown: Shown | undefined }) {
  const columns = useMemo(() => shown && columnsOf(shown.trend, shown.since, shown.until), [shown]);
  const { trends: t, simulated } = vitalsTexts.value;
  const { metric } = signal;
  const all = shown && summaryOf(shown.trend);
  const number = (value: number): string => value.toFixed(metric.scale);
  return (
    <figure class="trend" data-code={metric.code}>
      <figcaption>
        <h2>
          {metric.name} <span>{unitSaid(metric)}</span>
        </h2>
        <p>
          {all
            ? t.said(
                number(all.low),
                number(all.high),
                number(all.mean),
                number(all.newest),
                clockTime(all.at).slice(0, 5),
              )
            : t.none}
          {shown && shown.trend.gaps.length > 0 && ` ${t.gaps(String(shown.trend.gaps.length))}`}
          {bed.simulated && ` ${simulated}`}
        </p>
      </figcaption>
      {all && columns && <TrendChart columns={columns} />}
    </figure>
  );
}

function rowsOf(feed: Feed): readonly Row[] {
  const all = [...feed.beds.values()].flatMap((bed) =>
    bed.numbers(feed.clock).map((signal): Row => ({ bed, signal })),
  );
  const usual = TRENDS.flatMap((code) => all.find(({ signal }) => signal.metric.code === code) ?? []);
  return (usual.length > 0 ? usual : all).slice(0, MOST);
}

const keyOf = ({ bed, signal }: Row): string => `${bed.id} ${signal.metric.code}`;
