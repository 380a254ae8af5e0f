import { SignInEnded } from '../../common/page/gate/tokens.ts';
import type { Actions } from '../actions.ts';
import type { Gateway } from '../gateway.ts';
import { watchIdle } from './idle.ts';
import { type KeptPlace, KeptDraft } from './kept-draft.ts';
import { type State, wantsImplant } from '../state.ts';
import { isRevoked, troubleOf } from '../trouble.ts';

export interface LockParts {
  readonly state: State;
  readonly gateway: () => Gateway | undefined;
  readonly readAgain: () => void | Promise<void>;
  /** Opens patient and device again, with the draft. */
  readonly reopen: (place: KeptPlace) => Promise<void>;
  /** Tells the gateway which patient is in front of this tablet. */
  readonly bindPatient: () => void;
}

/** What becomes of a person's place when the screen locks, and who gets it back. */
export interface Locking extends Pick<Actions, 'lock' | 'unlock' | 'stay'> {
  /** Once a second. */
  tick(): void;
  /** The sign-in has ended: nothing but a new one opens this screen. */
  ended(): void;
  /** Somebody has signed in: if they left a draft on this tablet, they are where they were. */
  resume(subject: string): Promise<void>;
  /** The session ends by its owner's will: nothing is left. */
  drop(): void;
}

/** Screens of a device, which an implant has no part in before the reader beside it is bound. */
const THROUGH_READER = ['reader', 'tap', 'overview', 'settings', 'change', 'command', 'history'] as const;

/** Locks the screen without signing anybody out. */
export function locking({ state, gateway, readAgain, reopen, bindPatient }: LockParts): Locking {
  const kept = new KeptDraft();
  let place = state.view.value;

  const lock = (): void => {
    const { person, draft, patient, wanted, view } = state;
    if (!person.value || state.busy.value || view.value.at === 'locked') return;
    place = view.value;
    if (draft.value && draft.value.changes.size > 0 && patient.value && wanted.value !== undefined) {
      const { id, wristband } = patient.value;
      kept.keep(person.value.subject, { patient: id, wristband, device: wanted.value, draft: draft.value });
    }
    draft.value = undefined;
    state.sheet.value = undefined;
    state.signing.value = undefined;
    state.search.value = 'ready';
    state.reading.value = undefined; // read again after unlocking, never shown from before
    gateway()?.hangUp();
    view.value = { at: 'locked', step: 'ready', ended: false };
  };
  const idle = watchIdle(state, lock);
  return {
    lock,
    stay: () => idle.touch(),
    tick() {
      idle.tick();
      state.draftKept.value = kept.isFor(state.person.value?.subject);
    },
    ended() {
      lock();
      state.view.value = { at: 'locked', step: 'ready', ended: true };
    },
    drop: () => kept.drop(),
    async resume(subject) {
      const left = await kept.take(subject);
      if (left) await reopen(left);
    },
    async unlock() {
      const at = gateway();
      if (state.view.value.at !== 'locked' || !at) return;
      state.trouble.value = undefined;
      state.view.value = { at: 'locked', step: 'approving', ended: false };
      try {
        const session = await at.approve();
        state.person.value = { ...session, name: state.person.value?.name ?? '' };
        idle.touch();
        state.draft.value = (await kept.take(session.subject))?.draft;
        // It is a new session: it knows neither patient nor reader, and this tablet may stand at another bed by now.
        state.binding.value = undefined;
        bindPatient();
        const implant = wantsImplant(state) && THROUGH_READER.some((at) => at === place.at);
        state.view.value = implant ? { at: 'reader' } : place;
        if (state.wanted.value !== undefined && !implant) await readAgain();
      } catch (error) {
        const ended = error instanceof SignInEnded || isRevoked(error);
        state.view.value = { at: 'locked', step: 'ready', ended };
        state.trouble.value = troubleOf(error);
      }
    },
  };
}
