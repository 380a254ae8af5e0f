import { type ReadonlySignal, signal } from '@preact/signals';
import * as z from 'zod/mini';
import { read } from '../../common/page/gate/json.ts';
import type { World } from '../../common/page/gate/world.ts';

const READY = z.object({ ready: z.boolean() });
const LOOK_MS = 5_000;
const PATIENCE_MS = 2_000;

/** Whether the gateway takes commands at all, by its own word about its log, its witnesses and its disk. */
export interface Stopped {
  /** It says that it takes none. What it does not say, it says when it is asked to send one. */
  readonly is: ReadonlySignal<boolean>;
  /** Asks now and every five seconds; ends with what it gives back. */
  follow(): () => void;
}

export function newStopped({ place }: Pick<World, 'place'>): Stopped {
  const is = signal(false);
  const look = async (): Promise<void> => {
    try {
      const answer = await fetch(`${place.gateway}/readyz`, {
        signal: AbortSignal.timeout(PATIENCE_MS),
        cache: 'no-store',
        credentials: 'omit',
      });
      is.value = !read(READY, await answer.json(), 'whether the gateway is ready').ready;
    } catch {
      is.value = false; // that nobody answers is said by the bar that counts the seconds
    }
  };
  return {
    is,
    follow() {
      void look();
      const beat = setInterval(() => void look(), LOOK_MS);
      return () => clearInterval(beat);
    },
  };
}
