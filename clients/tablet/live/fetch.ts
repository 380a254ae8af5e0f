import type { Staff } from '../actions.ts';
import type { State } from '../state.ts';

const AGAIN_MS = 2_000;

/** Fetches what shows vitals and alarms, for as long as it takes, and has it follow the patient at hand. */
export function fetchVitals(state: State, staff: Staff): void {
  import('../later.ts')
    .then(({ LATER }) => {
      state.vitals.value = LATER.newVitals();
      LATER.followPatient(state, staff);
    })
    .catch(() => setTimeout(() => fetchVitals(state, staff), AGAIN_MS)); // meanwhile the strip says that it waits
}
