import { hex } from '../../server/protocol/encoding/bytes.ts';
import type { Watcher } from '../common/page/gate/gateway-stream.ts';
import type { Tokens } from '../common/page/gate/tokens.ts';
import { SignInEnded } from '../common/page/gate/tokens.ts';
import type { Actions, Staff } from './actions.ts';
import { bedsideActions, reader } from './device/bedside.ts';
import { changeActions } from './change/changing.ts';
import { commandActions } from './command/commanding.ts';
import { emergencyActions } from './emergency/emergency.ts';
import { fetchLater } from './fetch-later.ts';
import { signInWindow } from '../common/page/gate/sign-in-window.ts';
import { Gateway, SCOPE } from './gateway.ts';
import { takeUpdate } from './install.ts';
import { onTap, readerActions } from './reader/readers.ts';
import { onWaking, stayHere } from './here.ts';
import { locking } from './session/locking.ts';
import { staffActions } from './session/staff.ts';
import { forgetPatient, type State, type Trouble } from './state.ts';
import { isRevoked, troubleOf } from './trouble.ts';
import type { World } from '../common/page/gate/world.ts';

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

  const staff: Staff = {
    get gateway() {
      return gateway;
    },
    get tokens() {
      return tokens;
    },
    window: (given, link) => signInWindow(world, SCOPE, given, link),
    async stream() {
      if (!gateway) throw new Error('nobody is signed in');
      return gateway.stream(lost, told);
    },
    enter(to, having) {
      gateway?.hangUp();
      [gateway, tokens] = [to, having];
      state.binding.value = undefined; // a session knows its own reader only
    },
    renew(having) {
      const before = gateway;
      [gateway, tokens] = [new Gateway(world, having), having];
      before?.hangUp();
    },
    async leave() {
      const before = gateway;
      [gateway, tokens] = [undefined, undefined];
      state.met.clear();
      await before?.leave();
    },
  };
  const lost = (): void => {
    if (state.link.value.kind === 'online') state.link.value = { kind: 'away', since: Date.now() };
  };
  const readNow = reader(world, state, staff);
  const { onward, reopen, bindPatient, ...bedside } = bedsideActions(state, staff, readNow);
  const told: Watcher = {
    tap: (tap) => onTap(state, tap, onward),
    event: (event, device) => {
      if (event === 'alarm-called') state.called.value = hex(device);
      if (hex(device) === state.wanted.value) {
        state.happened.value += 1;
        void heard(event);
      }
      if (event === 'changed') changed(hex(device));
      state.reviews.value?.heard(event);
      state.glass.value?.heard(event);
    },
    progress: (progress) => followed(progress),
    signedOut: (where) => void gone({ kind: 'signed-out', who: state.person.value?.name ?? '', where }),
  };
  const { heard, followed, ...commanding } = commandActions(world, state, staff, readNow);

  /** Something was done to a device, here or elsewhere: what was read of it before is not shown as it is. */
  const changed = (device: string, byUs = false): void => {
    const { wanted, sheet, run, draft, reading, view } = state;
    if (device !== wanted.value || state.busy.value || view.value.at === 'locked') return;
    if (!byUs && (sheet.value || run.value || !reading.value)) return;
    if (byUs) {
      [run.value, draft.value] = [undefined, undefined];
      view.value = { at: 'overview' };
    }
    reading.value = undefined;
    void bedside.readAgain();
  };

  const locks = locking({
    state,
    gateway: () => gateway,
    readAgain: bedside.readAgain,
    reopen,
    bindPatient,
  });

  /** Leaves a clean screen, and says why when that was not done here. */
  const gone = async (why?: Trouble): Promise<void> => {
    locks.drop();
    forgetPatient(state);
    state.person.value = undefined;
    state.view.value = { at: 'sign-in', step: 'ready' };
    state.trouble.value = why;
    await state.glass.value?.closed(); // before the session that may close it is gone
    await staff.leave();
  };

  const actions: Actions = {
    ...staffActions(world, state, staff, (subject) => locks.resume(subject)),
    ...bedside,
    ...changeActions(state, bedside.readAgain),
    ...commanding,
    ...readerActions(state, staff, onward),
    ...emergencyActions(world, state, (device) => changed(device, true)),
    lock: locks.lock,
    unlock: locks.unlock,
    stay: locks.stay,
    update: takeUpdate,
    async endSession() {
      if (!state.busy.value) await gone();
    },
  };

  setInterval(() => {
    state.now.value = Date.now();
    locks.tick();
  }, SECOND);
  setInterval(() => {
    if (!gateway || state.view.value.at === 'locked') return;
    gateway.carryOn().catch((error: unknown) => {
      if (error instanceof SignInEnded) locks.ended();
      if (isRevoked(error)) void gone(troubleOf(error));
    });
  }, CARRY_ON_MS);
  beat(world, state);
  stayHere(state, actions);
  onWaking(state, actions);
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
      const theirs = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(theirs)) state.clockOff.value = Date.now() - theirs;
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
