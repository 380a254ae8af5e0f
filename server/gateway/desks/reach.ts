import { type CareRelations, outOfScope } from '../../authorize/care-relation.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Session } from '../../edge/desks/desk.ts';
import { ROLE } from '../../protocol/credential.ts';

/** Which devices a session reaches. What is not there and what is not yours look alike. */
export class Reach {
  readonly #care: Pick<CareRelations, 'has'>;
  readonly #bedside: (id: string) => Bedside | undefined;
  readonly #opens: (subject: string, device: string) => boolean;

  /** @param opens did somebody break the glass for a device? */
  constructor(
    care: Pick<CareRelations, 'has'>,
    bedside: (id: string) => Bedside | undefined,
    opens: (subject: string, device: string) => boolean,
  ) {
    this.#care = care;
    this.#bedside = bedside;
    this.#opens = opens;
  }

  /** The device with an id (hex). Throws Refusal E_SCOPE. */
  at(session: Session, id: string): Bedside {
    const bedside = this.#bedside(id);
    if (!bedside || !this.maySee(session, id)) throw outOfScope();
    return bedside;
  }

  /** Clinicians see whom they care for; operators and auditors see every device, and command none. */
  maySee(session: Pick<Session, 'subject' | 'roles' | 'devices'>, id: string): boolean {
    if (session.devices?.has(id) === false) return false;
    if ((session.roles & (ROLE.operator | ROLE.auditor)) !== 0) return true;
    return this.#care.has(session.subject, id) || this.#opens(session.subject, id);
  }
}
