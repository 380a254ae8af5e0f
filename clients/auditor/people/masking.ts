import type { Gateway } from '../gateway.ts';
import type { State } from '../state.ts';
import type { Story, Unmasked } from '../wire.ts';

/** One patient who is shown, why, and until when the gateway lets them be. */
export interface Shown {
  /** The beginning of the pseudonym, as rows have it. */
  readonly patient: string;
  readonly reason: string;
  readonly until: number;
  /** What was said of each command so far. */
  readonly commands: ReadonlyMap<string, Unmasked>;
}

/** Masks fall for one patient at a time, and come back by themselves. */
export interface Masking {
  /** Shows who the open command is about. The gateway logs the reason before it answers. */
  readonly unmask: (reason: string) => Promise<void>;
  readonly mask: () => void;
  /** A command was opened: if its patient is shown now, it is told as well. */
  readonly meet: (story: Story) => void;
}

/** What a reason has to be, as the log takes it. */
export const REASON = /^[ -~]{3,80}$/u;

export function maskingActions(
  state: State,
  now: () => Gateway | undefined,
  fail: (error: unknown) => void,
): Masking {
  let ending: ReturnType<typeof setTimeout> | undefined;
  let masked = 0;
  const mask = (): void => {
    masked++;
    clearTimeout(ending);
    state.shown.value = undefined;
  };
  const show = async ({ command, patient }: Story, reason: string): Promise<void> => {
    const gateway = now();
    if (!gateway || command === undefined || patient === undefined) return;
    state.trouble.value = undefined;
    try {
      const times = masked;
      const said = await gateway.unmask(command, reason);
      if (masked !== times) return; // whoever masked meanwhile is not shown what was asked for before
      const before = state.shown.value?.patient === patient ? state.shown.value.commands : new Map();
      state.shown.value = {
        patient,
        reason,
        until: said.until,
        commands: new Map([...before, [command, said]]),
      };
      state.unmasking.value = false;
      clearTimeout(ending);
      ending = setTimeout(mask, Math.max(0, said.until - Date.now()));
    } catch (error) {
      fail(error);
    }
  };
  return {
    mask,
    async unmask(reason) {
      const story = state.opened.value?.story;
      if (story) await show(story, reason);
    },
    meet(story) {
      const shown = state.shown.value;
      if (!shown || shown.patient !== story.patient || shown.commands.has(story.command ?? '')) return;
      void show(story, shown.reason);
    },
  };
}
