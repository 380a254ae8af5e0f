import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { AuditDesk, BundleWish, Taken } from '../../edge/audit-desk.ts';
import type { Session } from '../../edge/desk.ts';
import type { Bytes } from '../../protocol/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { SignInDesk } from '../sign-in-desk.ts';
import type { Bundles } from './bundles.ts';

export interface AuditParts {
  readonly sha256: Sha256;
  readonly now: () => number;
  readonly signIn: SignInDesk;
  readonly log: LogWriter;
  readonly bundles: Bundles;
}

/** Where auditors read. Each of them is known by a live session, and each reading stands in the log. */
export class AuditRoom implements AuditDesk {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  async bundle(session: Session, wish: BundleWish): Promise<Taken> {
    const kid = this.#auditor(session);
    const bytes = await this.#parts.bundles.make(wish);
    const what = `bundle of ${wish.covers === 'period' ? 'a period' : `${wish.commands.length} command(s)`}${wish.names ? ' with names' : ''}`;
    return this.#taken(kid, what, wish.purpose, `countersign-${wish.covers}`, bytes, wish.commands.length);
  }

  /** Nothing leaves before the log says that it left: what, for whom, why, and its digest. */
  async #taken(
    kid: Bytes,
    what: string,
    purpose: string,
    name: string,
    bytes: Bytes,
    number: number,
  ): Promise<Taken> {
    const { sha256, now, log } = this.#parts;
    const digest = sha256(bytes);
    const time = now();
    const detail = `${what}: ${purpose}`.slice(0, 160);
    await log.appendDurable([logEntry({ type: 'export', time, kids: [kid], detail, digest, number })]);
    const stamp = new Date(time)
      .toISOString()
      .replaceAll(/[^0-9T]/gu, '')
      .slice(0, 15);
    return { name: `${name}-${stamp}.zip`, bytes, digest };
  }

  /** The passkey of an auditor who is signed in at this moment. Throws Refusal E_ROLE or E_SESSION. */
  #auditor(session: Session): Bytes {
    const { person, roles } = this.#parts.signIn.live(session);
    if ((roles & ROLE.auditor) === 0) throw new Refusal('E_ROLE', 'this is for auditors', 'session');
    return person.credential.key.kid;
  }
}
