import type { Timers } from '../../authorize/cancel-window.ts';

/** Real timers, handed out as numbers so that nobody outside needs to know what they are. */
export function timers(): Timers {
  const running = new Map<number, NodeJS.Timeout>();
  let last = 0;
  return {
    set(run, ms) {
      const id = ++last;
      const fire = (): void => {
        running.delete(id);
        run();
      };
      running.set(id, setTimeout(fire, ms));
      return id;
    },
    clear(timer) {
      if (typeof timer !== 'number') return;
      clearTimeout(running.get(timer));
      running.delete(timer);
    },
  };
}
