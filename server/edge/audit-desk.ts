import type { Bytes } from '../protocol/bytes.ts';
import type { Covers } from '../protocol/verify/bundle-files.ts';
import type { Session } from './desk.ts';

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

/** What auditors ask. Everything here is for sessions with the auditor's role, and is itself logged with its purpose. */
export interface AuditDesk {
  /** Throws Refusal E_ROLE, E_SCOPE, E_DRAFT or E_RATE. */
  bundle(session: Session, wish: BundleWish): Promise<Taken>;
}
