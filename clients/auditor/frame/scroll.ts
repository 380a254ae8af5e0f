/** Height of every row (px); the style sheet holds them to it. */
export const ROW = 92;
/** Browsers draw no element higher than 16 to 33 million px: a list that would be is scrolled on a smaller scale. */
export const MAX_HEIGHT = 8_000_000;
/** At both ends of such a list a pixel stays a pixel, so that they are reached exactly. */
const EDGE = 100_000;
/** Rows drawn above and below the view, so that a turn of the wheel shows no hole. */
const MARGIN = 12;

/** A list of so many rows, in a view of so many pixels. */
export interface Sizes {
  readonly rows: number;
  readonly view: number;
}

/** What the scroll bar sees (px). */
export const heightOf = (rows: number): number => Math.min(rows * ROW, MAX_HEIGHT);

/** How far the view can go in the list, and how far its scroll bar can (px). */
const wayOf = ({ rows, view }: Sizes): number => Math.max(0, rows * ROW - view);
const barOf = ({ rows, view }: Sizes): number => Math.max(0, heightOf(rows) - view);

/** The pixel of the list at the top of the view, by where the scroll bar stands. */
export function offsetOf(scroll: number, sizes: Sizes): number {
  const [way, bar] = [wayOf(sizes), barOf(sizes)];
  if (way === bar || scroll <= EDGE) return Math.min(scroll, way);
  if (scroll >= bar - EDGE) return way - Math.max(0, bar - scroll);
  return EDGE + ((scroll - EDGE) / (bar - 2 * EDGE)) * (way - 2 * EDGE);
}

/** The other way round. */
export function scrollOf(offset: number, sizes: Sizes): number {
  const [way, bar] = [wayOf(sizes), barOf(sizes)];
  if (way === bar || offset <= EDGE) return Math.max(0, Math.min(offset, way));
  if (offset >= way - EDGE) return bar - Math.max(0, way - offset);
  return EDGE + ((offset - EDGE) / (way - 2 * EDGE)) * (bar - 2 * EDGE);
}

/** Where the view is: pixels of the scroll bar, and of the list. */
export interface Place {
  readonly scroll: number;
  readonly offset: number;
}

/**
 * The place after the scroll bar moved. A step (wheel, finger, arrow of the bar) moves the list by as many pixels, on
 * whatever scale; a leap (the bar is dragged) goes where the bar says.
 */
export function moved(from: Place, scroll: number, sizes: Sizes): Place {
  const step = scroll - from.scroll;
  const ends = scroll <= 0 || scroll >= barOf(sizes) - 1;
  if (ends || wayOf(sizes) === barOf(sizes) || Math.abs(step) > 2 * sizes.view)
    return { scroll, offset: offsetOf(scroll, sizes) };
  return { scroll, offset: Math.max(0, Math.min(from.offset + step, wayOf(sizes))) };
}

/** Rows in view, from `from` up to, not with, `to`; and rows to draw, with a margin. */
export function windowOf(offset: number, { rows, view }: Sizes) {
  const from = Math.min(Math.floor(offset / ROW), Math.max(0, rows - 1));
  const to = Math.min(rows, Math.max(from + 1, Math.ceil((offset + view) / ROW)));
  return { from, to, first: Math.max(0, from - MARGIN), last: Math.min(rows, to + MARGIN) };
}
