import type { BrowserContext, Page } from 'playwright-core';

/** Gives every page of a tablet a clock that a test can put forward: the one that counts how long something takes. */
export const movableClock = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    const real = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => real() + ahead;
    Reflect.set(window, '__later', (ms: number) => (ahead += ms));
  });

/** Puts it forward by so many milliseconds. */
export const later = (page: Page, ms: number): Promise<void> =>
  page.evaluate((by) => {
    const move: unknown = Reflect.get(window, '__later');
    if (typeof move === 'function') move(by);
  }, ms);
