import type { SignedStatement } from '../../protocol/statement.ts';
import type { Session } from './desk.ts';
import type { DraftPatient } from './inbox-desk.ts';
import type { ToldPeople } from './told.ts';

/** Break-glass: patients opened by who does not care for them, said aloud and reviewed. */
export interface GlassDesk {
  /** What this person opened or may review, and of the patients they care for: all of it for operators and second clinicians. */
  list(session: Session): readonly GlassView[];
  /** Throws Refusal E_ROLE, E_SCOPE, E_REVIEW, E_RATE, E_CMD_MALFORMED ... */
  open(session: Session, signed: SignedStatement): Promise<GlassView>;
  /** Throws Refusal E_SCOPE. */
  close(session: Session, id: string): Promise<void>;
  /** Throws Refusal E_SCOPE, E_ROLE, E_DUAL_SAME_PERSON ... */
  review(session: Session, signed: SignedStatement): Promise<void>;
}

export interface GlassView {
  /** SHA-256 of the statement, hex. */
  readonly id: string;
  /** Opaque name of the patient. */
  readonly patient: string;
  readonly devices: readonly string[];
  readonly by: string;
  readonly byName: string | undefined;
  /** It was who asks: somebody else reviews it. */
  readonly own: boolean;
  readonly reason: string;
  readonly text: string;
  readonly since: number;
  readonly until: number;
  readonly open: boolean;
  /** Whom, for who may see them. */
  readonly about: DraftPatient | undefined;
  /** What their devices are called. */
  readonly deviceNames: readonly string[];
  readonly told: ToldPeople;
}
