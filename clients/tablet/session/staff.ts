import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { askReception } from '../../common/page/gate/reception.ts';
import type { Tokens } from '../../common/page/gate/tokens.ts';
import { Gateway } from '../gateway.ts';
import type { Actions, Staff } from '../actions.ts';
import { forgetPatient, type State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { World } from '../../common/page/gate/world.ts';

/** The passkey of a visitor is named after the tablet, not after a person: the person is the authority's word. */
const NO_SUBJECT = unhex('00'.repeat(16));

type StaffActions = Pick<
  Actions,
  'setUp' | 'beginSetUp' | 'linkUsed' | 'signIn' | 'giveUp' | 'approve' | 'otherPerson'
>;

/**
 * Signing in: the visitor's first day, the issuer's window, and the approval of the session.
 *
 * @param resume brings somebody back to a draft that they left
 */
export function staffActions(
  world: World,
  state: State,
  staff: Staff,
  resume: (subject: string) => Promise<void>,
): StaffActions {
  const { place, key, passkey } = world;
  let waiting: AbortController | undefined;
  let tokens: Tokens | undefined;

  /** Who came from the first day goes back to where that was. */
  const begin = (): void => {
    state.view.value =
      state.signInLink.value === undefined
        ? { at: 'sign-in', step: 'ready' }
        : { at: 'set-up', step: 'link' };
  };
  const fail = (error: unknown): void => {
    state.trouble.value = troubleOf(error);
  };
  return {
    async setUp() {
      if (place.reception === undefined) return;
      state.trouble.value = undefined;
      try {
        state.view.value = { at: 'set-up', step: 'passkey' };
        const made = await passkey.create(NO_SUBJECT, 'Dr Ada Okafor (simulation)');
        state.view.value = { at: 'set-up', step: 'certifying' };
        state.signInLink.value = await askReception(place.reception, 'dr-a', key.jkt, made);
        state.view.value = { at: 'set-up', step: 'link' };
      } catch (error) {
        state.view.value = { at: 'set-up', step: 'ready' };
        fail(error);
      }
    },
    beginSetUp() {
      state.trouble.value = undefined;
      state.view.value = { at: 'set-up', step: 'ready' };
    },
    linkUsed() {
      state.signInLink.value = undefined;
      state.beenSetUp.value = true;
      state.trouble.value = undefined;
      begin();
    },
    async signIn() {
      state.trouble.value = undefined;
      state.view.value = { at: 'sign-in', step: 'window' };
      waiting = new AbortController();
      try {
        tokens = await staff.window(waiting.signal, state.signInLink.value);
        state.signInLink.value = undefined;
        state.beenSetUp.value = true;
        state.view.value = { at: 'sign-in', step: 'approve' };
      } catch (error) {
        if (waiting.signal.aborted) return;
        begin();
        fail(error);
      }
    },
    giveUp() {
      waiting?.abort();
      state.trouble.value = undefined;
      begin();
    },
    async approve() {
      if (!tokens) return;
      state.trouble.value = undefined;
      state.view.value = { at: 'sign-in', step: 'approving' };
      const gateway = new Gateway(world, tokens);
      try {
        const session = await gateway.approve();
        staff.enter(gateway, tokens);
        state.person.value = { ...session, name: tokens.name() };
        state.view.value = { at: 'patients' };
        await resume(session.subject);
      } catch (error) {
        state.view.value = { at: 'sign-in', step: 'approve' };
        fail(error);
      }
    },
    async otherPerson() {
      forgetPatient(state);
      await state.glass.value?.closed();
      await staff.leave();
      state.person.value = undefined;
      state.trouble.value = undefined;
      state.view.value = { at: 'sign-in', step: 'ready' };
    },
  };
}
