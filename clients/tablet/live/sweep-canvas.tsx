import { useEffect, useRef } from 'preact/hooks';
import { TERMS } from '../../../server/protocol/telemetry/nomenclature.ts';
import type { Signal, Trace } from '../../common/page/vitals/bed.ts';
import type { Feed } from '../../common/page/vitals/feed.ts';
import { ageSaid, clockTime, stateSaid } from '../../common/page/vitals/said.ts';
import { MAX_TRACES, type Palette, type Row, Sweep } from '../../common/page/vitals/sweep.ts';
import { vitalsTexts } from '../../common/page/vitals/vitals-texts.ts';

const SWEEP_MM_S = 25;
const STRIP_MM_S = 12.5;
const STRIP_S = 10;
const COLOURS: ReadonlyMap<number, string> = new Map([
  [TERMS.ecg.code, '--wave-ecg'],
  [TERMS.pleth.code, '--wave-pleth'],
  [TERMS.respiration.code, '--wave-resp'],
]);

export const tracesOf = (feed: Feed): readonly Trace[] =>
  [...feed.beds.values()].flatMap((bed) => bed.traces(feed.clock)).slice(0, MAX_TRACES);

/** Running traces. Under them stands what they show in words, for people who do not see them. */
export function SweepCanvas({ feed }: { feed: Feed }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!canvas.current) return undefined;
    const of = canvas.current;
    const sweep = new Sweep(of, paletteOf(of), SWEEP_MM_S);
    const colours = coloursOf(of);
    sweep.clear();
    let frame = 0;
    const draw = (): void => {
      sweep.draw(rowsOf(feed, colours, SWEEP_MM_S), feed.clock);
      frame = requestAnimationFrame(draw);
    };
    draw();
    const off = feed.onBlank(() => sweep.clear());
    return () => {
      cancelAnimationFrame(frame);
      off();
    };
  }, [feed]);
  return <canvas ref={canvas} class="waves" aria-hidden="true" />;
}

/** The ten seconds before somebody pressed "freeze", which stay while everything else goes on. */
export function FrozenStrip({ feed, at }: { feed: Feed; at: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!canvas.current) return;
    const rows = rowsOf(feed, coloursOf(canvas.current), STRIP_MM_S);
    const until = Math.max(...rows.map(({ trace }) => trace.buffer.newest));
    new Sweep(canvas.current, paletteOf(canvas.current), STRIP_MM_S).strip(rows, STRIP_S, until);
  }, [feed, at]);
  return (
    <div class="frozen">
      <canvas ref={canvas} class="waves" aria-hidden="true" />
      <strong class="frozen-says">{vitalsTexts.value.frozen(clockTime(at))}</strong>
    </div>
  );
}

type Colours = (code: number) => string;

function rowsOf(feed: Feed, colour: Colours, mmPerSecond: number): readonly Row[] {
  const traces = tracesOf(feed);
  const lost = feed.state !== 'live';
  return traces.map((trace): Row => {
    const { metric, state } = trace.signal;
    const drawn = !lost && (state === 'live' || state === 'artefact');
    const note = state === 'artefact' ? `  ${stateSaid(trace.signal)}` : '';
    return {
      trace,
      colour: colour(metric.code),
      label: `${metric.name}  ${mmPerSecond} mm/s`,
      note,
      stopped: drawn ? '' : stoppedSaid(trace.signal, lost),
    };
  });
}

function stoppedSaid(signal: Signal, lost: boolean): string {
  const { states, noDataFor } = vitalsTexts.value;
  if (!lost) return stateSaid(signal);
  return signal.at === undefined ? states['no-data'] : noDataFor(ageSaid(signal.age));
}

/** The tokens' colours, read once: to ask the page in every frame would cost more than to draw. */
function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas);
  const known = new Map([...COLOURS].map(([code, token]) => [code, style.getPropertyValue(token)]));
  const other = style.getPropertyValue('--wave-abp');
  return (code) => known.get(code) ?? other;
}

function paletteOf(canvas: HTMLCanvasElement): Palette {
  const style = getComputedStyle(canvas);
  return {
    panel: style.getPropertyValue('--wave-panel'),
    label: style.getPropertyValue('--wave-label'),
    font: style.fontFamily,
  };
}
