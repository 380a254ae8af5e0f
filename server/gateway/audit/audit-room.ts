import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { LiveSession } from '../../authenticate/sessions.ts';
import type {
  AccessReview,
  AuditDesk,
  BundleWish,
  ExportWish,
  Flow,
  Found,
  Gap,
  Note,
  Overview,
  SearchWish,
  ReviewSaid,
  StoryDetail,
  Taken,
} from '../../edge/desks/audit-desk.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { KeyUse, RetentionView, Unmasked } from '../../edge/desks/privacy-desk.ts';
import { type Bytes, equal, hex } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import type { Sha256 } from '../../protocol/crypto.ts';
import type { Entry } from '../../protocol/log/entry.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { SignedStatement, Statement } from '../../protocol/statement.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import type { SignInDesk } from '../desks/sign-in-desk.ts';
import type { Bundles } from './bundles.ts';
import type { CaseFile } from './case-file.ts';
import { completenessOf } from './completeness.ts';
import type { PatientLinkDesk } from '../../edge/desks/patient-link-desk.ts';
import type { Erasures } from './erasures.ts';
import type { Exports } from './exports.ts';
import type { LogView } from './log-view.ts';
import type { PatientVault } from './patient-vault.ts';
import type { PolicyHistory } from './policy-history.ts';
import { type Names, resolve } from './resolve.ts';
import type { Retention } from './retention.ts';
import type { AuditIndex } from './search.ts';
import type { Unmasking } from './unmasking.ts';

export interface AuditParts {
  readonly sha256: Sha256;
  readonly now: () => number;
  readonly signIn: SignInDesk;
  readonly log: LogWriter;
  readonly view: LogView;
  readonly index: AuditIndex;
  readonly policies: Pick<PolicyHistory, 'gaps'>;
  readonly names: () => Names;
  readonly bundles: Bundles;
  readonly exports: Exports;
  /** Nothing here is real: files that leave say so in their name too (N11). */
  readonly simulated: () => boolean;
  readonly cases: CaseFile;
  readonly links: PatientLinkDesk;
  readonly erasures: Erasures;
  readonly retention: Retention;
  readonly vault: PatientVault;
  readonly unmasking: Unmasking;
  /** Verifies a signed statement of a purpose. Throws Refusal. */
  readonly verify: (
    signed: SignedStatement,
    purpose: 'note' | 'erase',
  ) => Promise<{ readonly person: Person; readonly statement: Statement }>;
}

/** One reading is logged once for as long as its session goes on with one purpose, and anew after this (ms). */
const READING_MS = 15 * 60_000;
/** Readings remembered; the oldest gives way, and is then logged once more. */
const MAX_READINGS = 1_000;

/** Erased people that are listed; the newest. */
const MAX_ERASED = 200;

/** Where auditors read. Each of them is known by a live session, and each reading stands in the log. */
export class AuditRoom implements AuditDesk {
  readonly links: PatientLinkDesk;
  readonly #parts: AuditParts;
  readonly #readings = new Map<string, number>();

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.links = parts.links;
  }

  async bundle(session: Session, wish: BundleWish): Promise<Taken> {
    const { person } = this.#auditor(session);
    const bytes = await this.#parts.bundles.make(wish);
    const what = `bundle of ${wish.covers === 'period' ? 'a period' : `${wish.commands.length} command(s)`}${wish.names ? ' with names' : ''}`;
    const digest = this.#parts.sha256(bytes);
    // Nothing leaves before the log says that it left: what, for whom, why, and its digest.
    await this.#log('export', person, `${what}: ${wish.purpose}`, { digest, number: wish.commands.length });
    return { name: `${this.#title()}-${wish.covers}-${this.#stamp()}.zip`, bytes, digest };
  }

  async search(session: Session, wish: SearchWish, purpose: string): Promise<Found> {
    await this.#reads(session, 'search', purpose);
    const { index, names, view } = this.#parts;
    await this.#tellPeople();
    const found = await index.ask('search', resolve(wish, names(), view.witnessed));
    const receipts = wish.device === undefined ? undefined : await index.ask('receipts', wish.device);
    return { ...found, complete: completenessOf(wish, receipts, found) };
  }

  async story(session: Session, id: number, purpose: string): Promise<StoryDetail> {
    await this.#reads(session, 'story', purpose);
    const { index, view, unmasking } = this.#parts;
    const parts = await index.ask('parts', id);
    const { rows } = await index.ask('search', {
      rows: 'all',
      witnessed: view.witnessed,
      before: id + 1,
      limit: 1,
    });
    const [story] = rows;
    if (!story || story.id !== id || parts.length === 0)
      throw new Refusal('E_SCOPE', 'no story begins at this entry', 'id');
    const erased = story.command === undefined ? undefined : await unmasking.erasedOf(story.command);
    const [reason, review] = [this.#saidAt(story.reason), this.#saidAt(story.review)];
    return { story, erased, reason, review, entries: view.entries(parts) };
  }

  async overview(session: Session, since: number, purpose: string): Promise<Overview> {
    await this.#reads(session, 'overview', purpose);
    const { index } = this.#parts;
    const counted = await index.ask('overview', since);
    const gaps: Record<string, number> = {};
    for (const { kind } of await this.#gaps()) gaps[kind] = (gaps[kind] ?? 0) + 1;
    return { log: await this.#parts.view.state(), since, gaps, ...counted };
  }

  async gaps(session: Session, purpose: string): Promise<readonly Gap[]> {
    await this.#reads(session, 'gaps', purpose);
    return this.#gaps();
  }

  async #gaps(): Promise<readonly Gap[]> {
    const { index, view, now, policies } = this.#parts;
    return [...view.forks(), ...(await policies.gaps()), ...(await index.ask('gaps', now()))];
  }

  async access(session: Session, purpose: string): Promise<AccessReview> {
    await this.#reads(session, 'access', purpose);
    await this.#tellPeople();
    const review = await this.#parts.index.ask('access', undefined);
    const now = new Map(
      this.#parts.names().people.map(({ credential }) => [hex(credential.key.kid), credential]),
    );
    const people = review.people.map((person) => {
      const credential = now.get(person.kid);
      return credential
        ? { ...person, notBefore: credential.notBefore, notAfter: credential.notAfter }
        : person;
    });
    return { ...review, people };
  }

  async export(session: Session, wish: ExportWish): Promise<Flow> {
    const { person } = this.#auditor(session);
    await this.#tellPeople();
    const { exports, names, view } = this.#parts;
    const what = `${wish.format} export${wish.names ? ' with names' : ''}: ${wish.purpose}`;
    const begun = await exports.begin(wish, resolve(wish, names(), view.witnessed));
    await this.#log('export', person, what, { number: begun.rows });
    const done = (digest: Bytes, rows: number): Promise<void> =>
      this.#log('export', person, `${wish.format} export complete`, { digest, number: rows });
    return {
      ...begun,
      name: `${this.#title()}-${this.#stamp()}.${wish.format === 'fhir' ? 'json' : wish.format}`,
      chunks: exports.flow(begun, done),
    };
  }

  async notes(session: Session, about: string, purpose: string): Promise<readonly Note[]> {
    await this.#reads(session, 'notes', purpose);
    return this.#parts.cases.list(about);
  }

  async note(session: Session, signed: SignedStatement): Promise<Note> {
    const live = this.#auditor(session);
    const { person, statement } = await this.#parts.verify(signed, 'note');
    if (person.subject !== live.subject)
      throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in', 'approval.kid');
    return this.#parts.cases.add(signed, statement, {
      subject: person.subject,
      kid: person.credential.key.kid,
    });
  }

  async retention(session: Session, purpose: string): Promise<RetentionView> {
    await this.#reads(session, 'retention', purpose);
    const { retention, cases, vault } = this.#parts;
    return {
      retention,
      holds: cases.holds().map(({ about, time, by, text }) => ({ about, time, by, text })),
      erased: vault
        .erased(MAX_ERASED)
        .map(({ patient, when, by }) => ({ patient: hex(patient).slice(0, 8), when, by })),
    };
  }

  async unmask(session: Session, command: string, reason: string): Promise<Unmasked> {
    const { person } = this.#auditor(session);
    return this.#parts.unmasking.show(session.id, person, command, reason);
  }

  async uses(
    session: Session,
    wish: { readonly from?: number | undefined; readonly before?: number | undefined },
  ): Promise<{ readonly uses: readonly KeyUse[]; readonly total: number }> {
    const { subject } = this.#parts.signIn.live(session);
    const { index, names, view } = this.#parts;
    const own = names().people.filter((one) => one.subject === subject);
    const kids = own.map(({ credential }) => hex(credential.key.kid));
    const filter = { ...wish, rows: 'all', kids, witnessed: view.witnessed } as const;
    const { rows, total } = await index.ask('search', filter);
    const uses = rows.map((row): KeyUse => {
      const { id: entry, time, kind, action, outcome, device, command, people } = row;
      const kid = people.find((one) => kids.includes(one.kid))?.kid ?? kids[0] ?? '';
      return { entry, time, kid, kind, action, outcome, device, command };
    });
    return { uses, total };
  }

  async erase(session: Session, signed: SignedStatement): Promise<number> {
    const { signIn, verify, erasures } = this.#parts;
    const live = signIn.live(session);
    if ((live.roles & ROLE.operator) === 0) throw new Refusal('E_ROLE', 'this is for operators', 'session');
    const { person, statement } = await verify(signed, 'erase');
    if (person.subject !== live.subject)
      throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in', 'approval.kid');
    return erasures.erase(signed, statement, { subject: person.subject, kid: person.credential.key.kid });
  }

  #saidAt(index: number | undefined): ReviewSaid | undefined {
    const said = index === undefined ? undefined : this.#parts.view.said(index);
    if (!said) return undefined;
    const { kid, ...more } = said;
    const person = this.#parts.names().people.find(({ credential }) => equal(credential.key.kid, kid));
    return { ...more, by: { kid: hex(kid), subject: person?.subject } };
  }

  /** Logs that somebody reads, once for each thing and purpose of a session. */
  async #reads(session: Session, what: string, purpose: string): Promise<void> {
    const { person } = this.#auditor(session);
    const now = this.#parts.now();
    const reading = `${session.id} ${what} ${purpose}`;
    if (now - (this.#readings.get(reading) ?? Number.NEGATIVE_INFINITY) < READING_MS) return;
    await this.#log('logRead', person, `${what}: ${purpose}`, {});
    const [oldest] = this.#readings.keys();
    if (this.#readings.size >= MAX_READINGS && oldest !== undefined) this.#readings.delete(oldest);
    this.#readings.set(reading, now);
  }

  async #log(
    type: 'export' | 'logRead',
    by: Person,
    detail: string,
    more: Pick<Entry, 'digest' | 'number'>,
  ): Promise<void> {
    const { log, now } = this.#parts;
    const kids = [by.credential.key.kid];
    await log.appendDurable([logEntry({ type, time: now(), kids, detail: detail.slice(0, 160), ...more })]);
  }

  /** Whose passkey is whose, so that people who leave keep their names in the index. */
  async #tellPeople(): Promise<void> {
    const people = this.#parts.names().people.map(({ subject, credential }) => ({
      kid: hex(credential.key.kid),
      subject,
      roles: credential.roles,
    }));
    await this.#parts.index.ask('people', people);
  }

  #title(): string {
    return this.#parts.simulated() ? 'countersign-SIMULATION' : 'countersign';
  }

  #stamp(): string {
    return new Date(this.#parts.now())
      .toISOString()
      .replaceAll(/[^0-9T]/gu, '')
      .slice(0, 15);
  }

  /** An auditor who is signed in at this moment. Throws Refusal E_ROLE or E_SESSION. */
  #auditor(session: Session): LiveSession {
    const live = this.#parts.signIn.live(session);
    if ((live.roles & ROLE.auditor) === 0) throw new Refusal('E_ROLE', 'this is for auditors', 'session');
    return live;
  }
}
