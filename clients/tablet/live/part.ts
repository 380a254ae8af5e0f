import { Feed } from '../../common/page/vitals/feed.ts';
import { AlarmStrip } from './alarm-strip.tsx';
import { LiveScreen } from './live-screen.tsx';
import type { Vitals } from './vitals.ts';

export const newVitals = (): Vitals => ({ feed: new Feed(), Strip: AlarmStrip, Live: LiveScreen });
