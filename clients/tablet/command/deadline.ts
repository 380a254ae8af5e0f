import { effect } from '@preact/signals';
import type { Actions } from '../actions.ts';
import { isClosed } from '../colleague/word.ts';
import type { Run, State } from '../state.ts';

/** So long after it was asked for, an end that did not come is asked for again. */
const AGAIN_MS = 5_000;

/** Nobody but a second clinician can carry this on. */
export const waitsForSecond = ({ outcome, stages }: Run): boolean =>
  outcome.kind === 'awaiting-second' && !stages.has('second');

/** For so long at most the device waits for the second signature (Unix ms). */
export const deadlineOf = ({ reading: { at, attestation } }: Pick<Run, 'reading'>): number =>
  at + attestation.ticksLeft * 1_000;

/** Ends a change for which nobody signed second in time. The gateway is asked as well: it may know of a signature. */
export function watchDeadline({ run, now }: Pick<State, 'run' | 'now'>, act: Pick<Actions, 'cancel'>): void {
  let asked = 0;
  effect(() => {
    const [waiting, at] = [run.value, now.value];
    if (!waiting || !waitsForSecond(waiting) || (waiting.colleague && isClosed(waiting.colleague))) return;
    if (at < deadlineOf(waiting) || at - asked < AGAIN_MS) return;
    asked = at;
    void act.cancel(true);
  });
}
