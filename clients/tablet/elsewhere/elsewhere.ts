import type { FunctionComponent } from 'preact';
import type { Screen } from '../screen.ts';

/** A session of whoever is signed in. */
export interface OpenSession {
  readonly tablet: string;
  /** Unix ms. */
  readonly since: number;
  /** The one of this tablet. */
  readonly here: boolean;
}

/** Where else the person is signed in, and the end of all of it. Fetched when the page is open. */
export interface Elsewhere {
  /** Asks the gateway again. */
  read(): Promise<void>;
  logOut(): Promise<void>;
  /** Says after sign-in where the other session is; nothing when there is none. */
  readonly Notice: FunctionComponent<Screen>;
  /** All sessions, with the button that ends them. */
  readonly Section: FunctionComponent<Screen>;
}
