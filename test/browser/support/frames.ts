import type { Page } from 'playwright-core';

/** Frames that a page drew within a time. */
export interface Frames {
  readonly count: number;
  /** How long was counted, and the longest pause between two (ms). */
  readonly ms: number;
  readonly longest: number;
}

/** Counts the frames of a page for `ms`. */
export const framesIn = (page: Page, ms: number): Promise<Frames> =>
  page.evaluate(
    (most) =>
      new Promise<Frames>((resolve) => {
        const began = performance.now();
        let [count, longest, last] = [0, 0, began];
        const frame = (): void => {
          const now = performance.now();
          count++;
          longest = Math.max(longest, now - last);
          last = now;
          if (now - began < most) requestAnimationFrame(frame);
          else resolve({ count, ms: now - began, longest });
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );
