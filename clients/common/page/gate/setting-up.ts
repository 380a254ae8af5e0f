import type { Signal } from '@preact/signals';
import { unhex } from '../../../../server/protocol/encoding/bytes.ts';
import type { SetUpStep } from '../set-up-steps.tsx';
import { askReception } from './reception.ts';
import type { World } from './world.ts';

/** The passkey of a visitor is named after the machine, not after a person: the person is the authority's word. */
const NO_SUBJECT = unhex('00'.repeat(16));

export interface SettingUp {
  /** Who the visitor is to the reception, and what their passkey is called. */
  readonly person: 'dr-a' | 'auditor';
  readonly called: string;
  readonly state: { readonly signInLink: Signal<string | undefined>; readonly beenSetUp: Signal<boolean> };
  /** Shows a step of the first day, with nothing of what failed before. */
  readonly show: (step: SetUpStep) => void;
  readonly fail: (error: unknown) => void;
  /** To where somebody signs in. */
  readonly begin: () => void;
}

export interface SetUpActions {
  readonly setUp: () => Promise<void>;
  readonly beginSetUp: () => void;
  readonly linkUsed: () => void;
}

/** A visitor's first day in a simulation: a signing passkey, its certificate, and the link for signing in. */
export const setUpActions = (
  { place, key, passkey }: Pick<World, 'place' | 'key' | 'passkey'>,
  { person, called, state, show, fail, begin }: SettingUp,
): SetUpActions => ({
  async setUp() {
    if (place.reception === undefined) return;
    try {
      show('passkey');
      const made = await passkey.create(NO_SUBJECT, called);
      show('certifying');
      state.signInLink.value = await askReception(place.reception, person, key.jkt, made);
      show('link');
    } catch (error) {
      show('ready');
      fail(error);
    }
  },
  beginSetUp: () => show('ready'),
  linkUsed() {
    state.signInLink.value = undefined;
    state.beenSetUp.value = true;
    begin();
  },
});
