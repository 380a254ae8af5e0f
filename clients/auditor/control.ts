import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { Unreachable } from '../common/page/gate/gateway-http.ts';
import { NotSigned } from '../common/page/gate/passkey.ts';
import { setUpActions } from '../common/page/gate/setting-up.ts';
import { signInWindow } from '../common/page/gate/sign-in-window.ts';
import { SignInEnded, SignInFailed, type Tokens } from '../common/page/gate/tokens.ts';
import { filtersIn, fragmentOf } from './list/address.ts';
import { Gateway, SCOPE } from './gateway.ts';
import { type Printing, printingActions } from './list/paper.tsx';
import { type Reading, readingActions } from './reading.ts';
import { type Masking, maskingActions } from './people/masking.ts';
import { type Saving, savingActions } from './list/saved-filters.tsx';
import { type Taking, takingActions } from './take/taking.ts';
import type { Section, State, Trouble } from './state.ts';
import type { World } from '../common/page/gate/world.ts';

const PURPOSE = /^[ -~]{3,80}$/u;

/** Everything an auditor can do. Each one ends in a state that some screen shows; none of them throws. */
export interface Actions extends Reading, Taking, Masking, Saving, Printing {
  readonly setUp: () => Promise<void>;
  readonly beginSetUp: () => void;
  readonly linkUsed: () => void;
  readonly signIn: () => Promise<void>;
  readonly giveUp: () => void;
  readonly approve: () => Promise<void>;
  readonly leave: () => Promise<void>;
  readonly go: (section: Section) => void;
}

/** What a person is told about an error. */
function troubleOf(error: unknown): Trouble {
  if (error instanceof Refusal) return { kind: 'refused', code: error.code, detail: error.why };
  if (error instanceof NotSigned) return { kind: 'not-signed' };
  if (error instanceof SignInEnded) return { kind: 'ended' };
  if (error instanceof SignInFailed) return { kind: error.why };
  if (error instanceof Unreachable) return { kind: 'unreachable' };
  return { kind: 'unexpected' };
}

export function control(world: World, state: State): Actions {
  let waiting: AbortController | undefined;
  let tokens: Tokens | undefined;
  let gateway: Gateway | undefined;
  /** Who came from the first day goes back to where that was. */
  const begin = (): void => {
    state.view.value =
      state.signInLink.value === undefined
        ? { at: 'sign-in', step: 'ready' }
        : { at: 'set-up', step: 'link' };
  };
  const fail = (error: unknown): void => {
    if (error instanceof SignInEnded || (error instanceof Refusal && error.code === 'E_SESSION')) {
      gateway = undefined;
      state.view.value = { at: 'sign-in', step: 'ready' };
      state.trouble.value = { kind: 'ended' };
    } else state.trouble.value = troubleOf(error);
  };
  const taking = takingActions(state, () => gateway, fail);
  const printing = printingActions(state, () => gateway, fail);
  const masking = maskingActions(state, () => gateway, fail);
  const saving = savingActions(world.shelf, state);
  const reading = readingActions(world, state, () => gateway, {
    fail,
    opened: (story) => {
      if (story.command !== undefined) void taking.readNotes(story.command);
      masking.meet(story);
    },
  });

  const go = (section: Section): void => {
    state.fingerprint.value = rootsFingerprint(world.crypto.sha256, world.anchors);
    state.trouble.value = undefined;
    state.view.value = { at: 'console', section };
    history.replaceState(undefined, '', fragmentOf(section, state.filters.value));
    if (section === 'commands') void reading.list();
    else void reading.look(section);
  };
  return {
    ...reading,
    ...taking,
    ...masking,
    ...saving,
    ...printing,
    go,
    ...setUpActions(world, {
      person: 'auditor',
      called: 'Amir Haddad, auditor (simulation)',
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
        tokens = await signInWindow(world, SCOPE, waiting.signal, state.signInLink.value);
        state.signInLink.value = undefined;
        state.beenSetUp.value = true;
        state.view.value = { at: 'sign-in', step: 'approve' };
      } catch (error) {
        if (waiting.signal.aborted) return;
        begin();
        state.trouble.value = error instanceof SignInEnded ? { kind: 'window' } : troubleOf(error);
      }
    },
    giveUp() {
      waiting?.abort();
      state.trouble.value = undefined;
      begin();
    },
    async approve() {
      if (!tokens) return;
      const purpose = state.purpose.value.trim();
      if (!PURPOSE.test(purpose)) {
        state.trouble.value = { kind: 'purpose' };
        return;
      }
      state.trouble.value = undefined;
      state.view.value = { at: 'sign-in', step: 'approving' };
      const entering = new Gateway(world, tokens, purpose);
      try {
        await entering.approve();
        gateway = entering;
        state.name.value = tokens.name();
        const { section, filters } = filtersIn(location.hash);
        state.filters.value = filters;
        void reading.meetDevices();
        void saving.readSaved();
        go(section);
      } catch (error) {
        state.view.value = { at: 'sign-in', step: 'approve' };
        state.trouble.value = troubleOf(error);
      }
    },
    async leave() {
      await gateway?.leave();
      gateway = undefined;
      reading.forget();
      masking.mask();
      state.trouble.value = undefined;
      state.view.value = { at: 'sign-in', step: 'ready' };
    },
  };
}
