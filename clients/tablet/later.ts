import { newGlass } from './glass/part.ts';
import { followPatient } from './live/follow.ts';
import { newVitals } from './live/part.ts';

/** What is fetched once the tablet stands, in one script: each further cut costs the shell half a kilobyte. */
export const LATER = { newGlass, newVitals, followPatient };
