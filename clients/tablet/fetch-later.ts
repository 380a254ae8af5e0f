import type { Actions, Staff } from './actions.ts';
import { glassRequests } from './glass/requests.ts';
import type { State } from './state.ts';
import type { World } from '../common/page/gate/world.ts';

const AGAIN_MS = 2_000;

/**
 * Fetches the rest of the page, for as long as it takes. Until it is there the alarm strip says that it waits, and no button
 * offers what cannot be drawn yet.
 */
export function fetchLater(world: World, state: State, staff: Staff, act: Actions): void {
  import('./later.ts')
    .then(({ LATER }) => {
      state.screens.value = LATER.SCREENS;
      state.glass.value = LATER.newGlass(glassRequests(world.passkey), state, staff, act);
      state.elsewhere.value = LATER.newElsewhere(state, staff, act);
      state.past.value = LATER.newPast(world, staff);
      state.reviews.value = LATER.newReviews(world, state, staff);
      state.stopped.value = LATER.newStopped(world);
      state.vitals.value = LATER.newVitals(staff);
      LATER.watch(state, staff, act);
    })
    .catch(() => setTimeout(() => fetchLater(world, state, staff, act), AGAIN_MS));
}
