import type { BreakGlass, BrokenGlass } from '../../authorize/break-glass.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { GlassDesk, GlassView } from '../../edge/desks/glass-desk.ts';
import { type Bytes, hex, unhex } from '../../protocol/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { PatientRoom } from './patient-room.ts';
import type { SignInDesk } from './sign-in-desk.ts';

export interface GlassParts {
  readonly glass: BreakGlass;
  readonly patients: Pick<PatientRoom, 'anybody' | 'nameOfPatient'>;
  readonly signIn: Pick<SignInDesk, 'live'>;
  readonly nameOf: (subject: string) => string | undefined;
  readonly now: () => number;
  /** Tells everybody who may see a device that something happened. */
  readonly announce: (event: string, device: Bytes) => void;
}

/** Break-glass as the edge sees it. Whoever cares for the patient hears of it at once. */
export class GlassRoom implements GlassDesk {
  readonly #parts: GlassParts;

  constructor(parts: GlassParts) {
    this.#parts = parts;
  }

  list({ subject, roles }: Session): readonly GlassView[] {
    const all = (roles & (ROLE.operator | ROLE.second | ROLE.auditor)) !== 0;
    const mine = this.#parts.glass.unreviewed.filter((one) => all || one.subject === subject);
    return mine.map((one) => this.#view(one));
  }

  async open(session: Session, signed: SignedStatement): Promise<GlassView> {
    const { glass, patients, now } = this.#parts;
    const opened = await glass.open(signed, session, (id) => patients.anybody(id), now());
    this.#tell(opened);
    return this.#view(opened);
  }

  async close(session: Session, id: string): Promise<void> {
    const { glass, signIn, now } = this.#parts;
    const { kid } = signIn.live(session).person.credential.key;
    this.#tell(await glass.close(id, session, kid, now()));
  }

  async review(session: Session, signed: SignedStatement): Promise<void> {
    this.#tell(await this.#parts.glass.review(signed, session, this.#parts.now()));
  }

  #tell({ devices }: BrokenGlass): void {
    for (const device of devices) this.#parts.announce('break-glass', unhex(device));
  }

  #view({ id, subject, patient, devices, reason, text, since, until }: BrokenGlass): GlassView {
    const { patients, nameOf, now } = this.#parts;
    const said = { devices, reason, text, since, until, open: now() < until };
    return {
      ...said,
      id: hex(id),
      patient: patients.nameOfPatient(patient),
      by: subject,
      byName: nameOf(subject),
    };
  }
}
