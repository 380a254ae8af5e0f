import { fragmentOf } from './address.ts';
import type { Gateway } from '../gateway.ts';
import { PAGE, pagesOf, rowAt, type Seen, withPage } from './pages.ts';
import type { State } from '../state.ts';
import type { Filters, Found, Story } from '../wire.ts';

/** Rows the gateway finds by their place; what is older is found by a filter. */
export const LISTED = 10_000_000;

/** One list over everything a filter finds. Rows are fetched where somebody looks. */
export interface Listing {
  /** Asks anew. With the same filters the view stays on the rows that were there. */
  readonly list: () => Promise<void>;
  readonly filter: (filters: Filters) => void;
  /** The list shows these rows now. */
  readonly see: (seen: Seen) => void;
  /** Fetches what is in view once more, after it failed. */
  readonly fetchAgain: () => void;
  /** The keyboard goes to a row, or to the nearest there is. */
  readonly moveTo: (index: number) => void;
  /** Opens a row by its place, as soon as it is here. */
  readonly openAt: (index: number) => Promise<void>;
  /** The row below or above the one that is open. */
  readonly step: (by: 1 | -1) => void;
}

/** How many rows of an answer the list reaches. */
export const lengthOf = ({ total }: Found): number => Math.min(total, LISTED);

export function listingActions(
  state: State,
  now: () => Gateway | undefined,
  { fail, choose }: { fail: (error: unknown) => void; choose: (story: Story) => Promise<void> },
): Listing & { readonly forget: () => void } {
  /** The newest question counts; answers to earlier ones are dropped. */
  let asked = 0;
  /** Of the list that is shown: its filters, and the entry that all its rows began before, so that places stay. */
  let shown: { readonly filters: Filters; readonly before: number } | undefined;
  let fetching = false;

  const length = (): number => (typeof state.found.value === 'string' ? 0 : lengthOf(state.found.value));

  /** Where the view belongs when new rows have come above it: nowhere else, if it was at the newest. */
  const stay = (found: Found, earlier: Found | undefined): void => {
    const { top } = state.seen.value;
    const same = earlier !== undefined && shown?.filters === state.filters.value;
    const by = same ? found.total - earlier.total : 0;
    const kept = same && top > 0 && top + by >= 0;
    state.seen.value = kept
      ? { top: top + by, from: Math.floor(top + by), to: Math.floor(top + by) + 1 }
      : FIRST;
    state.active.value = kept ? Math.max(0, state.active.value + by) : 0;
    if (kept) return;
    // No story of the list before stands beside this one.
    state.opened.value = undefined;
    state.chosen.value = undefined;
    const [first] = found.rows;
    if (first) void choose(first);
  };

  const list = async (): Promise<void> => {
    const gateway = now();
    if (!gateway) return;
    const mine = ++asked;
    const earlier = typeof state.found.value === 'string' ? undefined : state.found.value;
    state.found.value = 'loading';
    state.stuck.value = false;
    try {
      const filters = state.filters.value;
      const found = await gateway.search(filters);
      if (mine !== asked) return;
      stay(found, earlier);
      shown = { filters, before: (found.rows[0]?.id ?? -1) + 1 };
      state.held.value = new Map([[0, found.rows]]);
      state.found.value = found;
    } catch (error) {
      if (mine !== asked) return;
      state.found.value = 'failed';
      fail(error);
    }
  };

  /** One question at a time, for what is in view when the answer before it is here. */
  const fetchSeen = async (): Promise<void> => {
    if (fetching) return;
    fetching = true;
    try {
      for (let page = missing(state, length()); page !== undefined; page = missing(state, length()))
        if (!(await fetchPage(page))) break;
    } finally {
      fetching = false;
    }
  };

  const fetchPage = async (page: number): Promise<boolean> => {
    const gateway = now();
    if (!gateway || !shown || state.stuck.value) return false;
    const mine = asked;
    try {
      const { rows } = await gateway.search(shown.filters, { before: shown.before, skip: page * PAGE });
      if (mine === asked) state.held.value = withPage(state.held.value, page, rows);
    } catch (error) {
      if (mine !== asked) return true;
      state.stuck.value = true;
      fail(error);
      return false;
    }
    return true;
  };

  const see = (seen: Seen): void => {
    state.seen.value = seen;
    void fetchSeen();
  };
  const moveTo = (index: number): void => {
    state.active.value = Math.max(0, Math.min(index, length() - 1));
  };
  const openAt = async (index: number): Promise<void> => {
    moveTo(index);
    const page = Math.floor(state.active.value / PAGE);
    if (!state.held.value.has(page)) await fetchPage(page);
    const story = rowAt(state.held.value, state.active.value);
    if (story) await choose(story);
  };
  return {
    list,
    see,
    moveTo,
    openAt,
    filter(filters) {
      state.filters.value = filters;
      history.replaceState(undefined, '', fragmentOf('commands', filters));
      void list();
    },
    fetchAgain() {
      state.stuck.value = false;
      void fetchSeen();
    },
    step(by) {
      const to = state.active.value + by;
      if (to >= 0 && to < length()) void openAt(to);
    },
    forget() {
      asked += 1;
      shown = undefined;
      state.found.value = 'loading';
      state.held.value = new Map();
      state.seen.value = FIRST;
      state.active.value = 0;
      state.stuck.value = false;
    },
  };
}

const FIRST: Seen = { top: 0, from: 0, to: 1 };
/** Rows that are fetched before somebody sees them. */
const AHEAD = 30;

/** A page that is in view, or nearly, and is not here; what is in view comes first. */
function missing({ held, seen }: State, length: number): number | undefined {
  const { from, to } = seen.value;
  const near = { from: Math.max(0, from - AHEAD), to: Math.min(length, to + AHEAD) };
  return [...pagesOf(seen.value), ...pagesOf(near)].find(
    (page) => page * PAGE < length && !held.value.has(page),
  );
}
