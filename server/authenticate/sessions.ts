import { base64url, type Bytes, hex, utf8 } from '../protocol/bytes.ts';
import type { SignedByPeople } from '../protocol/command.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, type SignedStatement, type Statement } from '../protocol/statement.ts';
import type { Person } from './authenticated.ts';

/** A person at a tablet, for one shift at most. */
export interface LiveSession {
  readonly id: string;
  readonly person: Person;
  readonly subject: string;
  readonly roles: number;
  readonly tablet: string;
  /** Unix ms. */
  readonly expires: number;
}

export interface SessionRules {
  readonly sha256: Sha256;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  /** Whose passkey approved a statement? */
  readonly personBehind: (signed: SignedStatement, label: SignedByPeople) => Promise<Person>;
  /** Throws Refusal when the person may not have a session now (locks, revocation). */
  readonly stillAllowed: (person: Person, tablet: string) => void;
  /** How long a session lasts (ms): the policy's word, one shift at most. */
  readonly life: () => number;
}

const NONCE_LIFE = 120_000;
const TICKET_LIFE = 30_000;
/** Open nonces, tickets and sessions; beyond this the oldest go first. */
const KEPT = 10_000;

/** Sessions, tickets and the nonces that statements are made over. Tokens are kept as hashes only. */
export class Sessions {
  readonly #rules: SessionRules;
  readonly #nonces = new Map<string, number>();
  readonly #sessions = new Map<string, LiveSession>();
  readonly #byId = new Map<string, LiveSession>();
  readonly #tickets = new Map<string, { session: LiveSession; expires: number }>();

  constructor(rules: SessionRules) {
    this.#rules = rules;
  }

  /** A fresh nonce for one statement. */
  challenge(): Bytes {
    const nonce = this.#rules.random(16);
    keep(this.#nonces, hex(nonce), this.#rules.now() + NONCE_LIFE);
    return nonce;
  }

  /**
   * A statement of one purpose, made over a nonce of ours, counted once. Throws Refusal E_SESSION for a foreign,
   * old or used nonce, and whatever the approval's check throws.
   */
  async statement(
    signed: SignedStatement,
    purpose: Statement['purpose'],
  ): Promise<{ person: Person; statement: Statement }> {
    const statement = parseStatement(signed.statement);
    if (statement.purpose !== purpose)
      throw new Refusal('E_CMD_SCHEMA', `expected a ${purpose} statement`, 'statement.2');
    const nonce = hex(statement.nonce);
    const expires = this.#nonces.get(nonce);
    this.#nonces.delete(nonce);
    if (expires === undefined || expires < this.#rules.now()) {
      throw new Refusal('E_SESSION', 'the nonce is not one of ours, or was used', 'statement.4');
    }
    const label = purpose === 'session' ? 'session' : 'statement';
    return { person: await this.#rules.personBehind(signed, label), statement };
  }

  /** Opens a session; the token is shown once and never again. */
  async open(signed: SignedStatement, tablet: string): Promise<{ token: string; session: LiveSession }> {
    const { person } = await this.statement(signed, 'session');
    this.#rules.stillAllowed(person, tablet);
    const token = base64url(this.#rules.random(32));
    const session: LiveSession = {
      id: hex(this.#rules.random(8)),
      person,
      subject: person.subject,
      roles: person.credential.roles,
      tablet,
      expires: this.#rules.now() + this.#rules.life(),
    };
    keep(this.#sessions, this.#key(token), session);
    keep(this.#byId, session.id, session);
    return { token, session };
  }

  /** The session behind a token, checked live. Throws Refusal E_SESSION or E_TOKEN_EXPIRED. */
  session(token: string): LiveSession {
    const session = this.#sessions.get(this.#key(token));
    if (!session) throw new Refusal('E_SESSION', 'no such session');
    return this.check(session);
  }

  /** The same session, still good at this moment. Throws Refusal. */
  check(session: LiveSession): LiveSession {
    if (session.expires < this.#rules.now()) throw new Refusal('E_TOKEN_EXPIRED', 'the session has ended');
    if (this.#byId.get(session.id) !== session)
      throw new Refusal('E_TOKEN_REVOKED', 'the session was closed');
    this.#rules.stillAllowed(session.person, session.tablet);
    return session;
  }

  /** The session with an id, checked live. Throws Refusal. */
  byId(id: string): LiveSession {
    const session = this.#byId.get(id);
    if (!session) throw new Refusal('E_SESSION', 'no such session');
    return this.check(session);
  }

  close(token: string): void {
    const session = this.#sessions.get(this.#key(token));
    this.#sessions.delete(this.#key(token));
    if (session) this.#byId.delete(session.id);
  }

  ticket(session: LiveSession): string {
    const ticket = base64url(this.#rules.random(24));
    keep(this.#tickets, this.#key(ticket), { session, expires: this.#rules.now() + TICKET_LIFE });
    return ticket;
  }

  /** The session behind a ticket, once. Throws Refusal E_SESSION. */
  redeem(ticket: string): LiveSession {
    const key = this.#key(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (!found || found.expires < this.#rules.now())
      throw new Refusal('E_SESSION', 'the ticket is used or too old');
    return this.check(found.session);
  }

  #key(secret: string): string {
    return hex(this.#rules.sha256(utf8(secret)));
  }
}

/** Adds to a map that forgets its oldest entry when it is full. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= KEPT) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
