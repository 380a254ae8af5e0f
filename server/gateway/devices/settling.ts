import type { Bedside } from '../../broker/bedside.ts';
import { type Ending, resume, type Stages } from '../../ceremony.ts';

/** Asks a device what became of a command whose outcome is unknown, unless somebody does that already. */
export const settling =
  (stages: Stages, settled: (at: Bedside, ending: Ending) => void) =>
  async (at: Bedside): Promise<void> => {
    const entry = at.unknown;
    if (!entry || at.busy) return;
    const leave = at.claim(entry.command);
    try {
      const ending = await resume({ entry, bedside: at }, stages);
      if (ending.kind === 'sealed') settled(at, ending);
    } finally {
      leave();
    }
  };
