import type { Trace } from './bed.ts';
import { type Gain, gainOf, PX_PER_MM, rangeOf } from './gain.ts';
import type { WaveBuffer } from './waves.ts';

export const MAX_TRACES = 6;
/** Frames come every half second: the sweep stays this far behind, and never has to guess what comes next. */
const BEHIND_MS = 700;
const ERASE_PX = 16;
/** At the left, for the mark of 1 mV. */
const GUTTER_PX = 18;
const LABEL_PX = 26;
/** The line is 2 px wide, and no half of it is cut. */
const EDGE_PX = 2;

/** What a row is drawn with. */
export interface Row {
  readonly trace: Trace;
  readonly colour: string;
  /** Over the trace, e.g. `ECG II  25 mm/s`; the gain is written behind it. */
  readonly label: string;
  /** What is to be known of the trace while it is drawn; empty when nothing is. */
  readonly note: string;
  /** Across the trace when nothing is drawn any more; empty while it is live. */
  readonly stopped: string;
}

/** Colours of a canvas, as the page's tokens have them. */
export interface Palette {
  readonly panel: string;
  readonly label: string;
  readonly font: string;
}

interface Pen {
  /** Source time up to which the row is drawn. */
  at: number;
  /** Source time from which on it was drawn: nothing older is ever drawn again. */
  since: number;
  /** Undefined until something came. */
  gain: Gain | undefined;
  label: string;
  stopped: string;
}

/** Where a row stands on the canvas, in px. */
interface Place {
  readonly top: number;
  readonly height: number;
}

const newPen = (since = Number.NaN): Pen => ({
  at: Number.NaN,
  since,
  gain: undefined,
  label: '',
  stopped: '',
});

const labelOf = ({ label, note }: Row, { says }: Gain): string => `${label}  ${says}${note}`;

const gainIn = ({ trace: { signal, buffer } }: Row, height: number, since: number, until: number): Gain =>
  gainOf(signal.metric, height - LABEL_PX - EDGE_PX * 2, rangeOf(buffer, since, until));

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
      // Of another size, and not of another time: what was drawn is drawn again.
      const drawn = new Map(this.#pens);
      this.clear();
      for (const { trace } of rows) this.#pens.set(trace.buffer, newPen(drawn.get(trace.buffer)?.since));
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
      const place = { top: i * height, height };
      const gain = gainIn(row, height, since, until);
      this.#label(row, labelOf(row, gain), place.top);
      this.#mark(gain, place);
      this.#line(row, gain, place, since, until, (at) => GUTTER_PX + (at - since) * this.#pxPerMs);
    });
  }

  get #pxPerMs(): number {
    return (this.#mmPerSecond * PX_PER_MM) / 1_000;
  }

  #row(row: Row, pen: Pen, top: number, height: number, clock: number): void {
    const { trace, stopped } = row;
    const width = this.#canvas.clientWidth;
    const place = { top, height };
    if (stopped !== pen.stopped) {
      if (stopped === '') {
        this.#fill(0, top + LABEL_PX, width, height - LABEL_PX);
        Object.assign(pen, newPen());
      } else this.#words(stopped, pen.stopped === '', top, height);
      pen.stopped = stopped;
    }
    const head = Math.min(clock + trace.ahead - BEHIND_MS, trace.buffer.newest);
    const moves = stopped === '' && Number.isFinite(head);
    const before = moves ? this.#before(row, pen, place, head) : head;
    const label = labelOf(row, pen.gain ?? gainOf(trace.signal.metric, height, undefined));
    if (pen.label !== label) this.#label(row, label, top);
    pen.label = label;
    if (!moves || head <= before || !pen.gain) return;
    const run = width - GUTTER_PX;
    const x = (at: number): number => GUTTER_PX + ((at * this.#pxPerMs) % run);
    this.#wipe(x(before), x(head) + ERASE_PX, top + LABEL_PX, height - LABEL_PX);
    // From the last sample that is drawn already, so that the line has no holes between two frames.
    this.#line(row, pen.gain, place, before - trace.buffer.period * 1.5, head, x);
    pen.at = head;
  }

  /**
   * From when on a frame draws: where the last one ended, or anew from the left when another gain is needed. A row has one gain
   * at a time: a lower one as soon as something would be cut, a higher one only when a sweep is over.
   */
  #before(row: Row, pen: Pen, place: Place, head: number): number {
    const { buffer } = row.trace;
    const run = this.#canvas.clientWidth - GUTTER_PX;
    const sweep = (run - ERASE_PX * 2) / this.#pxPerMs;
    const begins = Number.isNaN(pen.at);
    if (begins && Number.isNaN(pen.since)) pen.since = head - 100;
    const before = begins ? head - 100 : Math.max(pen.at, head - 4_000);
    if (head <= before) return before;
    const turn = (at: number): number => Math.floor((at * this.#pxPerMs) / run);
    const is = rangeOf(buffer, before, head);
    if (!is) return before;
    const room = place.height - LABEL_PX - EDGE_PX * 2;
    const cut = !pen.gain || is.low < pen.gain.low || is.high > pen.gain.low + room / pen.gain.px;
    if (!cut && turn(before) === turn(head)) return before;
    const gain = gainIn(row, place.height, head - sweep, head);
    const same = gain.px === pen.gain?.px && gain.low === pen.gain.low;
    if (same || (pen.gain && !cut && gain.px <= pen.gain.px)) return before;
    pen.gain = gain;
    this.#fill(0, place.top + LABEL_PX, this.#canvas.clientWidth, place.height - LABEL_PX);
    this.#mark(gain, place);
    return Math.max(pen.since, head - sweep);
  }

  #line(
    { trace: { buffer }, colour }: Row,
    { px, low }: Gain,
    { top, height }: Place,
    since: number,
    until: number,
    x: (at: number) => number,
  ): void {
    const c = this.#c;
    const bottom = top + height;
    let last = Number.POSITIVE_INFINITY;
    c.save();
    c.beginPath();
    c.rect(0, top + LABEL_PX, this.#canvas.clientWidth, height - LABEL_PX);
    c.clip();
    c.beginPath();
    buffer.between(since, until, (at, value, joined) => {
      const [left, y] = [x(at), bottom - EDGE_PX - (value - low) * px];
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
  #mark({ px, says }: Gain, { top, height }: Place): void {
    if (!says.includes('mm/')) return;
    const zero = top + LABEL_PX + (height - LABEL_PX + px) / 2;
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

  #label({ colour }: Row, label: string, top: number): void {
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
