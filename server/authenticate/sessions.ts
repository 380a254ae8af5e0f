import { base64url, type Bytes, hex, utf8 } from '../protocol/encoding/bytes.ts';
import type { SignedByPeople } from '../protocol/command.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Fields, textOf } from '../protocol/encoding/fields.ts';
import { readableBy } from '../protocol/read-scope.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, type SignedStatement, type Statement } from '../protocol/statement.ts';
import type { AccessToken } from './access-token.ts';
import type { Person } from './authenticated.ts';
import { demandFresh } from './challenge.ts';

/** A person at a tablet, for one shift at most, as long as fresh tokens keep coming. */
export interface LiveSession {
  readonly id: string;
  readonly person: Person;
  readonly subject: string;
  /** Roles in the credential that the newest token has too. */
  readonly roles: number;
  /** What the person approved for this session, and the newest token still allows. */
  readonly scope: ReadonlySet<string>;
  /** The only devices the newest token is for, where it was narrowed. */
  readonly devices: ReadonlySet<string> | undefined;
  readonly tablet: string;
  /** Unix ms: when it was approved, and when it ends. */
  readonly since: number;
  readonly expires: number;
  /** How and when the person signed in last (Unix ms). */
  readonly acr: string;
  readonly authTime: number;
}

interface Held extends LiveSession {
  roles: number;
  scope: ReadonlySet<string>;
  devices: ReadonlySet<string> | undefined;
  acr: string;
  authTime: number;
  readonly approved: ReadonlySet<string>;
  readonly jkt: string;
  /** Of the newest token (Unix ms). */
  issued: number;
  tokenExpires: number;
  /** Told when its person ends all their sessions, and at which tablet. */
  readonly told: Set<(tablet: string) => void>;
}

export interface SessionRules {
  readonly sha256: Sha256;
  readonly random: (size: number) => Bytes;
  readonly now: () => number;
  /** Whose passkey approved a statement? */
  readonly personBehind: (signed: SignedStatement, label: SignedByPeople) => Promise<Person>;
  /** Name of the enrolled tablet with a key (base64url thumbprint); throws Refusal E_NOT_ENROLLED. */
  readonly tablet: (jkt: string) => string;
  /** Throws Refusal when the person may not have a session now (locks, revocation). */
  readonly stillAllowed: (person: Person, tablet: string) => void;
  /** Throws Refusal E_TOKEN_REVOKED for a sign-in that its person has ended everywhere. */
  readonly demandLater: (token: AccessToken) => void;
  /** The policy's word: how long a session lasts, one shift at most (ms), and how old a sign-in may be to read (s). */
  readonly life: () => number;
  readonly readAge: () => number;
}

const NONCE_LIFE = 120_000;
const TICKET_LIFE = 30_000;
/** Open nonces, tickets and sessions; beyond this the oldest go first. */
const KEPT = 10_000;
const MAX_SCOPE = 200;

/**
 * Sessions, tickets and the nonces that statements are made over. A session belongs to the key of one tablet and to the
 * person who approved it there with the signing passkey; a token alone opens nothing.
 */
export class Sessions {
  readonly #rules: SessionRules;
  readonly #nonces = new Map<string, number>();
  /** By thumbprint of the tablet's key: one tablet, one session. */
  readonly #sessions = new Map<string, Held>();
  readonly #byId = new Map<string, Held>();
  readonly #tickets = new Map<string, { session: Held; expires: number }>();

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

  /**
   * Opens a session for a verified token: its person approves, with the signing passkey, the thumbprint of the tablet's
   * key and the scope (detail `{ 1: thumbprint, 2: scope }`). An earlier session of this tablet ends. Throws Refusal.
   */
  async open(token: AccessToken, signed: SignedStatement): Promise<LiveSession> {
    this.#rules.demandLater(token);
    const tablet = this.#rules.tablet(token.jkt);
    const { person, statement } = await this.statement(signed, 'session');
    const detail = Fields.of(statement.detail, 'statement.5', [1, 2]);
    if (base64url(detail.bytes(1, 32)) !== token.jkt)
      throw new Refusal('E_DPOP_BINDING', 'approved for another tablet', 'statement.5.1');
    const approved = new Set(textOf(detail.value(2), 'statement.5.2', MAX_SCOPE).split(' '));
    if (readableBy(approved).size === 0 || [...approved].some((one) => !token.scope.has(one)))
      throw new Refusal('E_ROLE', 'the token does not allow what was approved', 'statement.5.2');
    if (person.subject !== token.subject)
      throw new Refusal('E_ASSERTION', 'approved by somebody else than is signed in', 'approval.kid');
    this.#rules.stillAllowed(person, tablet);
    const session: Held = {
      id: hex(this.#rules.random(8)),
      person,
      subject: person.subject,
      tablet,
      since: this.#rules.now(),
      expires: this.#rules.now() + this.#rules.life(),
      told: new Set(),
      approved,
      jkt: token.jkt,
      ...said(token, person, approved),
    };
    if (session.roles === 0)
      throw new Refusal('E_ROLE', 'credential and token share no role', 'token.claims.roles');
    demandFresh(session, this.#rules.readAge(), this.#rules.now());
    const before = this.#sessions.get(token.jkt);
    if (before) this.close(before);
    keep(this.#sessions, token.jkt, session);
    keep(this.#byId, session.id, session);
    return session;
  }

  /**
   * The session behind a verified token, checked live; a newer token carries it on. Throws Refusal E_SESSION,
   * E_TOKEN_EXPIRED, E_STEP_UP ...
   */
  session(token: AccessToken): LiveSession {
    this.#rules.demandLater(token);
    const session = this.#sessions.get(token.jkt);
    if (!session || session.subject !== token.subject)
      throw new Refusal('E_SESSION', 'no session was approved for this tablet and person');
    // An older token takes nothing back: what the issuer said last counts.
    if (token.issued >= session.issued) Object.assign(session, said(token, session.person, session.approved));
    return this.check(session);
  }

  /** The same session, still good at this moment: asked for each request and each message. Throws Refusal. */
  check(session: LiveSession): LiveSession {
    const now = this.#rules.now();
    const held = this.#byId.get(session.id);
    if (!held) throw new Refusal('E_TOKEN_REVOKED', 'the session was closed');
    if (held.expires < now) throw new Refusal('E_TOKEN_EXPIRED', 'the session has ended');
    if (held.tokenExpires < now)
      throw new Refusal('E_TOKEN_EXPIRED', 'the token has ended: bring a newer one');
    if (this.#rules.tablet(held.jkt) !== held.tablet)
      throw new Refusal('E_NOT_ENROLLED', 'the tablet has another name now', 'tablet');
    this.#rules.stillAllowed(held.person, held.tablet);
    demandFresh(held, this.#rules.readAge(), now);
    return held;
  }

  /** The session with an id, checked live. Throws Refusal. */
  byId(id: string): LiveSession {
    const session = this.#byId.get(id);
    if (!session) throw new Refusal('E_SESSION', 'no such session');
    return this.check(session);
  }

  close({ id }: Pick<LiveSession, 'id'>): void {
    const session = this.#byId.get(id);
    this.#byId.delete(id);
    if (session && this.#sessions.get(session.jkt) === session) this.#sessions.delete(session.jkt);
  }

  /** The sessions of one person that are good at this moment. */
  allOf(subject: string): readonly LiveSession[] {
    return [...this.#byId.values()].filter((one) => one.subject === subject && this.#isGood(one));
  }

  /** Ends all sessions of one person, and tells whoever listens at which tablet that was done. */
  endAll(subject: string, tablet: string): void {
    for (const one of [...this.#byId.values()].filter((held) => held.subject === subject)) {
      this.close(one);
      for (const tell of one.told) tell(tablet);
    }
  }

  /** Has somebody told when all sessions of the person are ended; returns the unsubscriber. */
  onEndOfAll({ id }: Pick<LiveSession, 'id'>, tell: (tablet: string) => void): () => void {
    const told = this.#byId.get(id)?.told;
    told?.add(tell);
    return () => void told?.delete(tell);
  }

  #isGood(session: LiveSession): boolean {
    try {
      this.check(session);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  ticket(session: LiveSession): string {
    const held = this.#byId.get(session.id);
    if (!held) throw new Refusal('E_SESSION', 'no such session');
    const ticket = base64url(this.#rules.random(24));
    keep(this.#tickets, this.#key(ticket), { session: held, expires: this.#rules.now() + TICKET_LIFE });
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

/** What a token says of the session it carries. */
const said = (
  { roles, scope, devices, acr, authTime, issued, expires }: AccessToken,
  person: Person,
  approved: ReadonlySet<string>,
) => ({
  roles: person.credential.roles & roles,
  scope: new Set([...approved].filter((one) => scope.has(one))),
  devices,
  acr,
  authTime,
  issued,
  tokenExpires: expires,
});

/** Adds to a map that forgets its oldest entry when it is full. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= KEPT) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
