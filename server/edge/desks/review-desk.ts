import type { SignedStatement } from '../../protocol/statement.ts';
import type { Session } from './desk.ts';
import type { DraftPatient } from './inbox-desk.ts';
import type { ToldPeople } from './told.ts';

/** Emergencies that somebody else than the rescuer has to look at. */
export interface ReviewDesk {
  /** Those of the devices this person may see, and their own, the oldest first. */
  open(session: Session): readonly OpenReview[];
  /** Closes one by a signed statement. Throws Refusal E_SCOPE, E_ROLE, E_DUAL_SAME_PERSON, E_CMD_MALFORMED ... */
  close(session: Session, signed: SignedStatement): Promise<void>;
  /** The rescuer says why, by a signed statement. Throws Refusal E_SCOPE, E_ROLE, E_CMD_MALFORMED ... */
  explain(session: Session, signed: SignedStatement): Promise<void>;
}

export interface OpenReview {
  /** Device id, hex. */
  readonly device: string;
  readonly deviceName: string;
  readonly patient: DraftPatient | undefined;
  /** Hash of the emergency command, hex. */
  readonly command: string;
  /** Subject of the rescuer, and the name; undefined for a key of another hospital. */
  readonly by: string | undefined;
  readonly byName: string | undefined;
  /** It was this person: somebody else reviews it. */
  readonly own: boolean;
  /** When the log heard of it, and until when it is to be reviewed (Unix ms); undefined in the moment before. */
  readonly since: number | undefined;
  readonly due: number | undefined;
  /** Why the rescuer used the door, by their own word; undefined while they have not said. */
  readonly reason: SaidReason | undefined;
  readonly told: ToldPeople;
}

export interface SaidReason {
  readonly reason: string;
  readonly text: string;
  /** Unix ms. */
  readonly time: number;
}
