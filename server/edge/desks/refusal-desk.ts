import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { RefusalCode } from '../../protocol/refusal.ts';
import type { Session } from './desk.ts';

/** What the gateway refused a moment ago, for makers of devices, stations and pages. It is in memory, and nowhere else. */
export interface RefusalDesk {
  /** Something was refused at the edge itself. */
  note(refused: RefusedNow): void;
  /** Refusals after a number, oldest first. Throws Refusal E_ROLE. */
  list(session: Session, after: number): readonly SeenRefusal[];
}

export interface RefusedNow {
  readonly code: RefusalCode;
  /** Where it was met: `stream`, a route, the place of a device. */
  readonly place: string;
  readonly why: string;
  /** The offending field, as the code that read it calls it. */
  readonly field?: string | undefined;
  readonly device?: Bytes | undefined;
  readonly message?: Bytes | undefined;
}

export interface SeenRefusal extends Omit<RefusedNow, 'message'> {
  /** Rises by one with each. */
  readonly number: number;
  /** Unix ms. */
  readonly at: number;
  /** Bytes of the message; 0 where there was none. */
  readonly size: number;
  /** The message as it came; only in a simulation, where it concerns no patient. */
  readonly message: Bytes | undefined;
}
