import { signal } from '@preact/signals';
import { Feed } from '../../common/page/vitals/feed.ts';
import { AlarmStrip } from './alarm-strip.tsx';
import { LivePart } from './live-part.tsx';
import { WardEntry } from './ward-entry.tsx';
import type { Vitals } from './vitals.ts';

export const newVitals = (): Vitals => ({
  feed: new Feed(),
  ward: signal(undefined),
  Strip: AlarmStrip,
  Entry: WardEntry,
  Live: LivePart,
});
