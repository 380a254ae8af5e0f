import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { PatientQuery } from '../../authorize/patients.ts';
import type { DeviceView, Session } from './desk.ts';

/** Who lies where, for those who care for them. */
export interface PatientDesk {
  /** Whom a query fits, of those this person may see. Throws Refusal E_ROLE or E_RATE. */
  search(session: Session, query: PatientQuery): Promise<PatientsFound>;
  /** Throws Refusal E_SCOPE. */
  patient(session: Session, id: string): Promise<PatientDetail>;
  /** Throws Refusal E_SCOPE, also for a patient without a portrait. */
  photo(session: Session, id: string): Promise<Photo>;
}

export interface PatientsFound {
  readonly patients: readonly PatientRow[];
  /** There are more than these: another identifier is needed. */
  readonly more: boolean;
}

export interface PatientRow {
  /** Opaque; stays the same. Never a record number. */
  readonly id: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  /** Not cared for by whoever asks: nothing else is told, and only breaking the glass opens it. */
  readonly restricted: boolean;
  readonly sex?: 'male' | 'female' | 'other' | 'unknown';
  readonly mrn?: string;
  readonly ward?: string;
  readonly bed?: string;
  readonly photo?: boolean;
  readonly lookAlike?: boolean;
  /** Who has a similar name, of those whom whoever asks may see. */
  readonly alike?: readonly NamedPlace[];
  readonly devices?: readonly string[];
}

/** Somebody by their name and their bed. */
export interface NamedPlace {
  readonly family: string;
  readonly given: string;
  readonly bed: string;
}

export interface PatientDetail extends PatientRow {
  readonly assigned: readonly AssignedDevice[];
}

/** A device that the hospital assigned to a patient, and whether the device agrees. */
export interface AssignedDevice extends DeviceView {
  /** What the device said last, if it was met: salt of its patient tag, and the tag. */
  readonly salt: Bytes | undefined;
  readonly tag: Bytes | undefined;
  /** Is that tag this patient's? The tablet finds out for itself, from wristband and typed year. */
  readonly agrees: boolean | undefined;
}

export interface Photo {
  readonly type: string;
  readonly body: Bytes;
}
