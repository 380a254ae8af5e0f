import type { LogWriter } from '../../audit/log-writer.ts';
import { logEntry } from '../../audit/log-writer.ts';
import { outOfScope } from '../../authorize/care-relation.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { Bound, ReaderDesk, ReaderView } from '../../edge/desks/reader-desk.ts';
import { LIMITS } from '../../limits.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { READER_TROUBLES, type ReaderTrouble, type Signalled, SIGNALS } from '../../protocol/link/station.ts';
import type { Tap } from '../../protocol/link/tap-phase.ts';
import type { StationLink, StationState } from '../../transport/station-link.ts';
import type { TapNews } from '../devices/contacts.ts';
import { Lying } from '../devices/lying.ts';
import type { ReaderWards } from '../hospital/reader-wards.ts';
import type { SignInDesk } from './sign-in-desk.ts';

export interface ReaderParts {
  readonly signIn: Pick<SignInDesk, 'live'>;
  readonly now: () => number;
  /** Labels of all stations of this hospital. */
  readonly labels: () => Iterable<string>;
  /** A station in contact. */
  readonly station: (label: string) => StationLink | undefined;
  readonly maySee: (session: Session, device: string) => boolean;
  /** The tag that a device of this patient has, by the device's own salt. Throws Refusal E_SCOPE. */
  readonly tagOf: (session: Session, patient: string, salt: Bytes) => Bytes;
  /** On which ward each reader stands. */
  readonly wards: Pick<ReaderWards, 'of'>;
  /** Where a patient lies; empty when nobody says. Throws Refusal E_SCOPE. */
  readonly wardOf: (session: Session, patient: string) => string;
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly surprised: (error: unknown) => void;
}

interface Place {
  readonly session: Session;
  readonly reader: string | undefined;
  readonly patient: string | undefined;
}

/** Tablets and readers: who is bound to which, and what each tablet is told of taps. */
export class ReaderRoom implements ReaderDesk {
  readonly #parts: ReaderParts;
  /** By session; at most as many as there are sessions. */
  readonly #places = new Map<string, Place>();
  readonly #watchers = new Set<{ readonly session: Session; readonly tell: (tap: Tap) => void }>();
  readonly #lying = new Lying();
  /** When each station was last in contact. */
  readonly #seen = new Map<string, number>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  readers(session: Session): readonly ReaderView[] {
    const { labels, station, now, wards } = this.#parts;
    return [...new Set(labels())].toSorted().map((label) => {
      const state = station(label)?.state;
      if (state) this.#seen.set(label, now());
      const holder = this.#holder(label)?.session;
      const busy = holder && { tablet: holder.tablet, by: holder.subject, mine: holder.id === session.id };
      const why = state && troubleAt(state);
      const trouble = why && READER_TROUBLES[why];
      const wrongWard = this.#wrongWard(session, label) ? true : undefined;
      const seen = { linked: state !== undefined, lastSeen: this.#seen.get(label), trouble, busy };
      return { label, ward: wards.of(label), wrongWard, ...seen };
    });
  }

  async bind(session: Session, label: string): Promise<Bound> {
    if (![...this.#parts.labels()].includes(label)) throw outOfScope();
    if (this.#wrongWard(session, label))
      throw new Refusal('E_READER_WARD', `it stands on ${this.#parts.wards.of(label)}`, 'body.label');
    const station = this.#station(label);
    const holder = this.#holder(label);
    if (holder && holder.session.id !== session.id)
      throw new Refusal('E_READER_BUSY', `bound to ${holder.session.tablet}`, 'body.label');
    this.#forgetOld();
    this.#place(session, { reader: label });
    this.#tellLying(session);
    return boundTo(label, await station.signal());
  }

  async show(session: Session): Promise<Bound> {
    const label = this.#places.get(session.id)?.reader;
    if (label === undefined) throw new Refusal('E_READER', 'this tablet is bound to no reader', 'session');
    return boundTo(label, await this.#station(label).signal());
  }

  release(session: Session): void {
    this.#place(session, { reader: undefined });
  }

  bindPatient(session: Session, patient: string): void {
    this.#parts.tagOf(session, patient, new Uint8Array(16)); // Nobody is bound to a patient who is not theirs to see.
    this.#place(session, { patient });
    this.#tellLying(session);
  }

  releasePatient(session: Session): void {
    this.#place(session, { patient: undefined });
  }

  watch(session: Session, tell: (tap: Tap) => void): () => void {
    const watcher = { session, tell };
    this.#watchers.add(watcher);
    this.#tellLying(session);
    return () => this.#watchers.delete(watcher);
  }

  /**
   * A command goes through the reader beside whoever asked for it, or not at all: the tablet of the first signature is
   * bound to it. To read a device nobody has to be; whoever signs second may be somewhere else. Throws Refusal E_READER, or
   * E_READER_TWO while something else lies there as well.
   */
  demandHere(tablet: string, { conversation }: Bedside): void {
    const station = conversation?.link.station;
    if (station === undefined) return; // On a link of its own: there is no reader to mix up.
    if (this.#holder(station)?.session.tablet !== tablet)
      throw new Refusal('E_READER', 'the device lies on another reader', 'session.reader');
    this.#demandOne(station);
  }

  #demandOne(station: string): void {
    if (this.#lying.two(station))
      throw new Refusal('E_READER_TWO', 'more than one thing lies at this reader', 'session.reader');
  }

  /**
   * Who reads an implant that is not in contact is told when that is the bound reader's fault; one that does not lie there
   * alone is not read. Throws Refusal E_READER_AWAY or E_READER_TWO.
   */
  demandReader({ id }: Session, { device, conversation }: Bedside): void {
    const label = this.#places.get(id)?.reader;
    if (conversation?.link.station !== undefined) this.#demandOne(conversation.link.station);
    if (device.transport !== 'nfc' || conversation !== undefined || label === undefined) return;
    const trouble = troubleAt(this.#station(label).state);
    if (trouble !== undefined && WITHOUT.includes(trouble))
      throw new Refusal('E_READER_AWAY', 'the station has no reader', 'session.reader');
  }

  /** News of a card: for the one tablet bound to its reader, and, without saying what, for who waits for it elsewhere. */
  tapped(news: TapNews): void {
    const now = this.#parts.now();
    this.#seen.set(news.card.station, now);
    const first = !this.#lying.has(news.card);
    const told = this.#lying.take(news, now);
    for (const { session } of this.#places.values()) this.#tell(session, told);
    // What is no device says nothing any more, and not that it was taken away either.
    if (first) news.card.onGone(() => this.#left(news.card.station));
    if (news.phase === 'authenticated') this.#recordMismatch(news);
  }

  /** Something was taken away: what lies there still is alone now. */
  #left(station: string): void {
    const rest = this.#lying.last(station);
    if (!rest || this.#lying.two(station)) return;
    for (const { session } of this.#places.values()) this.#tell(session, rest);
  }

  #tell(session: Session, news: TapNews): void {
    const place = this.#places.get(session.id);
    const tap = place && this.#tapFor(place, news);
    if (!tap) return;
    for (const watcher of this.#watchers) if (watcher.session.id === session.id) watcher.tell(tap);
  }

  #tapFor(place: Place, news: TapNews): Tap | undefined {
    const { card, phase, at, step, of } = news;
    const said = { reader: card.station, device: undefined, step: 0, of: 0 };
    if (place.reader !== card.station) {
      const awaited = phase === 'authenticated' && at && this.#isFor(place, at) === true;
      return awaited ? { ...said, phase: 'elsewhere', reader: '' } : undefined;
    }
    if (this.#lying.two(card.station)) return { ...said, phase: 'two' };
    if (!at || phase === 'lost') return { ...said, phase };
    if (!this.#parts.maySee(place.session, at.device.hex)) return { ...said, phase: 'unknown' };
    if (this.#isFor(place, at) === false) return { ...said, phase: 'mismatch' };
    return { phase, reader: card.station, device: at.device.id, step, of };
  }

  /** Is a device that of the patient this tablet works for? Undefined when it works for nobody, or none was said. */
  #isFor({ session, patient }: Place, { seen }: Bedside): boolean | undefined {
    if (patient === undefined || !seen) return undefined;
    try {
      const { patientSalt, patient: tag } = seen.attestation;
      return equal(this.#parts.tagOf(session, patient, patientSalt), tag);
    } catch (error) {
      if (error instanceof Refusal) return undefined; // No longer theirs to see: then they are told nothing at all.
      throw error;
    }
  }

  #recordMismatch({ card, at }: TapNews): void {
    const { log, now, surprised } = this.#parts;
    const place = this.#holder(card.station);
    if (!place || !at || this.#isFor(place, at) !== false) return;
    const detail = 'identity.mismatch';
    const entry = logEntry({ type: 'alarm', time: now(), code: 'E_PATIENT', device: at.device.id, detail });
    void log.appendDurable([entry]).catch(surprised);
  }

  #tellLying(session: Session): void {
    const label = this.#places.get(session.id)?.reader;
    const news = label === undefined ? undefined : this.#lying.last(label);
    if (news) this.#tell(session, news);
  }

  /** Does the reader stand on another ward than the patient lies on, for whom this tablet works? Unsaid of either, it does not. */
  #wrongWard(session: Session, label: string): boolean {
    const [ward, patient] = [this.#parts.wards.of(label), this.#places.get(session.id)?.patient];
    if (ward === undefined || patient === undefined) return false;
    const lies = this.#parts.wardOf(session, patient);
    return lies !== '' && lies !== ward;
  }

  #station(label: string): StationLink {
    const station = this.#parts.station(label);
    if (!station) throw new Refusal('E_READER_AWAY', 'the station is not in contact', 'body.label');
    return station;
  }

  /** Who is bound to a reader and still there: an abandoned tablet keeps nobody from it. */
  #holder(label: string): Place | undefined {
    return [...this.#places.values()].find(
      ({ reader, session }) => reader === label && this.#isLive(session),
    );
  }

  #isLive(session: Session): boolean {
    try {
      this.#parts.signIn.live(session);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  #place(session: Session, change: Partial<Omit<Place, 'session'>>): void {
    const before = this.#places.get(session.id) ?? { reader: undefined, patient: undefined };
    const place = { ...before, ...change, session };
    this.#places.delete(session.id);
    if (place.reader !== undefined || place.patient !== undefined) this.#places.set(session.id, place);
    const [oldest] = this.#places.keys();
    if (this.#places.size > LIMITS.sessions.max && oldest !== undefined) this.#places.delete(oldest);
  }

  #forgetOld(): void {
    for (const [id, { session }] of this.#places) if (!this.#isLive(session)) this.#places.delete(id);
  }
}

/** Troubles of a station that has no reader to read with. */
const WITHOUT: readonly ReaderTrouble[] = ['no-reader', 'no-service', 'service-lost', 'not-installed'];

const troubleAt = ({ readers, trouble }: StationState): ReaderTrouble | undefined =>
  trouble ?? (readers.length === 0 ? 'no-reader' : undefined);

const boundTo = (reader: string, signal: Signalled): Bound => ({ reader, signal, says: SIGNALS[signal] });
