import type { Actions } from './actions.ts';
import type { State } from './state.ts';

/** What every screen is drawn from, and what it can do. */
export interface Screen {
  readonly state: State;
  readonly act: Actions;
}
