import type { BreakGlass, BrokenGlass } from '../../authorize/break-glass.ts';
import type { CareRelations } from '../../authorize/care-relation.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { GlassDesk, GlassView } from '../../edge/desks/glass-desk.ts';
import { type Bytes, hex, unhex } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { PatientRoom } from './patient-room.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import type { Listed, Told } from './told.ts';

export interface GlassParts {
  readonly glass: BreakGlass;
  readonly patients: Pick<PatientRoom, 'anybody' | 'nameOfPatient' | 'shown'>;
  readonly care: Pick<CareRelations, 'hasPatient'>;
  readonly told: Told;
  /** What a device is called; undefined for one that is not there any more. */
  readonly bedside: (id: string) => Pick<Bedside, 'device'> | undefined;
  readonly signIn: Pick<SignInDesk, 'live'>;
  readonly nameOf: (subject: string) => string | undefined;
  readonly now: () => number;
  readonly maySee: (session: Session, device: string) => boolean;
  /** Tells those who watch, and whom it is for, that something happened to a device. */
  readonly tell: (event: string, device: Bytes, isFor: (session: Session) => boolean) => void;
}

/** For a patient who has none: it is told all the same. */
const NO_DEVICE = '00'.repeat(8);

/** Break-glass as the edge sees it. Whoever cares for the patient hears of it at once. */
export class GlassRoom implements GlassDesk {
  readonly #parts: GlassParts;

  constructor(parts: GlassParts) {
    this.#parts = parts;
  }

  list(session: Session): readonly GlassView[] {
    const { subject, roles, devices } = session;
    const all = (roles & ROLE.auditor) !== 0;
    const mine = this.#parts.glass.unreviewed.filter(
      (one) =>
        all ||
        one.subject === subject ||
        (this.#concerns(one, session) && (!devices || one.devices.some((id) => devices.has(id)))),
    );
    return mine.map((one) => this.#view(one, session));
  }

  async open(session: Session, signed: SignedStatement): Promise<GlassView> {
    const { glass, patients, now } = this.#parts;
    const opened = await glass.open(signed, session, (id) => patients.anybody(id), now());
    this.#tell('break-glass', opened);
    return this.#view(opened, session);
  }

  async close(session: Session, id: string): Promise<void> {
    const { glass, signIn, now } = this.#parts;
    const { kid } = signIn.live(session).person.credential.key;
    this.#tell('review', await glass.close(id, session, kid, now()));
  }

  async review(session: Session, signed: SignedStatement): Promise<void> {
    this.#tell('review', await this.#parts.glass.review(signed, session, this.#parts.now()));
  }

  /** Those in whose list it stands, and whoever may see the device; of what one did oneself one needs not be told. */
  #tell(event: 'break-glass' | 'review', one: BrokenGlass): void {
    const { tell, maySee } = this.#parts;
    for (const device of one.devices.length === 0 ? [NO_DEVICE] : one.devices)
      tell(event, unhex(device), (session) =>
        session.subject === one.subject
          ? event === 'review'
          : this.#concerns(one, session) || maySee(session, device),
      );
  }

  /** Whoever may review it, and whoever cares for the patient. */
  #concerns({ patient, devices }: BrokenGlass, { subject, roles }: Listed): boolean {
    if ((roles & (ROLE.operator | ROLE.second)) !== 0) return true;
    return (
      (roles & ROLE.clinician) !== 0 && this.#parts.care.hasPatient(subject, { fhirId: patient, devices })
    );
  }

  #view(one: BrokenGlass, session: Session): GlassView {
    const { id, subject, patient, devices, reason, text, since, until } = one;
    const { patients, nameOf, now, told, bedside } = this.#parts;
    const said = { devices, reason, text, since, until, open: now() < until };
    return {
      ...said,
      id: hex(id),
      patient: patients.nameOfPatient(patient),
      by: subject,
      byName: nameOf(subject),
      own: session.subject === subject,
      about: patients.shown(session, patient),
      deviceNames: devices.flatMap((device) => bedside(device)?.device.name ?? []),
      told: told.of((listed) => this.#concerns(one, listed), subject),
    };
  }
}
