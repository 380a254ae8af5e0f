import { LIMITS } from '../limits.ts';
import type { Person } from '../authenticate/authenticated.ts';
import { type Bytes, equal, hex, unhex } from '../protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../protocol/encoding/cbor.ts';
import { ROLE } from '../protocol/credential.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf, uint } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, PURPOSE, type SignedStatement } from '../protocol/statement.ts';

/** Somebody opened a patient they do not care for, said why, and answers for it. */
export interface BrokenGlass {
  /** SHA-256 of the signed statement. */
  readonly id: Bytes;
  readonly subject: string;
  /** FHIR id of the patient, and the devices (hex) that were theirs then. */
  readonly patient: string;
  readonly devices: readonly string[];
  readonly reason: string;
  readonly text: string;
  /** Unix ms. */
  readonly since: number;
  readonly until: number;
}

export interface BreakGlassNeed {
  readonly sha256: Sha256;
  readonly kept: Bytes | undefined;
  /** Keeps the list and logs what changed it, in one transaction; with it until when and why it is open, where that changed. */
  readonly keep: (list: Bytes, entry: Omit<Entry, 'time'>, opening?: BrokenGlass) => Promise<void>;
  /** Whose passkey signed a statement, counted once. Throws Refusal. */
  readonly verify: (signed: SignedStatement, purpose: 'breakGlass' | 'review') => Promise<Person>;
}

/** Who asks, as their session has it. */
export interface GlassAsker {
  readonly subject: string;
  readonly roles: number;
}

/** Why, in a word, so that nobody has to type at the worst of moments. Details may follow in the review. */
const REASONS = ['emergency', 'team-absent', 'consult', 'handover', 'other'] as const;
/** Each is reviewed within a day; whoever has one older than that waiting breaks no further glass. */
const REVIEW_WITHIN_MS = 24 * 3_600_000;
/** Waiting for a review, of one person: more is no emergency any more. */
const MOST_EACH = 5;
const MAX_LIST = 256 * 1024;

/**
 * Break-glass: a signed statement opens one patient for reading and for small changes, for an hour at most. It lifts no
 * limit, no lock and no second person; it is in the log before it counts, and somebody else has to review it.
 */
export class BreakGlass {
  readonly #need: BreakGlassNeed;
  /** Not yet reviewed, open or over. */
  #list: readonly BrokenGlass[];
  #turn: Promise<void> = Promise.resolve();

  constructor(need: BreakGlassNeed) {
    this.#need = need;
    this.#list = need.kept ? parseList(need.kept) : [];
  }

  /** Is a device open to somebody this way, now? */
  opens(subject: string, device: string, now: number): boolean {
    return this.#list.some(
      (one) => isOpen(one, now) && one.subject === subject && one.devices.includes(device),
    );
  }

  opensPatient(subject: string, patient: string, now: number): boolean {
    return this.#list.some((one) => isOpen(one, now) && one.subject === subject && one.patient === patient);
  }

  /** All that nobody has reviewed. */
  get unreviewed(): readonly BrokenGlass[] {
    return this.#list;
  }

  /**
   * Opens a patient by a `breakGlass` statement: `{ 1: patient (as the address has it), 2: reason, 3: text, 4: seconds }`.
   * Throws Refusal E_ROLE, E_REVIEW, E_RATE, E_CMD_MALFORMED, or what verifying and logging throw.
   *
   * @param patientOf finds the patient behind the opaque name; throws Refusal E_SCOPE
   */
  async open(
    signed: SignedStatement,
    asker: GlassAsker,
    patientOf: (id: string) => { readonly fhirId: string; readonly devices: readonly string[] },
    now: number,
  ): Promise<BrokenGlass> {
    const by = await this.#need.verify(signed, 'breakGlass');
    demandOwn(by, asker);
    if ((by.credential.roles & asker.roles & (ROLE.clinician | ROLE.second)) === 0)
      throw new Refusal('E_ROLE', 'only who treats patients breaks the glass', 'credential.roles');
    const detail = Fields.of(parseStatement(signed.statement).detail, 'statement.5', [1, 2, 3, 4]);
    const reason = REASONS.find((known) => known === detail.value(2));
    if (!reason) throw new Refusal('E_CMD_MALFORMED', `expected ${REASONS.join(', ')}`, 'statement.5.2');
    const text = textOf(detail.value(3), 'statement.5.3', 500);
    const seconds = detail.uint(4, LIMITS.breakGlass.max / 1000);
    if (seconds < 60) throw new Refusal('E_CMD_MALFORMED', 'a minute at least', 'statement.5.4');
    const { fhirId, devices } = patientOf(hex(detail.bytes(1, 16)));
    const mine = this.#list.filter(({ subject }) => subject === by.subject);
    if (mine.some(({ since }) => now - since > REVIEW_WITHIN_MS))
      throw new Refusal('E_REVIEW', 'an earlier one of yours was not reviewed in time');
    if (this.#list.length >= LIMITS.glassList.max || mine.length >= MOST_EACH)
      throw new Refusal('E_RATE', 'too many wait for their review');
    const id = this.#need.sha256(signed.statement);
    const broken: BrokenGlass = {
      id, subject: by.subject, patient: fhirId, devices, reason, text, since: now, until: now + seconds * 1000,
    }; // prettier-ignore
    const [device] = devices;
    const about = device === undefined ? {} : { device: unhex(device) };
    const entry = { type: 'breakGlass', kids: [signed.approval.kid], digest: id, ...about } as const;
    await this.#change((list) => [...list, broken], entry, broken);
    return broken;
  }

  /**
   * Whoever opened it closes it before its time: the log has the same digest again. It is reviewed all the same. Throws
   * Refusal E_SCOPE.
   *
   * @param kid of the passkey that opened the session
   */
  async close(id: string, { subject }: GlassAsker, kid: Bytes, now: number): Promise<BrokenGlass> {
    const one = this.#list.find(
      (each) => hex(each.id) === id && each.subject === subject && isOpen(each, now),
    );
    if (!one) throw new Refusal('E_SCOPE', 'nothing of yours is open by that name', 'id');
    const closed = { ...one, until: now };
    const entry = { type: 'breakGlass', kids: [kid], digest: one.id } as const;
    await this.#change((list) => list.map((each) => (each === one ? closed : each)), entry, closed);
    return closed;
  }

  /**
   * Closes the review by a `review` statement `{ 3: what was found, 4: id }` of an operator or a second clinician who is
   * not the one who broke it. Throws Refusal E_SCOPE, E_ROLE, E_DUAL_SAME_PERSON or E_CMD_MALFORMED.
   */
  async review(signed: SignedStatement, asker: GlassAsker, now: number): Promise<BrokenGlass> {
    const by = await this.#need.verify(signed, 'review');
    demandOwn(by, asker);
    const detail = Fields.of(parseStatement(signed.statement).detail, 'statement.5', [3, 4]);
    if (textOf(detail.value(3), 'statement.5.3', 500).trim() === '')
      throw new Refusal('E_CMD_MALFORMED', 'say what you found', 'statement.5.3');
    const id = detail.bytes(4, 32);
    const one = this.#list.find((each) => equal(each.id, id));
    if (!one) throw new Refusal('E_SCOPE', 'no such review is open', 'statement.5.4');
    if (one.subject === by.subject)
      throw new Refusal('E_DUAL_SAME_PERSON', 'whoever broke the glass does not review it', 'statement');
    if ((by.credential.roles & asker.roles & (ROLE.operator | ROLE.second)) === 0)
      throw new Refusal('E_ROLE', 'an operator or a second clinician reviews', 'credential.roles');
    if (isOpen(one, now))
      throw new Refusal('E_CMD_SCHEMA', 'it is still open: review it once it is over', 'statement.5.4');
    const digest = this.#need.sha256(signed.statement);
    const kids = [signed.approval.kid];
    const entry = { type: 'statement', digest, kids, number: PURPOSE.review } as const;
    await this.#change((list) => list.filter((each) => each !== one), entry);
    return one;
  }

  /** In the log first, in force then; one change after the other. */
  #change(
    change: (list: readonly BrokenGlass[]) => readonly BrokenGlass[],
    entry: Omit<Entry, 'time'>,
    opening?: BrokenGlass,
  ) {
    const mine = this.#turn.then(async () => {
      const next = change(this.#list);
      await this.#need.keep(encode(next.map(valueOf)), entry, opening);
      this.#list = next;
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const isOpen = ({ until }: BrokenGlass, now: number): boolean => now < until;

function demandOwn({ subject }: Person, asker: GlassAsker): void {
  if (subject !== asker.subject)
    throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in here', 'approval.kid');
}

const valueOf = ({ id, subject, patient, devices, reason, text, since, until }: BrokenGlass): Cbor => [
  id, subject, patient, [...devices], reason, text, since, until,
]; // prettier-ignore

function parseList(bytes: Bytes): readonly BrokenGlass[] {
  const list = arrayOf(decodeStrict(bytes, 'glass', MAX_LIST), 'glass', 0, LIMITS.glassList.max);
  return list.map((value) => {
    const [id, subject, patient, devices, reason, said, since, until] = arrayOf(value, 'glass', 8, 8);
    return {
      id: bytesOf(id, 'glass', 32),
      subject: textOf(subject, 'glass', 64),
      patient: textOf(patient, 'glass', 64),
      devices: arrayOf(devices, 'glass', 0, 64).map((device) => textOf(device, 'glass', 16)),
      reason: textOf(reason, 'glass', 40),
      text: textOf(said, 'glass', 500),
      since: uint(since, 'glass'),
      until: uint(until, 'glass'),
    };
  });
}
