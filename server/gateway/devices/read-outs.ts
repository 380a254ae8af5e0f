import { LIMITS } from '../../limits.ts';
import { LinkLost } from '../../transport/link.ts';

export interface ReadOutSchedule {
  /** Does the implant still lie on its reader? */
  readonly there: () => boolean;
  /** Is a command under way? It goes first. */
  readonly busy: () => boolean;
  /** Rejects with LinkLost when the implant went away. */
  readonly readOut: () => Promise<void>;
  /** Waits so many ms. */
  readonly pause: (ms: number) => Promise<unknown>;
  readonly surprised: (error: unknown) => void;
}

/** A command is over by then, or close to it. */
const AFTER_COMMAND_MS = 60_000;

/** Reads an implant out when it comes into contact, and again on schedule for as long as it lies there. */
export async function readOutOnSchedule(parts: ReadOutSchedule): Promise<void> {
  const { there, busy, readOut, pause, surprised } = parts;
  try {
    while (there()) {
      const waits = busy();
      if (!waits) await readOut();
      await pause(waits ? AFTER_COMMAND_MS : LIMITS.readOut.max);
    }
  } catch (error) {
    if (!(error instanceof LinkLost)) surprised(error);
  }
}
