import { hex } from '../../server/protocol/bytes.ts';
import type { Watcher } from '../common/page/gate/gateway-stream.ts';
import type { Tokens } from '../common/page/gate/tokens.ts';
import { SignInEnded } from '../common/page/gate/tokens.ts';
import type { Actions, Staff } from './actions.ts';
import { bedsideActions, reader } from './bedside.ts';
import { changeActions } from './changing.ts';
import { commandActions } from './commanding.ts';
import { emergencyActions } from './emergency.ts';
import { fetchLater } from './fetch-later.ts';
import { Gateway } from './gateway.ts';
import { takeUpdate } from './install.ts';
import { onTap, readerActions } from './readers.ts';
import { watchIdle } from './idle.ts';
import { signInWindow, staffActions } from './staff.ts';
import { forgetPatient, type State } from './state.ts';
import { troubleOf } from './trouble.ts';
import type { World } from './world.ts';

const SECOND = 1_000;
/** Sessions live on tokens and streams see none: what HTTP brings counts for them. */
const CARRY_ON_MS = 45_000;
/** Two beats missed, and whatever is on the screen is old. */
const BEAT_MS = 1_000;
const MISSED = 2;

/** Connects a person's hands to the gateway. Started once. */
export function control(world: World, state: State): Actions {
  let gateway: Gateway | undefined;
  let tokens: Tokens | undefined;
  let place = state.view.value;

  const staff: Staff = {
    get gateway() {
      return gateway;
    },
    get tokens() {
      return tokens;
    },
    window: (given) => signInWindow(world, given),
    async stream() {
      if (!gateway) throw new Error('nobody is signed in');
      return gateway.stream(lost, told);
    },
    enter(to, having) {
      gateway?.hangUp();
      [gateway, tokens] = [to, having];
    },
    renew(having) {
      const before = gateway;
      [gateway, tokens] = [new Gateway(world, having), having];
      before?.hangUp();
    },
    async leave() {
      const before = gateway;
      [gateway, tokens] = [undefined, undefined];
      await before?.leave();
    },
  };
  const lost = (): void => {
    if (state.link.value.kind === 'online') state.link.value = { kind: 'away', since: Date.now() };
  };
  const readNow = reader(world, state, staff);
  const { onward, ...bedside } = bedsideActions(state, staff, readNow);
  const told: Watcher = {
    tap: (tap) => onTap(state, tap, onward),
    event: (event, device) => {
      if (hex(device) === state.wanted.value) void heard(event);
    },
  };
  const { heard, ...commanding } = commandActions(world, state, staff, readNow);

  const lock = (): void => {
    if (!state.person.value || state.busy.value || state.view.value.at === 'locked') return;
    place = state.view.value;
    state.sheet.value = undefined;
    state.signing.value = undefined;
    state.reading.value = undefined; // read again after unlocking, never shown from before
    gateway?.hangUp();
    state.view.value = { at: 'locked', step: 'ready', ended: false };
  };
  const idle = watchIdle(state, lock);

  const actions: Actions = {
    ...staffActions(world, state, staff),
    ...bedside,
    ...changeActions(state),
    ...commanding,
    ...readerActions(state, staff, onward),
    ...emergencyActions(world, state),
    lock,
    async unlock() {
      if (state.view.value.at !== 'locked' || !gateway) return;
      state.trouble.value = undefined;
      state.view.value = { at: 'locked', step: 'approving', ended: false };
      try {
        const session = await gateway.approve();
        const name = state.person.value?.name ?? '';
        state.person.value = { ...session, name };
        idle.touch();
        state.view.value = place;
        if (state.wanted.value !== undefined) await bedside.readAgain();
      } catch (error) {
        state.view.value = { at: 'locked', step: 'ready', ended: error instanceof SignInEnded };
        state.trouble.value = troubleOf(error);
      }
    },
    stay: () => idle.touch(),
    update: takeUpdate,
    async endSession() {
      if (state.busy.value) return;
      forgetPatient(state);
      state.person.value = undefined;
      await state.glass.value?.closed(); // before the session that may close it is gone
      await staff.leave();
      state.view.value = { at: 'sign-in', step: 'ready' };
    },
  };

  setInterval(() => {
    state.now.value = Date.now();
    idle.tick(performance.now());
  }, SECOND);
  setInterval(() => {
    if (!gateway || state.view.value.at === 'locked') return;
    gateway.carryOn().catch((error: unknown) => {
      if (!(error instanceof SignInEnded)) return;
      lock();
      state.view.value = { at: 'locked', step: 'ready', ended: true };
    });
  }, CARRY_ON_MS);
  beat(world, state);
  fetchLater(world, state, staff, actions);
  return actions;
}

/** Asks once a second whether the gateway is there: what a browser believes about its network is no measure. */
function beat(world: World, state: State): void {
  let missed = 0;
  const once = async (): Promise<void> => {
    const since = performance.now();
    try {
      const answer = await fetch(`${world.place.gateway}/healthz`, {
        signal: AbortSignal.timeout(BEAT_MS),
        cache: 'no-store',
        credentials: 'omit',
      });
      if (!answer.ok) throw new Error('not well');
      missed = 0;
      state.link.value = { kind: 'online', ms: Math.round(performance.now() - since) };
    } catch {
      missed += 1;
      if (missed >= MISSED && state.link.value.kind === 'online')
        state.link.value = { kind: 'away', since: Date.now() };
    }
    setTimeout(() => void once(), Math.max(0, BEAT_MS - (performance.now() - since)));
  };
  void once();
}
