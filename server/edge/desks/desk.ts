import type { AccessToken } from '../../authenticate/access-token.ts';
import type { Tablet } from '../../authenticate/tablets.ts';
import type { Credentials } from '../../authenticate/tokens.ts';
import type { Approval } from '../../protocol/approval.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { AuditDesk } from './audit-desk.ts';
import type { Context, SealedOutcome, Stage } from '../../protocol/stream.ts';
import type { MonitorDesk } from './monitor-desk.ts';
import type { BuildDesk } from './build-desk.ts';
import type { GlassDesk } from './glass-desk.ts';
import type { HistoryDesk } from './history-desk.ts';
import type { InboxDesk } from './inbox-desk.ts';
import type { PatientDesk } from './patient-desk.ts';
import type { ProgressDesk } from './progress-desk.ts';
import type { ReaderDesk } from './reader-desk.ts';
import type { RefusalDesk } from './refusal-desk.ts';
import type { ReviewDesk } from './review-desk.ts';

/**
 * What the edge can ask of the gateway. The edge turns strangers' bytes into these calls and the answers, or
 * the Refusals they throw, back into bytes; it decides nothing. The composition root provides it.
 */
export interface Desk {
  /** Who talks, and from which tablet. */
  readonly signIn: SignIn;
  /** Who lies where. */
  readonly patients: PatientDesk;
  readonly monitoring: MonitorDesk;
  /** What waits for a second person. */
  readonly inbox: InboxDesk;
  /** How far commands are. */
  readonly progress: ProgressDesk;
  /** Patients opened by who does not care for them. */
  readonly glass: GlassDesk;
  /** Which versions of the pages may sign. */
  readonly builds: BuildDesk;
  /** What happened to devices. */
  readonly history: HistoryDesk;
  /** Which tablet works at which reader. */
  readonly readers: ReaderDesk;
  /** What was refused a moment ago, and why. */
  readonly refusals: RefusalDesk;
  /** What somebody else looks at after an emergency. */
  readonly reviews: ReviewDesk;
  /** For auditors. */
  readonly audit: AuditDesk;

  devices(session: Session): readonly DeviceView[];
  device(session: Session, id: string): DeviceDetail;
  commands(
    session: Session,
    filter: { readonly device?: string; readonly limit: number },
  ): readonly CommandView[];
  command(session: Session, hash: string): CommandView;
  /** The evidence file of one finished command, CBOR. */
  evidence(session: Session, hash: string): Promise<Bytes>;

  open(session: Session, device: Bytes): Promise<Bytes>;
  sign(session: Session, wish: SignWish, progress: (stage: Stage) => void): Promise<SignOutcome>;
  enter(session: Session, draft: string, command: Bytes): Promise<EntryOutcome>;
  approve(
    session: Session,
    draft: string,
    approval: Approval,
    progress: (stage: Stage) => void,
  ): Promise<SignOutcome>;
  cancel(session: Session, command: Bytes): Promise<void>;
  /** Asks the device what became of a command whose outcome is unknown. */
  resolve(session: Session, device: Bytes): Promise<SignOutcome>;

  locks(session: Session): readonly LockView[];
  lock(session: Session, signed: SignedStatement): Promise<LockView>;
  unlock(session: Session, signed: SignedStatement): Promise<void>;

  /** Enrolled tablets, for operators. Throws Refusal E_ROLE. */
  tablets(session: Session): readonly Tablet[];
  /** Enrols a tablet by an `enrolment` statement, or takes one off. Throws Refusal E_ROLE, E_SCOPE ... */
  enrolTablet(session: Session, signed: SignedStatement): Promise<Tablet>;
  removeTablet(session: Session, signed: SignedStatement): Promise<Tablet>;

  /** Subscribes to changes; returns the unsubscriber. */
  watch(session: Session, tell: (event: string, device: Bytes) => void): () => void;

  health(): Health;
  /** Log files: checkpoint, tile/..., entry bundles (the last only for auditors). */
  logFile(path: string, session: Session | undefined): Promise<LogFile>;
}

export interface Session {
  readonly id: string;
  readonly subject: string;
  readonly roles: number;
  readonly tablet: string;
  /** What was approved for it: `read`, `command`. */
  readonly scope: ReadonlySet<string>;
  /** The only devices it is for, where its token was narrowed. */
  readonly devices: ReadonlySet<string> | undefined;
  /** Unix ms. */
  readonly expires: number;
}

/** From a request without a name to a session. */
export interface SignIn {
  /** The nonce for the next DPoP proof (RFC 9449 section 8). */
  nonce(): string;
  /** The verified token of a request whose proof holds. Throws Refusal E_TOKEN_*, E_DPOP_* or E_RATE. */
  admit(credentials: Credentials): Promise<AccessToken>;
  /** The certified signing passkeys of a token's person: credentials, each signed by the authority. */
  passkeys(token: AccessToken): readonly Bytes[];
  /** A nonce for one statement; used once, within two minutes. */
  challenge(): Bytes;
  /** Opens a session on a `session` statement. Throws Refusal E_SESSION, E_ASSERTION, E_NOT_ENROLLED ... */
  open(token: AccessToken, signed: SignedStatement): Promise<Session>;
  /** The session of a token's tablet, checked live (expiry, locks, revocation). Throws Refusal E_SESSION, E_LOCKED ... */
  session(token: AccessToken): Session;
  /** The same session, still good at this moment. Throws Refusal. */
  live(session: Session): Session;
  close(session: Session): void;
  /** Where this person is signed in. */
  allOf(session: Session): readonly OpenSession[];
  /** Ends all sessions of this person and every sign-in from before; gives what ended. Throws Refusal E_AUDIT_UNAVAILABLE. */
  endAll(session: Session): Promise<readonly OpenSession[]>;
  /** Has somebody told when that happens, and at which tablet; returns the unsubscriber. */
  onEndOfAll(session: Session, tell: (tablet: string) => void): () => void;
  /** A single-use ticket for the stream; valid for 30 s. */
  ticket(session: Session): string;
  /** The session behind a ticket, once. Throws Refusal E_SESSION. */
  redeem(ticket: string): Session;
}

/** A session of one's own, here or elsewhere. */
export interface OpenSession {
  readonly tablet: string;
  /** Unix ms. */
  readonly since: number;
  readonly here: boolean;
}

/** What everybody at a device has to see without asking. */
export interface Safety {
  /** Since when it is in its safe mode, as far as log and device say (Unix ms); undefined while it is not. */
  readonly safeSince?: number | undefined;
  /** Until when its emergency has to be reviewed (Unix ms), while it is not. */
  readonly reviewDue?: number | undefined;
  /** Who used the emergency door, by name, while that waits for its review. */
  readonly rescuer?: string | undefined;
}

export interface DeviceView extends Safety {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly transport: 'nfc' | 'websocket';
  readonly connected: boolean;
  readonly posture: string;
  /** Label of the reader it lies on, if it does. */
  readonly reader: string | undefined;
  /** Hash of the command whose outcome is unknown, if any. */
  readonly unknown: string | undefined;
  /** Hash of the emergency command that waits for a review, if any. */
  readonly review: string | undefined;
}

/** The hospital's word on a device, which its own limits do not depend on. */
export interface SiteWord {
  /** Outside of these two people sign; in steps of the profile. */
  readonly siteLimits: readonly { readonly code: number; readonly low: number; readonly high: number }[];
  /** With less charge than this it takes no changes; undefined: whatever its charge is. */
  readonly stopBelowPercent: number | undefined;
}

export interface DeviceDetail extends DeviceView, SiteWord {
  /** Maker-signed profile (COSE_Sign1). */
  readonly profile: Bytes;
  /** Enrolled identity key (COSE_Key). */
  readonly identity: Bytes;
  /** The authority's word on this device: its row, and the way to the signed root; undefined without an authority. */
  readonly listing: Bytes | undefined;
  /** Anchors the device was given. */
  readonly anchors: Bytes;
}

export interface CommandView {
  readonly hash: string;
  readonly device: string;
  readonly state: string;
  readonly tier: number;
  readonly people: readonly string[];
  readonly updated: number;
  readonly code: string | undefined;
}

export interface LockView {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number | undefined;
}

export interface SignWish {
  readonly command: Bytes;
  readonly approval: Approval;
  readonly context: Context;
  readonly companion?: Bytes;
}

/** What became of a signed command so far. */
export type SignOutcome =
  | { readonly kind: 'awaiting-second'; readonly draft: string }
  | { readonly kind: 'sealed'; readonly sealed: SealedOutcome }
  | { readonly kind: 'unknown'; readonly command: Bytes };

export type EntryOutcome =
  | { readonly kind: 'matched' }
  | { readonly kind: 'differs'; readonly settings: readonly number[]; readonly left: number };

/** The gateway is healthy when its evidence is: a fresh checkpoint, witnesses, no overdue receipts. */
export interface Health {
  readonly ready: boolean;
  /** Monitoring only: reading, alarms and the emergency door go on, commands do not. */
  readonly posture: 'ready' | 'monitoring-only';
  readonly evidence: 'ok' | 'inconsistent' | 'no-quorum' | 'unavailable';
  readonly checkpointAgeSeconds: number;
  readonly logSize: number;
  readonly unknownOutcomes: number;
  readonly parts: readonly HealthPart[];
}

/** One thing the evidence rests on. */
export interface HealthPart {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'bad';
  readonly says: string;
  /** What to do; there is none while all is well. */
  readonly mend?: string;
}

export interface LogFile {
  readonly status: number;
  readonly type: string;
  readonly body: Bytes | string;
}
