import { computed, signal } from '@preact/signals';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import type { Paper } from './list/paper.tsx';
import type { Proof } from './story/proof.ts';
import { type Held, pagesOf, type Seen } from './list/pages.ts';
import type { Reviewed } from './story/reviewed.ts';
import type { Shown } from './people/masking.ts';
import type { SavedFilter } from './list/saved-filters.tsx';
import type {
  Access,
  Device,
  Filters,
  Found,
  Gap,
  LoggedEntry,
  Note,
  Overview,
  Retention,
  Story,
} from './wire.ts';

export type Section = 'overview' | 'commands' | 'gaps' | 'access' | 'retention';

export type View =
  | { readonly at: 'set-up'; readonly step: 'ready' | 'passkey' | 'certifying' | 'link' }
  | { readonly at: 'sign-in'; readonly step: 'ready' | 'window' | 'approve' | 'approving' }
  | { readonly at: 'console'; readonly section: Section };

/** Something that did not work, in a form that every language has a sentence for. */
export type Trouble =
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string }
  | {
      readonly kind:
        | 'not-signed'
        | 'unreachable'
        | 'ended'
        | 'window'
        | 'sign-in-away'
        | 'sign-in-blocked'
        | 'purpose'
        | 'unexpected';
    };

/** The command in front of the reader, with what this computer found out about it. */
export interface Opened {
  readonly story: Story;
  /** Names and reasons are gone: when, and by whose word. */
  readonly erased?: { readonly when: number; readonly by: string } | undefined;
  /** Of an emergency: what its rescuer signed about why, and what its reviewer signed. */
  readonly reason?: Reviewed | undefined;
  readonly review?: Reviewed | undefined;
  readonly entries: readonly LoggedEntry[];
  /** `none` where nothing was granted, so that there is nothing to prove but the entries; `pending` where there is no proof yet. */
  readonly proof: Proof | 'checking' | 'none' | 'pending' | 'unreachable';
}

/** How far a file of rows is. */
export interface Exporting {
  readonly state: 'running' | 'done' | 'broken';
  readonly bytes: number;
  readonly rows: number;
}

export type Loaded<T> = T | 'loading' | 'failed';

/** Everything a screen is drawn from. */
export function newState() {
  const found = signal<Loaded<Found>>('loading');
  const held = signal<Held>(new Map());
  const seen = signal<Seen>({ top: 0, from: 0, to: 1 });
  const proofs = signal<ReadonlyMap<string, Proof>>(new Map());
  return {
    view: signal<View>({ at: 'sign-in', step: 'ready' }),
    trouble: signal<Trouble | undefined>(undefined),
    environment: signal<'simulation' | 'production'>('simulation'),
    site: signal(''),
    canSetUp: signal(false),
    /** Somebody was set up at this computer before. */
    beenSetUp: signal(false),
    signInLink: signal<string | undefined>(undefined),
    purpose: signal(''),
    name: signal(''),
    filters: signal<Filters>({}),
    /** The answer to the list's first question; its total holds for the list as long as it is shown. */
    found,
    held,
    seen,
    /** Place of the row that the keyboard is at. */
    active: signal(0),
    /** Rows in view could not be fetched. */
    stuck: signal(false),
    /** The list on its way to paper. */
    paper: signal<Paper | 'fetching' | undefined>(undefined),
    chosen: signal<number | undefined>(undefined),
    opened: signal<Opened | undefined>(undefined),
    /** What was judged on this computer since it was signed in, by command. */
    proofs,
    verifyingAll: signal(false),
    overview: signal<Loaded<Overview>>('loading'),
    gaps: signal<Loaded<readonly Gap[]>>('loading'),
    access: signal<Loaded<Access>>('loading'),
    retention: signal<Loaded<Retention>>('loading'),
    /** The one patient who is not masked now. */
    shown: signal<Shown | undefined>(undefined),
    /** Somebody is writing why a mask should fall. */
    unmasking: signal(false),
    saved: signal<readonly SavedFilter[]>([]),
    devices: signal<ReadonlyMap<string, Device>>(new Map()),
    /** Of the hospital's keys that this computer believes in: what whoever checks a bundle needs by another way. */
    fingerprint: signal(''),
    help: signal(false),
    exporting: signal(false),
    /** The rows of the list are taken away as a file. */
    exportingRows: signal(false),
    export: signal<Exporting | undefined>(undefined),
    /** Of the command that is open. */
    notes: signal<Loaded<readonly Note[]>>('loading'),
    /** Opened evidence: entries as bytes. */
    raw: signal(false),
    /** Rows of the pages in view: what is verified together. */
    rows: computed(() => pagesOf(seen.value).flatMap((page) => held.value.get(page) ?? [])),
  };
}

export type State = ReturnType<typeof newState>;
