import { TERMS } from '../../../../server/protocol/telemetry/nomenclature.ts';
import type { Metric } from '../../../../server/protocol/telemetry/telemetry-content.ts';
import type { Trace } from './bed.ts';
import type { WaveBuffer } from './waves.ts';

/** The tablet that everything is made for: 1280 px on 10.1 inch. */
const PX_PER_MM = 5.88;
export const MAX_TRACES = 6;
/** Frames come every half second: the sweep stays this far behind, and never has to guess what comes next. */
const BEHIND_MS = 700;
const ERASE_PX = 16;
/** At the left, for the mark of 1 mV. */
const GUTTER_PX = 18;
const LABEL_PX = 26;
/** A row lower than this takes half the gain: a beat of 2 mV has to have room. */
const LOW_ROW_PX = 180;

/** What a row is drawn with. */
export interface Row {
  readonly trace: Trace;
  readonly colour: string;
  /** Over the trace, e.g. `ECG II  25 mm/s  10 mm/mV`. */
  readonly label: string;
  /** Across the trace when nothing is drawn any more; empty while it is live. */
  readonly stopped: string;
}

/** Colours of a canvas, as the page's tokens have them. */
export interface Palette {
  readonly panel: string;
  readonly label: string;
  readonly font: string;
}

/** How high a unit is drawn, and what is printed about it. `low`: the value at the bottom of the row. */
export function gainOf(metric: Metric, height: number): { px: number; low: number; says: string } {
  const room = height - LABEL_PX;
  const calibrated = metric.code === TERMS.ecg.code || metric.code === TERMS.respiration.code;
  if (calibrated) {
    const mm = height < LOW_ROW_PX ? 5 : 10;
    const px = mm * PX_PER_MM;
    return { px, low: -(room * 0.42) / px, says: `${mm} mm/${metric.unit}` };
  }
  const [low, high] =
    metric.code === TERMS.pleth.code
      ? [0, 1_000]
      : [metric.low / 10 ** metric.scale, metric.high / 10 ** metric.scale];
  return { px: room / Math.max(1e-9, high - low), low, says: `${low} to ${high}` };
}

interface Pen {
  /** Source time up to which the row is drawn. */
  at: number;
  label: string;
  stopped: string;
}

/**
 * Traces that run from left to right and begin again, each by the times of its own source. Where samples are missing nothing
 * is drawn; where nothing comes any more the row stands still under words that say so.
 */
export class Sweep {
  readonly #canvas: HTMLCanvasElement;
  readonly #c: CanvasRenderingContext2D;
  readonly #palette: Palette;
  readonly #mmPerSecond: number;
  readonly #pens = new Map<WaveBuffer, Pen>();
  #height = 0;

  /** @param mmPerSecond 25 is what clinicians are used to; 12.5 shows ten seconds at once */
  constructor(canvas: HTMLCanvasElement, palette: Palette, mmPerSecond: number) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser draws no canvas');
    this.#canvas = canvas;
    this.#c = context;
    this.#palette = palette;
    this.#mmPerSecond = mmPerSecond;
  }

  /** Everything is drawn anew from here on: the size changed, or what was drawn is not to be trusted any more. */
  clear(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.#c.scale(ratio, ratio);
    this.#fill(0, 0, clientWidth, clientHeight);
    this.#pens.clear();
    this.#height = clientHeight;
  }

  /** One frame. @param clock the page's, in ms */
  draw(rows: readonly Row[], clock: number): void {
    if (
      this.#height !== this.#canvas.clientHeight ||
      rows.some(({ trace }) => !this.#pens.has(trace.buffer))
    ) {
      this.clear();
      for (const { trace } of rows) this.#pens.set(trace.buffer, { at: Number.NaN, label: '', stopped: '' });
    }
    const height = this.#height / Math.max(1, rows.length);
    rows.forEach((row, i) => {
      const pen = this.#pens.get(row.trace.buffer);
      if (pen) this.#row(row, pen, i * height, height, clock);
    });
  }

  /** The last seconds before `until` (source time, ms) of each row, standing still. */
  strip(rows: readonly Row[], seconds: number, until: number): void {
    this.clear();
    const height = this.#height / Math.max(1, rows.length);
    rows.forEach((row, i) => {
      const since = until - seconds * 1_000;
      this.#label(row, i * height);
      this.#mark(row, i * height, height);
      this.#line(row, i * height, height, since, until, (at) => GUTTER_PX + (at - since) * this.#pxPerMs);
    });
  }

  get #pxPerMs(): number {
    return (this.#mmPerSecond * PX_PER_MM) / 1_000;
  }

  #row(row: Row, pen: Pen, top: number, height: number, clock: number): void {
    const { trace, label, stopped } = row;
    const width = this.#canvas.clientWidth;
    const began = pen.label !== label;
    if (began) this.#label(row, top);
    if (stopped !== pen.stopped) {
      if (stopped === '') {
        this.#fill(0, top + LABEL_PX, width, height - LABEL_PX);
        pen.at = Number.NaN;
      } else this.#words(stopped, pen.stopped === '', top, height);
    }
    if (Number.isNaN(pen.at) && stopped === '') this.#mark(row, top, height);
    [pen.label, pen.stopped] = [label, stopped];
    if (stopped !== '') return;
    const head = Math.min(clock + trace.ahead - BEHIND_MS, trace.buffer.newest);
    if (!Number.isFinite(head)) return;
    const before = Number.isNaN(pen.at) ? head - 100 : Math.max(pen.at, head - 4_000);
    if (head <= before) return;
    const run = width - GUTTER_PX;
    const x = (at: number): number => GUTTER_PX + ((at * this.#pxPerMs) % run);
    this.#wipe(x(before), x(head) + ERASE_PX, top + LABEL_PX, height - LABEL_PX);
    // From the last sample that is drawn already, so that the line has no holes between two frames.
    this.#line(row, top, height, before - trace.buffer.period * 1.5, head, x);
    pen.at = head;
  }

  #line(
    { trace: { buffer, signal }, colour }: Row,
    top: number,
    height: number,
    since: number,
    until: number,
    x: (at: number) => number,
  ): void {
    const c = this.#c;
    const { px, low } = gainOf(signal.metric, height);
    const bottom = top + height;
    let last = Number.POSITIVE_INFINITY;
    c.save();
    c.beginPath();
    c.rect(0, top + LABEL_PX, this.#canvas.clientWidth, height - LABEL_PX);
    c.clip();
    c.beginPath();
    buffer.between(since, until, (at, value, joined) => {
      const [left, y] = [x(at), bottom - 2 - (value - low) * px];
      if (joined && left >= last) c.lineTo(left, y);
      else c.moveTo(left, y);
      last = left;
    });
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.lineJoin = 'round';
    c.stroke();
    c.restore();
  }

  /** The bar that runs ahead of the line, from x to x, around the right edge if it must. */
  #wipe(from: number, to: number, top: number, height: number): void {
    const width = this.#canvas.clientWidth;
    if (to - ERASE_PX < from) {
      this.#fill(from + 1, top, width - from, height);
      this.#fill(GUTTER_PX, top, to - GUTTER_PX, height);
      return;
    }
    this.#fill(from + 1, top, to - from - 1, height);
    if (to > width) this.#fill(GUTTER_PX, top, to - width, height);
  }

  /** The height of 1 mV, at the left of an electrocardiogram. */
  #mark({ trace: { signal } }: Row, top: number, height: number): void {
    const { px, low, says } = gainOf(signal.metric, height);
    if (!says.includes('mm/')) return;
    const zero = top + height - 2 + low * px;
    this.#c.strokeStyle = this.#palette.label;
    this.#c.lineWidth = 2;
    this.#c.beginPath();
    for (const [x, y] of [
      [2, 0],
      [5, 0],
      [5, -px],
      [11, -px],
      [11, 0],
      [14, 0],
    ] as const)
      // prettier-ignore
      this.#c.lineTo(x, zero + y);
    this.#c.stroke();
  }

  #label({ label, colour }: Row, top: number): void {
    this.#fill(0, top, this.#canvas.clientWidth, LABEL_PX);
    this.#text(label, 16, top + 19, 16, this.#palette.label);
    this.#fill(4, top + 8, 7, 10, colour);
  }

  #words(words: string, first: boolean, top: number, height: number): void {
    const { panel, label } = this.#palette;
    const middle = top + LABEL_PX + (height - LABEL_PX) / 2;
    this.#c.globalAlpha = first ? 0.6 : 0; // what was drawn last stays to be seen, and is seen to be old
    this.#fill(0, top + LABEL_PX, this.#canvas.clientWidth, height - LABEL_PX);
    this.#c.globalAlpha = 1;
    this.#c.font = `700 22px ${this.#palette.font}`;
    const wide = this.#c.measureText(words).width + 40;
    const left = (this.#canvas.clientWidth - wide) / 2;
    this.#fill(left, middle - 20, wide, 40, panel);
    this.#text(words, left + 20, middle + 8, 22, label, 700);
  }

  #text(text: string, x: number, y: number, size: number, colour: string, weight = 400): void {
    this.#c.font = `${weight} ${size}px ${this.#palette.font}`;
    this.#c.fillStyle = colour;
    this.#c.fillText(text, x, y);
  }

  #fill(x: number, y: number, width: number, height: number, colour = this.#palette.panel): void {
    this.#c.fillStyle = colour;
    this.#c.fillRect(x, y, width, height);
  }
}
