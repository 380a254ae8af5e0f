import type { Actions } from './control.ts';
import type { State } from './state.ts';

/** What every screen is made of. */
export interface Screen {
  readonly state: State;
  readonly act: Actions;
}
