import type { Signalled } from '../../protocol/link/station.ts';
import type { Tap } from '../../protocol/link/tap-phase.ts';
import type { Session } from './desk.ts';

/** Which reader a tablet works with, and for whom: bound for the session, by the label that was scanned. */
export interface ReaderDesk {
  readers(session: Session): readonly ReaderView[];
  /** Binds the tablet and has the reader show itself. Throws Refusal E_SCOPE, E_READER_WARD, E_READER_BUSY or E_READER_AWAY. */
  bind(session: Session, label: string): Promise<Bound>;
  /** Has the bound reader show itself once more. Throws Refusal E_READER or E_READER_AWAY. */
  show(session: Session): Promise<Bound>;
  release(session: Session): void;
  /** Says whom the tablet works for: a device of somebody else is then a mismatch. Throws Refusal E_SCOPE. */
  bindPatient(session: Session, patient: string): void;
  releasePatient(session: Session): void;
  /** Tells what happens at the bound reader; returns the unsubscriber. What lies there already is told at once. */
  watch(session: Session, tell: (tap: Tap) => void): () => void;
}

export interface ReaderView {
  readonly label: string;
  /** The ward on which it stands; undefined for one that goes from ward to ward. */
  readonly ward: string | undefined;
  /** It stands on another ward than the patient lies on, for whom the tablet works. */
  readonly wrongWard: true | undefined;
  /** The station's link is up. */
  readonly linked: boolean;
  /** When it was last there (Unix ms); undefined when it was not since the gateway started. */
  readonly lastSeen: number | undefined;
  /** Why no card can be read, in words. */
  readonly trouble: string | undefined;
  /** The tablet that is bound to it, and who works there. */
  readonly busy: { readonly tablet: string; readonly by: string; readonly mine: boolean } | undefined;
}

export interface Bound {
  readonly reader: string;
  readonly signal: Signalled;
  /** The same in words. */
  readonly says: string;
}
