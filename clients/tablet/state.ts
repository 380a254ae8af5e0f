import { computed, signal } from '@preact/signals';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { WaitsFor } from '../../server/protocol/command-progress.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import type { Receipt } from '../../server/protocol/receipt.ts';
import type { Rendering } from '../../server/protocol/render.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import type { Tap } from '../../server/protocol/link/tap-phase.ts';
import type { Wristband } from '../common/page/gate/place.ts';
import type { Colleague } from './colleague/word.ts';
import type { Draft } from './change/draft.ts';
import type { Renewed } from './change/renewed.ts';
import type { Elsewhere } from './elsewhere/elsewhere.ts';
import type { Emergency } from './emergency/emergency.ts';
import type { Session } from './gateway.ts';
import type { Glass } from './glass/glass.ts';
import type { Past } from './history/past.ts';
import type { Screens } from './later.ts';
import type { Stopped } from './stopped/part.ts';
import type { AfterSafe } from './review/still-safe.ts';
import type { Vitals } from './live/vitals.ts';
import type { Found, Patient } from './patient/patients.ts';
import type { Binding, ReaderRow } from './reader/readers.ts';
import type { Reading } from './device/reading.ts';
import type { Reviews } from './review/reviews.ts';

/** Where the person is. Everything else on the screen follows from this and the state beside it. */
export type View =
  | { readonly at: 'starting' }
  | { readonly at: 'set-up'; readonly step: 'ready' | 'passkey' | 'certifying' | 'link' }
  | { readonly at: 'sign-in'; readonly step: 'ready' | 'window' | 'approve' | 'approving' }
  | { readonly at: 'locked'; readonly step: 'ready' | 'approving'; readonly ended: boolean }
  | { readonly at: Place };
/** Where a person can go by choosing. */
export type Place =
  | 'patients'
  | 'devices'
  | 'reader'
  | 'tap'
  | 'overview'
  | 'live'
  | 'settings'
  | 'change'
  | 'command'
  | 'history'
  | 'end';

/** A sheet over the main area. */
export type Sheet =
  | { readonly kind: 'edit'; readonly code: number }
  | { readonly kind: 'sign' }
  | { readonly kind: 'emergency' }
  | { readonly kind: 'break-glass'; readonly patient: string }
  | { readonly kind: 'review' | 'reason'; readonly device: string; readonly command: string };

/** Something that did not work, in a form that every language has a sentence for. */
export type Trouble =
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail?: string }
  | { readonly kind: 'not-signed'; readonly why: 'none' | 'address' | 'stranger' }
  /** The person ended all their sessions, at this tablet or another. */
  | { readonly kind: 'signed-out'; readonly who: string; readonly where: string }
  | { readonly kind: 'no-station' }
  | {
      readonly kind:
        | 'unreachable'
        | 'ended'
        | 'window'
        | 'sign-in-away'
        | 'sign-in-blocked'
        | 'unexpected'
        | 'read-failed';
    };

export interface Person extends Session {
  readonly name: string;
}

/** What became of a signed command, as far as this tablet knows. */
export type Outcome =
  | { readonly kind: 'running' }
  | { readonly kind: 'awaiting-second'; readonly draft: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'done'; readonly receipt: Receipt; readonly modified: boolean; readonly index: number }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly detail?: string;
      /** The device's own word; undefined when the gateway refused before anything left for the device. */
      readonly receipt: Receipt | undefined;
      /** What the device itself says about it: a refusal of the gateway is a word of the gateway. */
      readonly device: 'unchanged' | 'changed' | 'not-asked';
    }
  | { readonly kind: 'differs'; readonly readBack: ReadonlyMap<number, number> }
  | { readonly kind: 'unverified'; readonly code: RefusalCode };

/** A command from the signature to its end. */
export interface Run {
  readonly bytes: Bytes;
  readonly reading: Reading;
  readonly draft: Draft;
  readonly rendering: Rendering;
  readonly people: 1 | 2;
  /** Unix ms of each stage, by this tablet's clock. */
  readonly stages: ReadonlyMap<Stage | 'signed' | 'second' | 'verified', number>;
  readonly outcome: Outcome;
  /** What the second clinician did so far; undefined before the gateway said anything of it. */
  readonly colleague?: Colleague | undefined;
  /** Who is waited for now, and until when at most (Unix ms, this tablet's clock); undefined before the gateway said so. */
  readonly waits?: { readonly for: WaitsFor; readonly until: number | undefined };
}

/** What the sign sheet has so far. */
export interface Signing {
  readonly year: string;
  readonly wristband: string;
  /** Read again just now, so that what is signed is what the device has. */
  readonly state: 'reading' | 'ready' | 'moved' | 'waiting' | 'signing';
  readonly trouble: Trouble | undefined;
  /** The sign-in is too old to sign with, whatever else is typed. */
  readonly stale: boolean;
  /** Keys of the cautions that were ticked. */
  readonly ticked: ReadonlySet<string>;
}

export type Link =
  { readonly kind: 'online'; readonly ms: number } | { readonly kind: 'away'; readonly since: number };

/** Everything a screen is drawn from. Made once; emptied when somebody leaves. */
export function newState() {
  const view = signal<View>({ at: 'starting' });
  const reading = signal<Reading | undefined>(undefined);
  const run = signal<Run | undefined>(undefined);
  const tap = signal<Tap | undefined>(undefined);
  const patient = signal<Patient | undefined>(undefined);
  const wanted = signal<string | undefined>(undefined);
  return {
    view,
    sheet: signal<Sheet | undefined>(undefined),
    trouble: signal<Trouble | undefined>(undefined),
    environment: signal<'simulation' | 'production'>('simulation'),
    site: signal(''),
    /** Where a visitor of the simulation makes the passkey for signing in. */
    signInLink: signal<string | undefined>(undefined),
    canSetUp: signal(false),
    /** Somebody was set up in this browser before. */
    beenSetUp: signal(false),
    /** Where a visitor of the simulation plays the patients. */
    simulator: signal<string | undefined>(undefined),
    /** What lies at a simulated bed to be scanned. */
    wristbands: signal<readonly Wristband[]>([]),
    person: signal<Person | undefined>(undefined),
    link: signal<Link>({ kind: 'online', ms: 0 }),
    /** Unix ms, renewed each second. */
    now: signal(Date.now()),
    /** By how much this tablet's clock is ahead of the gateway's (ms). */
    clockOff: signal(0),
    /** Milliseconds until the screen locks by itself. */
    idleLeft: signal(5 * 60_000),
    updateReady: signal(false),
    search: signal<'ready' | 'searching' | Found>('ready'),
    patient,
    wanted,
    reading,
    readingState: signal<'idle' | 'reading' | 'failed'>('idle'),
    draft: signal<Draft | undefined>(undefined),
    /** A draft of whoever is signed in waits behind the locked screen. */
    draftKept: signal(false),
    signing: signal<Signing | undefined>(undefined),
    /** When the time to sign began anew; undefined while the first one runs. */
    renewed: signal<Renewed | undefined>(undefined),
    run,
    /** Was the report of the last command that is done printed? Undefined while there is none. */
    report: signal<'open' | 'printed' | undefined>(undefined),
    /** A command is on its way: nothing may lock, leave or start beside it. */
    busy: computed(() => {
      const kind = run.value?.outcome.kind;
      return kind === 'running' || kind === 'unknown';
    }),
    /** Goes up when something was done to the device at hand, here or elsewhere. */
    happened: signal(0),
    /** The device has an open outcome, of this tablet or another. */
    unknown: signal(false),
    readers: signal<readonly ReaderRow[] | undefined>(undefined),
    binding: signal<Binding | undefined>(undefined),
    tap,
    /** The implant on the bound reader is another patient's: nothing that goes through it goes on until it is taken away. */
    mismatch: computed(() => {
      const assigned = patient.value?.assigned ?? [];
      const chosen = assigned.filter(({ id }) => id === wanted.value);
      const byReader = (chosen.length > 0 ? chosen : assigned).some(({ transport }) => transport === 'nfc');
      return tap.value?.phase === 'mismatch' && byReader;
    }),
    /** A safe mode that was ended in this session, and the values from before it; undefined when there is none. */
    afterSafe: signal<AfterSafe | undefined>(undefined),
    /** When contact to the bound reader's device was lost last (Unix ms). */
    lostAt: signal<number | undefined>(undefined),
    emergency: signal<Emergency | undefined>(undefined),
    /** Whose devices this person read in this session, by EUI-64: in memory only, for who stands before another one. */
    met: new Map<string, string>(),
    /** Undefined until they have been fetched. */
    screens: signal<Screens | undefined>(undefined),
    /** Device (hexadecimal) of an alarm that nobody answered, for which this person was called. */
    called: signal<string | undefined>(undefined),
    /** Undefined until it has been fetched. */
    vitals: signal<Vitals | undefined>(undefined),
    /** Undefined until it has been fetched. */
    elsewhere: signal<Elsewhere | undefined>(undefined),
    /** Undefined until it has been fetched. */
    glass: signal<Glass | undefined>(undefined),
    /** Undefined until it has been fetched. */
    stopped: signal<Stopped | undefined>(undefined),
    /** Undefined until it has been fetched. */
    past: signal<Past | undefined>(undefined),
    /** Undefined until it has been fetched. */
    reviews: signal<Reviews | undefined>(undefined),
  };
}

export type State = ReturnType<typeof newState>;

/** What was read of a device, here and in the list of the patient's devices. */
export function noteReading(state: State, reading: Reading): void {
  state.reading.value = reading;
  const patient = state.patient.value;
  if (!patient) return;
  const { id, unknown, review, safeSince, reviewDue, rescuer } = reading;
  const noted = { unknown, review, safeSince, reviewDue, rescuer };
  const assigned = patient.assigned.map((one) => (one.id === id ? { ...one, ...noted } : one));
  state.patient.value = { ...patient, assigned };
}

/** The device that was chosen is reached through a reader. */
export const wantsImplant = ({ patient, wanted }: Pick<State, 'patient' | 'wanted'>): boolean =>
  patient.value?.assigned.find(({ id }) => id === wanted.value)?.transport === 'nfc';

/** Forgets whatever belongs to the patient in front of the tablet. */
export function forgetPatient(state: State): void {
  state.patient.value = undefined;
  state.wanted.value = undefined;
  state.search.value = 'ready';
  state.unknown.value = false;
  if (state.tap.value?.phase === 'mismatch') state.tap.value = undefined; // it is said again for the next patient
  forgetDevice(state);
}

export function forgetDevice(state: State): void {
  state.reading.value = undefined;
  state.readingState.value = 'idle';
  state.draft.value = undefined;
  state.signing.value = undefined;
  state.run.value = undefined;
  state.report.value = undefined;
  state.lostAt.value = undefined;
  if (state.sheet.value?.kind !== 'emergency') state.sheet.value = undefined;
  state.trouble.value = undefined;
}
