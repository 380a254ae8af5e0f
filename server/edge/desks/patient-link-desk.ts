import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Session } from './desk.ts';

/** What is printed at the clinic: the page's address, then `#key.fingerprint`. */
export interface PatientLink {
  /** 32 bytes, base64url; told once and kept nowhere. */
  readonly key: string;
  /** Of the hospital's keys, for the check in the browser. */
  readonly fingerprint: string;
  /** Unix ms. */
  readonly until: number;
}

export interface PatientPage {
  /** Model of the device. */
  readonly device: string;
  readonly until: number;
  /** All changes there are; the newest hundred are told. */
  readonly total: number;
  readonly changes: readonly {
    readonly command: string;
    readonly time: number;
    readonly outcome: string;
    /** How many clinicians signed it. */
    readonly people: number;
    readonly tier: number;
    readonly witnessed: boolean;
    /** The reason's code, as the clinician chose it; empty where none was given or the person was erased. */
    readonly reason: string;
    readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  }[];
}

/** A patient's own view. Whoever has the key reads; there is nothing else to sign in with. */
export interface PatientLinkDesk {
  /** Throws Refusal E_SCOPE, or E_LINK while the device was not read. */
  make(session: Session, device: string): Promise<PatientLink>;
  /** Throws Refusal E_SCOPE. */
  page(key: string): Promise<PatientPage>;
  /** Throws Refusal E_SCOPE. */
  evidence(key: string, command: string): Bytes;
}
