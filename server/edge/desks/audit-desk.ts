import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { Covers } from '../../protocol/verify/bundle-files.ts';
import type { Session } from './desk.ts';
import type { PatientLinkDesk } from './patient-link-desk.ts';
import type { Erased, KeyUse, RetentionView, Unmasked } from './privacy-desk.ts';

/** What an evidence bundle is asked for. */
export interface BundleWish {
  readonly covers: Covers;
  /** Command hashes in hexadecimal; none for a period. */
  readonly commands: readonly string[];
  /** A period's ends, Unix ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** With names and reasons; else their commitments stand for them. */
  readonly names: boolean;
  /** Log sizes that the reader remembers: the bundle shows that it continues them. */
  readonly since: readonly number[];
  /** Why; it is logged. */
  readonly purpose: string;
}

/** A file that was made, and logged, for somebody to take away. */
export interface Taken {
  readonly name: string;
  readonly bytes: Bytes;
  /** SHA-256 of the file, as it stands in the log. */
  readonly digest: Bytes;
}

/** What a search asks for; every condition has to hold. */
export interface SearchWish {
  readonly rows?: 'commands' | 'events' | 'all' | undefined;
  readonly text?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** A person's pseudonym, or a role's name. */
  readonly person?: string | undefined;
  readonly role?: string | undefined;
  readonly device?: string | undefined;
  readonly model?: string | undefined;
  /** The beginning of a patient's pseudonym, in hexadecimal. */
  readonly patient?: string | undefined;
  readonly action?: string | undefined;
  readonly tier?: number | undefined;
  readonly outcome?: string | undefined;
  readonly code?: string | undefined;
  readonly second?: string | undefined;
  readonly proof?: 'witnessed' | 'waiting' | 'open' | 'unreviewed' | undefined;
  readonly place?: string | undefined;
  readonly link?: number | undefined;
  /** Rows older than this one; the last row of the page before. */
  readonly before?: number | undefined;
  /** So many rows of those are stepped over first: a place in the list, not only the next page. */
  readonly skip?: number | undefined;
}

/** The same as the index understands it: names resolved to keys and devices. */
export interface IndexFilter extends Omit<SearchWish, 'text' | 'person' | 'role' | 'device' | 'model'> {
  readonly text?:
    | {
        readonly hash: string | undefined;
        readonly devices: readonly string[];
        readonly number: number | undefined;
      }
    | undefined;
  readonly kids?: readonly string[] | undefined;
  readonly devices?: readonly string[] | undefined;
  /** Entries that witnesses have seen. */
  readonly witnessed: number;
  readonly limit?: number;
}

/** One command, or one entry about none. */
export interface StoryRow {
  /** Index of its first entry in the log, and of its newest. */
  readonly id: number;
  readonly last: number;
  /** Unix ms: when it began, and when its outcome was known. */
  readonly time: number;
  readonly ended: number | undefined;
  readonly command: string | undefined;
  readonly device: string | undefined;
  /** Kind of its first entry. */
  readonly kind: string;
  readonly action: string;
  readonly tier: number | undefined;
  readonly outcome: string;
  readonly code: string | undefined;
  /** The second person: none, blind (entered the same unseen), differs, primed (was shown the values). */
  readonly second: string;
  readonly link: number | undefined;
  readonly place: string | undefined;
  /** The first eight digits of the patient's pseudonym. */
  readonly patient: string | undefined;
  readonly receipt: number | undefined;
  /** Of an emergency: index of the entry of its rescuer's reason, and of its review; undefined while there is none. */
  readonly reason: number | undefined;
  readonly review: number | undefined;
  readonly people: readonly { readonly kid: string; readonly subject: string | undefined }[];
  readonly witnessed: boolean;
}

export interface Found {
  readonly rows: readonly StoryRow[];
  /** All that fit, not only this page. */
  readonly total: number;
  /** Nothing older fits: the end of the log. */
  readonly end: boolean;
  /** Entries searched, of the entries there are; when they differ the answer is partial. */
  readonly indexed: number;
  readonly size: number;
  /** What the answer proves, and what not. */
  readonly complete: Completeness;
}

export interface Completeness {
  /** True where receipt numbers show that no outcome of the device is missing from the log. */
  readonly proven: boolean;
  readonly says: readonly string[];
  readonly receipts?: {
    readonly first: number;
    readonly last: number;
    readonly missing: readonly number[];
    readonly twice: readonly number[];
  };
}

/** The reason or the review of an emergency: the entry that has its digest, and what was signed. */
export interface ReviewSaid {
  readonly index: number;
  readonly by: { readonly kid: string; readonly subject: string | undefined };
  readonly entry: Bytes;
  readonly statement: Bytes;
  /** Inclusion path to the root of the checkpoint (RFC 9162); both undefined while no checkpoint with it is witnessed. */
  readonly path: readonly Bytes[] | undefined;
  readonly checkpoint: string | undefined;
}

/** One story with every entry it has, as logged. */
export interface StoryDetail {
  readonly story: StoryRow;
  /** Names and reasons are gone by somebody's signed word. */
  readonly erased: Erased | undefined;
  /** Of an emergency: what its rescuer and its reviewer signed; undefined where nobody did, or nothing is kept of it. */
  readonly reason: ReviewSaid | undefined;
  readonly review: ReviewSaid | undefined;
  readonly entries: readonly {
    readonly index: number;
    readonly time: number;
    readonly kind: string;
    readonly says: string;
    readonly bytes: Bytes;
  }[];
}

export type GapKind =
  | 'receipt-skipped'
  | 'receipt-twice'
  | 'device-only'
  | 'no-receipt'
  | 'values-differ'
  | 'no-end'
  | 'clock'
  | 'primed'
  | 'fork';

export interface Gap {
  readonly kind: GapKind;
  /** The entry where it shows. */
  readonly entry: number;
  readonly device?: string;
  readonly command?: string;
  readonly first?: number;
  readonly last?: number;
  readonly says: string;
  /** Of a fork: the checkpoint of this gateway, and the one that witnesses have seen, where they showed it. */
  readonly heads?: { readonly ours: string; readonly theirs?: string };
}

export interface Overview {
  readonly log: {
    readonly origin: string;
    readonly size: number;
    readonly witnessed: number;
    readonly root: string;
    /** Unix ms of the newest cosignature; undefined before the first. */
    readonly seen: number | undefined;
    readonly health: string;
    readonly witnesses: readonly { readonly name: string; readonly seen: number | null }[];
    readonly quorum: number;
  };
  readonly since: number;
  readonly commands: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** Nobody has reviewed these yet. */
  readonly emergencies: number;
  readonly breakGlass: number;
  /** Commands whose values were shown to the second person: review only. */
  readonly primed: number;
  readonly alarms: number;
  readonly gaps: Readonly<Record<string, number>>;
  /** When anything about a device was logged last (Unix ms). */
  readonly lastOfDevice: Readonly<Record<string, number>>;
  /** Labels of readers, as announcements name them; the first two hundred. */
  readonly places: readonly string[];
  readonly indexed: number;
  readonly size: number;
}

export interface AccessReview {
  readonly people: readonly {
    readonly kid: string;
    readonly subject: string;
    readonly roles: number;
    readonly signed: number;
    /** How often this person broke the glass. */
    readonly glass: number;
    readonly last?: number;
    /** Unix s; of those certified now. */
    readonly notBefore?: number;
    readonly notAfter?: number;
  }[];
  /** Who signed with whom; pairs that always approve each other stand first. */
  readonly pairs: readonly {
    readonly first: string;
    readonly second: string;
    readonly together: number;
    /** How often the second of them entered other values. */
    readonly differed: number;
  }[];
}

export type NoteKind = 'note' | 'tag' | 'sign-off' | 'hold' | 'release';

/** A note of a case: signed, and never changed. */
export interface Note {
  readonly id: number;
  readonly time: number;
  /** A command's hash, or the name of a case. */
  readonly about: string;
  readonly kind: NoteKind;
  readonly text: string;
  readonly by: string;
}

export type ExportFormat = 'csv' | 'jsonl' | 'fhir';

export interface ExportWish extends Omit<SearchWish, 'skip'> {
  readonly format: ExportFormat;
  /** Minutes east of UTC that times are told in. */
  readonly offset: number;
  readonly names: boolean;
  readonly purpose: string;
}

/** A file that is made while it leaves. It ends as it should, or breaks off so that everybody notices. */
export interface Flow {
  readonly name: string;
  readonly type: string;
  readonly rows: number;
  readonly chunks: AsyncIterable<string>;
}

/** What auditors ask. Everything here is for sessions with the auditor's role, and is itself logged with its purpose. */
export interface AuditDesk {
  /** A patient's own view; for whoever has a link. */
  readonly links: PatientLinkDesk;
  /** Throws Refusal E_ROLE, E_SCOPE, E_DRAFT or E_RATE. */
  bundle(session: Session, wish: BundleWish): Promise<Taken>;
  search(session: Session, wish: SearchWish, purpose: string): Promise<Found>;
  /** Throws Refusal E_SCOPE where there is none. */
  story(session: Session, id: number, purpose: string): Promise<StoryDetail>;
  overview(session: Session, since: number, purpose: string): Promise<Overview>;
  gaps(session: Session, purpose: string): Promise<readonly Gap[]>;
  access(session: Session, purpose: string): Promise<AccessReview>;
  export(session: Session, wish: ExportWish): Promise<Flow>;
  notes(session: Session, about: string, purpose: string): Promise<readonly Note[]>;
  /** How long each class of records is kept and why; holds; who was erased. */
  retention(session: Session, purpose: string): Promise<RetentionView>;
  /** Who a command was about, for a quarter of an hour. Throws Refusal E_SCOPE where nothing is kept any more. */
  unmask(session: Session, command: string, reason: string): Promise<Unmasked>;
  /** What a person's own passkeys signed, the newest first; anybody may ask for themselves. */
  uses(
    session: Session,
    wish: { readonly from?: number | undefined; readonly before?: number | undefined },
  ): Promise<{ readonly uses: readonly KeyUse[]; readonly total: number }>;
  /**
   * Erases a person by an operator's signed statement; gives how many commands it was. Throws Refusal E_SCOPE, E_LOCKED
   * under a legal hold, E_BUSY, E_POLICY before its time.
   */
  erase(session: Session, signed: SignedStatement): Promise<number>;
  /** Keeps a signed note. Throws Refusal E_ASSERTION, E_CMD_SCHEMA ... */
  note(session: Session, signed: SignedStatement): Promise<Note>;
}
