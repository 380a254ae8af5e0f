import { setUpActions } from '../../common/page/gate/setting-up.ts';
import type { Tokens } from '../../common/page/gate/tokens.ts';
import { Gateway } from '../gateway.ts';
import type { Actions, Staff } from '../actions.ts';
import { forgetPatient, type State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { World } from '../../common/page/gate/world.ts';

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
    ...setUpActions(world, {
      person: 'dr-a',
      called: 'Dr Ada Okafor (simulation)',
      state,
      show(step) {
        state.trouble.value = undefined;
        state.view.value = { at: 'set-up', step };
      },
      fail,
      begin() {
        state.trouble.value = undefined;
        begin();
      },
    }),
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
