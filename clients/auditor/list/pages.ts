import type { Story } from '../wire.ts';

/** Rows of one answer of the gateway. */
export const PAGE = 100;
/** Pages kept beside those in view: who goes back a little waits for nothing. */
const MAX_HELD = 40;

/** What this computer has of a list: pages of rows by their number, the newest is 0. */
export type Held = ReadonlyMap<number, readonly Story[]>;

/** What is in view: rows `from` up to, not with, `to`; `top` is where the view begins, counted in rows. */
export interface Seen {
  readonly top: number;
  readonly from: number;
  readonly to: number;
}

export const rowAt = (held: Held, index: number): Story | undefined =>
  held.get(Math.floor(index / PAGE))?.[index % PAGE];

/** Numbers of the pages that rows in view are on. */
export function pagesOf({ from, to }: Pick<Seen, 'from' | 'to'>): readonly number[] {
  const first = Math.floor(from / PAGE);
  const last = Math.floor(Math.max(from, to - 1) / PAGE);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** One page more; those furthest from it give way. */
export function withPage(held: Held, page: number, rows: readonly Story[]): Held {
  const near = [...held].sort(([a], [b]) => Math.abs(a - page) - Math.abs(b - page));
  return new Map([[page, rows], ...near.filter(([each]) => each !== page).slice(0, MAX_HELD)]);
}
