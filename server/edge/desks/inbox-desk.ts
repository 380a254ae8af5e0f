import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Session } from './desk.ts';

/** Changes of high risk that wait for a second person. */
export interface InboxDesk {
  /** Those this person could complete: never their own, and without a value of the first. */
  waiting(session: Session): readonly WaitingDraft[];
  /** Those this person asked for, and what became of them, until each expires. */
  own(session: Session): readonly OwnDraftView[];
  /**
   * The first person's exact bytes, for a second who checks them without entering: logged before they are told, and from
   * then on theirs is a primed check. Throws Refusal E_ROLE, E_POLICY, E_DRAFT, E_DUAL_SAME_PERSON or E_RATE.
   */
  show(session: Session, draft: string): Promise<Bytes>;
  /** Says no, and why. Throws Refusal E_ROLE, E_DRAFT or E_DUAL_SAME_PERSON. */
  decline(session: Session, draft: string, reason: string): Promise<void>;
}

export interface WaitingDraft {
  readonly id: string;
  /** Device id, hex. */
  readonly device: string;
  readonly deviceName: string;
  readonly patient: DraftPatient | undefined;
  readonly operation: number;
  readonly tier: 1 | 2;
  /** Codes of the settings to enter. */
  readonly settings: readonly number[];
  /** Subject of whoever asks, and the name. */
  readonly by: string;
  readonly byName: string | undefined;
  readonly reason: string;
  readonly order: string;
  /** Only after the same values were entered: people write values into notes. */
  readonly note: string | undefined;
  readonly matched: boolean;
  /** The policy lets a second person be shown these values (review only). */
  readonly primed: boolean;
  /** This person was shown them. */
  readonly shown: boolean;
  readonly since: number;
  readonly expires: number;
  readonly attemptsLeft: number;
}

/** Enough to find the bed. Who it is, the second person finds out at the wristband. */
export interface DraftPatient {
  readonly id: string;
  readonly family: string;
  readonly given: string;
  readonly ward: string;
  readonly bed: string;
}

export interface OwnDraftView {
  readonly id: string;
  readonly device: string;
  /** Hash of the command, hex. */
  readonly command: string;
  readonly state: 'waiting' | 'matched' | 'declined' | 'differs';
  /** Who matched, declined or entered something else, and the name. */
  readonly second: string | undefined;
  readonly secondName: string | undefined;
  /** How the second person checks it: by an entry of their own, or shown the values. */
  readonly check: 'entered' | 'primed' | undefined;
  readonly why: string | undefined;
  readonly expires: number;
  readonly attemptsLeft: number;
}
