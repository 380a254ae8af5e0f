import type { LogWriter } from '../../audit/log-writer.ts';
import { logEntry } from '../../audit/log-writer.ts';
import { type CareRelations, outOfScope } from '../../authorize/care-relation.ts';
import type { ListedPatient, PatientQuery, Patients } from '../../authorize/patients.ts';
import type { RateLimits } from '../../authorize/rate-limits.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { DraftPatient } from '../../edge/desks/inbox-desk.ts';
import type {
  AssignedDevice,
  NamedPlace,
  PatientDesk,
  PatientDetail,
  PatientRow,
  Photo,
} from '../../edge/desks/patient-desk.ts';
import { LIMITS } from '../../limits.ts';
import { patientTag } from '../../protocol/attestation.ts';
import { type Bytes, equal, hex, utf8 } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Memory } from '../opening/memory.ts';
import type { PatientFolder } from '../hospital/patient-folder.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import { viewOf } from './views.ts';

export interface PatientParts {
  readonly patients: Patients;
  readonly folder: PatientFolder;
  readonly care: Pick<CareRelations, 'hasPatient'>;
  /** Did somebody break the glass for a patient? */
  readonly opens: (subject: string, fhirId: string) => boolean;
  readonly rates: Pick<RateLimits, 'take'>;
  readonly memory: Pick<Memory, 'recall' | 'keep'>;
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly signIn: Pick<SignInDesk, 'live'>;
  readonly bedside: (id: string) => Bedside | undefined;
  readonly signerName: (kid: Bytes) => string | undefined;
  readonly sha256: Sha256;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  /** Told of failures that nobody foresaw. */
  readonly surprised: (error: unknown) => void;
}

/** A person finds somebody every few minutes; a program that tries names is stopped. */
const SEARCHES = { count: 60, seconds: 600, axis: 'person' } as const;
/** Which session read whom: said once. Beyond this the oldest are said again. */
const READS_KEPT = 10_000;

/** Patients as the edge sees them: found, opened, and each opening in the log. */
export class PatientRoom implements PatientDesk {
  readonly #parts: PatientParts;
  /** FHIR id -> the name a patient has in addresses and in the log, and back. */
  readonly #handles = new Map<string, string>();
  readonly #known = new Map<string, string>();
  readonly #read = new Set<string>();

  constructor(parts: PatientParts) {
    this.#parts = parts;
  }

  /** Reads the directory anew and names who is new. Gives faults, one line each. */
  async refresh(): Promise<readonly string[]> {
    const faults = await this.#parts.folder.refresh();
    await Promise.all(this.#parts.patients.all.map(({ fhirId }) => this.#name(fhirId)));
    return faults;
  }

  async search(session: Session, query: PatientQuery) {
    const { patients, rates, now } = this.#parts;
    demandClinician(session);
    await rates.take([{ name: `patients | person ${session.subject}`, ...SEARCHES }], now());
    const mine = patients.find(query).filter((patient) => this.#maySee(session, patient));
    const others = patients.findExactly(query).filter((patient) => !mine.includes(patient));
    const rows = [
      ...mine.map((patient) => this.#row(session, patient)),
      ...(session.devices === undefined ? others.map((patient) => this.#restricted(patient)) : []),
    ];
    const most = LIMITS.patientsFound.max;
    return { patients: rows.slice(0, most), more: rows.length > most };
  }

  async patient(session: Session, id: string): Promise<PatientDetail> {
    const patient = this.#at(session, id);
    await this.recordRead(session, `patient ${id}`);
    return {
      ...this.#row(session, patient),
      assigned: patient.devices.flatMap((one) => this.#assigned(patient, one)),
    };
  }

  async photo(session: Session, id: string): Promise<Photo> {
    const { photo } = this.#at(session, id);
    const body = photo && (await this.#parts.folder.photo(photo));
    if (!body) throw outOfScope();
    return { type: photo.type, body };
  }

  /** Anybody of the directory, by the opaque name: for who breaks the glass. Throws Refusal E_SCOPE. */
  anybody(id: string): ListedPatient {
    const fhirId = this.#known.get(id);
    const patient = this.#parts.patients.all.find((one) => one.fhirId === fhirId);
    if (!patient) throw outOfScope();
    return patient;
  }

  /** The opaque name of a patient; empty for nobody. */
  nameOfPatient(fhirId: string): string {
    return this.#handles.get(fhirId) ?? '';
  }

  /** The tag of a patient's device, by the device's own salt. Throws Refusal E_SCOPE. */
  tagOf(session: Session, id: string, salt: Bytes): Bytes {
    const { mrn, birthDate } = this.#at(session, id);
    return patientTag(this.#parts.sha256, salt, mrn, Number(birthDate.slice(0, 4)));
  }

  /** Where a patient lies; empty when the hospital does not say. Throws Refusal E_SCOPE. */
  wardOf(session: Session, id: string): string {
    return this.#at(session, id).ward;
  }

  /** The patient a device is assigned to, if this person may see them. */
  ofDevice(session: Session, device: string): DraftPatient | undefined {
    return this.#seen(
      session,
      this.#parts.patients.all.find(({ devices }) => devices.includes(device)),
    );
  }

  /** A patient by the name the hospital's files have, if this person may see them. */
  shown(session: Session, fhirId: string): DraftPatient | undefined {
    return this.#seen(
      session,
      this.#parts.patients.all.find((one) => one.fhirId === fhirId),
    );
  }

  #seen(session: Session, patient: ListedPatient | undefined): DraftPatient | undefined {
    if (!patient || !this.#maySee(session, patient)) return undefined;
    const { family, given, ward, bed } = patient;
    return { id: this.#handle(patient), family, given, ward, bed };
  }

  /** The patient with an opaque id, if this person may see them. Throws Refusal E_SCOPE. */
  #at(session: Session, id: string): ListedPatient {
    const patient = this.anybody(id);
    if (!this.#maySee(session, patient)) throw outOfScope();
    return patient;
  }

  #maySee({ subject, roles, devices }: Session, patient: ListedPatient): boolean {
    if ((roles & CLINICIANS) === 0) return false;
    if (devices && !patient.devices.some((device) => devices.has(device))) return false;
    return this.#parts.care.hasPatient(subject, patient) || this.#parts.opens(subject, patient.fhirId);
  }

  #row(session: Session, patient: ListedPatient): PatientRow {
    const { family, given, birthDate, sex, mrn, ward, bed, photo, devices } = patient;
    const said = { family, given, birthDate, sex, mrn, ward, bed, devices };
    const names = { lookAlike: patient.alike.length > 0, alike: this.#alike(session, patient) };
    return { ...said, ...names, id: this.#handle(patient), photo: photo !== undefined, restricted: false };
  }

  /** Whose name is easily taken for this one: named only where this person may see them. */
  #alike(session: Session, { alike }: ListedPatient): readonly NamedPlace[] {
    return this.#parts.patients.all
      .filter((one) => alike.includes(one.fhirId) && this.#maySee(session, one))
      .slice(0, LIMITS.alikeNamed.max)
      .map(({ family, given, bed }) => ({ family, given, bed }));
  }

  #restricted(patient: ListedPatient): PatientRow {
    const { family, given, birthDate } = patient;
    return { id: this.#handle(patient), family, given, birthDate, restricted: true };
  }

  #assigned({ mrn, birthDate }: ListedPatient, id: string): readonly AssignedDevice[] {
    const bedside = this.#parts.bedside(id);
    if (!bedside) return [];
    const { patientSalt: salt, patient: tag } = bedside.seen?.attestation ?? {};
    const ours = salt && patientTag(this.#parts.sha256, salt, mrn, Number(birthDate.slice(0, 4)));
    return [
      { ...viewOf(bedside, this.#parts.signerName), salt, tag, agrees: ours && tag && equal(ours, tag) },
    ];
  }

  /** Who read what, once a session. A log that cannot be written stops commands, never the sight of a patient. */
  async recordRead(session: Session, what: string): Promise<void> {
    const { log, signIn, now, surprised } = this.#parts;
    const mark = `${session.id} ${what}`;
    if (this.#read.has(mark)) return;
    this.#read.add(mark);
    const [oldest] = this.#read;
    if (this.#read.size > READS_KEPT && oldest !== undefined) this.#read.delete(oldest);
    const kids = [signIn.live(session).person.credential.key.kid];
    const entry = logEntry({ type: 'logRead', time: now(), kids, detail: what });
    await log.appendDurable([entry]).catch((error: unknown) => {
      this.#read.delete(mark);
      surprised(error);
    });
  }

  #handle({ fhirId }: ListedPatient): string {
    return this.#handles.get(fhirId) ?? '';
  }

  /** Drawn once and kept beside the log: whoever erases the patient erases this, and the log names nobody any more. */
  async #name(fhirId: string): Promise<void> {
    if (this.#handles.has(fhirId)) return;
    const { memory, random, sha256 } = this.#parts;
    const name = `patient ${hex(sha256(utf8(fhirId)))}`;
    const kept = memory.recall(name);
    const handle = kept ?? random(16);
    this.#handles.set(fhirId, hex(handle));
    this.#known.set(hex(handle), fhirId);
    if (!kept) await memory.keep(name, handle);
  }
}

const CLINICIANS = ROLE.clinician | ROLE.second;

function demandClinician({ roles }: Session): void {
  if ((roles & CLINICIANS) === 0)
    throw new Refusal('E_ROLE', 'only who treats patients looks for them', 'session');
}
