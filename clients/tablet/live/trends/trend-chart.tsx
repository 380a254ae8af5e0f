import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { aloneIn, type Columns } from './trend.ts';

const FONT_PX = 14;
const AXIS_PX = 46;
/** Above and below what was measured, in its unit: a steady value is a line, not noise over all of the chart. */
const MARGIN = 4;
const DAY_MS = 86_400_000;

/** One trend: the mean as a line on the band from the lowest to the highest value. Its words stand beside it. */
export function TrendChart({ columns }: { columns: Columns }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = place.current;
    if (!at) return undefined;
    const [time, ...values] = columns;
    const data: uPlot.AlignedData = [[...time], ...values.map((column) => [...column])];
    const plot = new uPlot(optionsOf(at, spanOf(time)), data, at);
    const fit = new ResizeObserver(() => plot.setSize(sizeOf(at)));
    fit.observe(at);
    return () => {
      fit.disconnect();
      plot.destroy();
    };
  }, [columns]);
  return <div ref={place} class="trend-chart" aria-hidden="true" />;
}

const sizeOf = ({ clientWidth, clientHeight }: Element) => ({
  width: Math.max(100, clientWidth),
  height: Math.max(60, clientHeight),
});
const spanOf = (time: Columns[0]): number => ((time.at(-1) ?? 0) - (time[0] ?? 0)) * 1_000;

function optionsOf(at: HTMLElement, span: number): uPlot.Options {
  const style = getComputedStyle(at);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: token('--text'),
    font: `${FONT_PX}px ${style.fontFamily}`,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { stroke: token('--line'), width: 1 },
  };
  const line: uPlot.Series = {
    stroke: token('--text'),
    width: 2,
    points: {
      size: 5,
      fill: token('--text'),
      filter: (plot, series) => [...aloneIn(plot.data[series] ?? [])],
    },
  };
  const edge = { stroke: 'transparent', width: 0, points: { show: false } };
  const when = new Intl.DateTimeFormat('en-GB', span > DAY_MS ? { day: '2-digit', month: '2-digit' } : HOURS);
  return {
    ...sizeOf(at),
    padding: [4, 12, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, low, high) => [Math.floor(low - MARGIN), Math.ceil(high + MARGIN)] } },
    series: [{}, edge, edge, line],
    bands: [{ series: [2, 1], fill: token('--line') }],
    axes: [
      { ...axis, size: 26, space: 80, values: (_, ticks) => ticks.map((tick) => when.format(tick * 1_000)) },
      { ...axis, size: AXIS_PX, space: 28 },
    ],
  };
}

const HOURS = { hour: '2-digit', minute: '2-digit' } as const;
