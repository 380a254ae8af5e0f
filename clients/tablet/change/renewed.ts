import { effect } from '@preact/signals';
import type { Reading } from '../device/reading.ts';
import type { State } from '../state.ts';
import { type Draft, timeToSign } from './draft.ts';

/** The device was read again, and waits longer for a signature than it did by the reading before. */
export interface Renewed {
  /** When it was read (Unix ms). */
  readonly at: number;
  /** How long it waits from then on (ms). */
  readonly life: number;
  /** The time before had run out. */
  readonly late: boolean;
}

/** A device counts in seconds: what differs by less is the same moment. */
const SAME_MS = 2_000;

/** What a newer reading means for the time to sign; undefined when it does not move on. */
export function renewal(before: Reading, now: Reading, draft: Draft): Renewed | undefined {
  const until = (reading: Reading): number => reading.at + timeToSign(reading, draft, reading.at);
  if (until(now) - until(before) <= SAME_MS) return undefined;
  return { at: now.at, life: until(now) - now.at, late: until(before) <= now.at };
}

/** Notes whenever the time to sign a draft begins anew, so that no clock jumps up without a word. */
export function watchTimeToSign(state: Pick<State, 'reading' | 'draft' | 'renewed'>): void {
  let before: Reading | undefined;
  effect(() => {
    const [draft, reading] = [state.draft.value, state.reading.value];
    if (!draft) {
      before = undefined;
      state.renewed.value = undefined;
    } else if (reading && reading !== before) {
      const renewed = before?.id === reading.id ? renewal(before, reading, draft) : undefined;
      if (renewed) state.renewed.value = renewed;
      before = reading;
    }
  });
}
