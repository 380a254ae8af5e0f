import type { Signal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Feed } from '../../common/page/vitals/feed.ts';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import type { ReadTrend } from './trends/trend.ts';
import type { WardRow } from './ward.ts';

/** What shows vitals and alarms. It is fetched once the tablet stands: its shell stays small. */
export interface Vitals {
  /** What the devices of the patient measure, for as long as it comes. */
  readonly feed: Feed;
  /** Who lies where, while the ward board is open; undefined until it was read. */
  readonly ward: Signal<readonly WardRow[] | undefined>;
  /** Id of the patient whose alarms are listed, each by its words. */
  readonly listed: Signal<string | undefined>;
  readonly readTrend: ReadTrend;
  readonly Strip: (screen: Screen) => VNode;
  /** The way to the ward board, in the bar of the search for one patient. */
  readonly Entry: (screen: Pick<Screen, 'act'>) => VNode;
  readonly Live: (screen: Screen) => VNode;
}

/** For the parts that are drawn only when vitals are there. */
export function feedOf(state: State): Feed {
  const vitals = state.vitals.value;
  if (!vitals) throw new Error('vitals are not there yet');
  return vitals.feed;
}
