import type { State } from '../state.ts';

/** One clock for everything that waits for a person; two minutes when no patient is at hand. */
const LOCK_MS = { patient: 5 * 60_000, nobody: 2 * 60_000 } as const;
/** The warning comes this long before. */
export const WARN_MS = 60_000;
/** A page that was asked for nothing for longer than this has slept, whatever its clock says. */
const SLEPT_MS = 10_000;

/**
 * Locks the screen when nobody touches it. A command on its way is never cut: the clock stands still until its outcome is
 * there. `touch` is one touch like any other.
 */
export function watchIdle(state: State, lock: () => void): { touch(): void; tick(): void } {
  let touched = performance.now();
  let looked = Date.now();
  const touch = (): void => void (touched = performance.now());
  for (const kind of ['pointerdown', 'keydown'] as const)
    addEventListener(kind, touch, { capture: true, passive: true });
  return {
    touch,
    tick() {
      // While a tablet sleeps, the clock that cannot be set may stand still as well.
      const slept = Date.now() - looked;
      looked = Date.now();
      if (slept > SLEPT_MS) touched -= slept;
      if (!state.person.value || state.busy.value) touch();
      const life = state.patient.value ? LOCK_MS.patient : LOCK_MS.nobody;
      state.idleLeft.value = Math.max(0, life - (performance.now() - touched));
      if (state.person.value && state.view.value.at !== 'locked' && state.idleLeft.value === 0) lock();
    },
  };
}
