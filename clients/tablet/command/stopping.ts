import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Staff } from '../actions.ts';
import type { Outcome, Run, State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import { waitsForSecond } from './deadline.ts';

export interface Stopping {
  readonly state: Pick<State, 'run' | 'trouble'>;
  readonly staff: Pick<Staff, 'stream'>;
  readonly sha256: (data: Bytes) => Bytes;
  /** Asks the device whether it took the command all the same. */
  readonly refusedBy: (run: Run, refusal: Refusal) => Promise<Outcome>;
  /** What became of it. */
  readonly end: (outcome: Outcome) => void;
}

/** Takes a command back. @param late its time is over: nobody pressed anything */
export async function takeBack(
  { state, staff, sha256, refusedBy, end }: Stopping,
  late = false,
): Promise<void> {
  const run = state.run.value;
  if (!run) return;
  const waits = (): boolean => state.run.value?.bytes === run.bytes && waitsForSecond(state.run.value);
  const over = async (): Promise<void> => {
    const outcome = await refusedBy(run, new Refusal('E_DRAFT', ''));
    if (waits()) end(outcome); // the second signature may have come in that very moment
  };
  try {
    const stream = await staff.stream();
    await stream.call({ kind: 'cancel', command: sha256(run.bytes) });
    if (late) await over();
    else if (state.run.value?.outcome.kind === 'awaiting-second')
      end(await refusedBy(run, new Refusal('E_CANCELLED', '')));
  } catch (error) {
    const unknown = error instanceof Refusal && error.code === 'E_SCOPE';
    // The gateway knows of no such change: while it waited for a signature, its time was over.
    if (unknown && waits()) await over();
    else if (!late) state.trouble.value = unknown ? { kind: 'refused', code: 'E_BUSY' } : troubleOf(error);
  }
}
