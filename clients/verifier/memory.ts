import { checkpointIn } from '../../server/protocol/verify/continuity.ts';

/** The newest checkpoint this browser has verified of each log. */
export interface Memory {
  of(origin: string): string | undefined;
  /** False when the browser keeps nothing for this page. */
  keep(checkpoint: { readonly origin: string; readonly size: number; readonly note: string }): boolean;
}

const NAME = (origin: string): string => `countersign.seen ${origin}`;

/** In the browser's own store; a page opened from a disk has one too, in most browsers. */
export function memoryIn(storage: () => Storage): Memory {
  const read = (origin: string): string | undefined => {
    try {
      return storage().getItem(NAME(origin)) ?? undefined;
    } catch {
      return undefined; // the page says that nothing is remembered
    }
  };
  return {
    of: read,
    keep({ origin, size, note }) {
      const before = read(origin);
      if (before !== undefined && (checkpointIn(before)?.size ?? 0) >= size) return true;
      try {
        storage().setItem(NAME(origin), note);
        return true;
      } catch {
        return false;
      }
    },
  };
}
