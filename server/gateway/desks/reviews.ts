import type { Person } from '../../authenticate/authenticated.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Emergencies, EmergencyAsker } from '../../broker/emergencies.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { DraftPatient } from '../../edge/desks/inbox-desk.ts';
import type { OpenReview, ReviewDesk } from '../../edge/desks/review-desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { ENTRY, type Entry, parseEntry } from '../../protocol/log/entry.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { Store } from '../../store/store.ts';
import { refusing } from './failures.ts';
import type { Told } from './told.ts';
import { REVIEW_WITHIN_MS } from '../devices/safety.ts';

export interface ReviewParts {
  readonly emergencies: Emergencies;
  readonly registry: { readonly all: readonly { readonly hex: string }[] };
  readonly bedside: (id: string) => Bedside | undefined;
  readonly maySee: (session: Asking, device: string) => boolean;
  readonly told: Told;
  readonly store: Pick<Store, 'reader'>;
  /** Whose passkey it is; undefined for one that is not certified here. */
  readonly personOf: (kid: Bytes) => Pick<Person, 'subject'> | undefined;
  readonly nameOf: (subject: string) => string | undefined;
  readonly patientOf: (session: Session, device: string) => DraftPatient | undefined;
}

/** Who may see what, as far as lists ask. */
export type Asking = Pick<Session, 'subject' | 'roles' | 'devices'>;

/** Emergencies that wait for a review, as the edge sees them: who used the door, when, and until when somebody else looks. */
export class Reviews implements ReviewDesk {
  readonly #parts: ReviewParts;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  open(session: Session): readonly OpenReview[] {
    const { registry, maySee } = this.#parts;
    return registry.all
      .flatMap(({ hex: id }) => this.#of(session, id).filter(({ own }) => own || maySee(session, id)))
      .sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
  }

  async close(session: Session, signed: SignedStatement): Promise<void> {
    await refusing(() => this.#parts.emergencies.review(signed, this.#asker(session)));
  }

  async explain(session: Session, signed: SignedStatement): Promise<void> {
    await refusing(() => this.#parts.emergencies.explain(signed, this.#asker(session)));
  }

  #asker({ subject, roles }: Session): EmergencyAsker {
    return { subject, roles, owns: (kid) => this.#parts.personOf(kid)?.subject === subject };
  }

  #of(session: Session, device: string): readonly OpenReview[] {
    const { bedside, personOf, nameOf, patientOf, emergencies, told, maySee } = this.#parts;
    const at = bedside(device);
    if (!at?.review) return [];
    const since = this.#entry(at.review)?.time;
    const by = at.rescuers.map((kid) => personOf(kid)?.subject).find((subject) => subject !== undefined);
    const said = emergencies.reason(at.review);
    return [
      {
        device,
        deviceName: at.device.name,
        patient: patientOf(session, device),
        command: hex(at.review),
        by,
        byName: by === undefined ? undefined : nameOf(by),
        own: by === session.subject,
        since,
        due: since === undefined ? undefined : since + REVIEW_WITHIN_MS,
        reason: said && { reason: said.reason, text: said.text, time: said.time * 1000 },
        told: told.of((one) => maySee({ ...one, devices: undefined }, device), by),
      },
    ];
  }

  #entry(command: Bytes): Entry | undefined {
    const sql = 'SELECT bytes FROM log_entry WHERE command = ? AND type = ? LIMIT 1';
    const bytes = this.#parts.store.reader(sql).get(command, ENTRY.emergency.number)?.['bytes'];
    return bytes instanceof Uint8Array ? parseEntry(new Uint8Array(bytes)) : undefined;
  }
}
