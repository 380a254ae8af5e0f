import { signal } from '@preact/signals';
import { Feed } from '../../common/page/vitals/feed.ts';
import type { Staff } from '../actions.ts';
import { AlarmStrip } from './alarm-strip.tsx';
import { LivePart } from './live-part.tsx';
import { WardEntry } from './ward-entry.tsx';
import { trendsOf } from './trends/trend.ts';
import type { Vitals } from './vitals.ts';

/** @param staff who is signed in, for what is asked of the history */
export const newVitals = (staff: Pick<Staff, 'gateway'>): Vitals => ({
  feed: new Feed(),
  ward: signal(undefined),
  listed: signal(undefined),
  readTrend: trendsOf(() => staff.gateway?.http),
  Strip: AlarmStrip,
  Entry: WardEntry,
  Live: LivePart,
});
