import type { Actions, Staff } from '../actions.ts';
import type { State } from '../state.ts';
import type { World } from '../world.ts';
import { glassRequests } from './requests.ts';

const AGAIN_MS = 2_000;

/** Fetches break-glass, for as long as it takes: until it is there no button offers it. */
export function fetchGlass(world: World, state: State, staff: Staff, act: Actions): void {
  import('../later.ts')
    .then(
      ({ LATER }) => (state.glass.value = LATER.newGlass(glassRequests(world.passkey), state, staff, act)),
    )
    .catch(() => setTimeout(() => fetchGlass(world, state, staff, act), AGAIN_MS));
}
