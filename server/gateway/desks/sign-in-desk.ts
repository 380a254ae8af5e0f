import type { AccessToken } from '../../authenticate/access-token.ts';
import { demandFresh } from '../../authenticate/challenge.ts';
import type { Person } from '../../authenticate/authenticated.ts';
import type { LiveSession, Sessions } from '../../authenticate/sessions.ts';
import type { Tablet, Tablets } from '../../authenticate/tablets.ts';
import type { Credentials, Tokens } from '../../authenticate/tokens.ts';
import type { SignedOut } from '../../authenticate/signed-out.ts';
import type { OpenSession, Session, SignIn } from '../../edge/desks/desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { parseCommand } from '../../protocol/command.ts';
import { ROLE } from '../../protocol/credential.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { SignedStatement } from '../../protocol/statement.ts';

export interface SignInParts {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly tablets: Tablets;
  readonly signedOut: SignedOut;
  /** Everybody who is certified. */
  readonly people: () => Iterable<Person>;
  /** How long ago somebody may have signed in to sign commands (s): the policy's word. */
  readonly signAge: () => number;
  readonly now: () => number;
}

/** Sign-in as the edge sees it: tokens, sessions and tablets. */
export class SignInDesk implements SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  nonce(): string {
    return this.#parts.tokens.nonce();
  }

  admit(credentials: Credentials): Promise<AccessToken> {
    return this.#parts.tokens.admit(credentials);
  }

  passkeys({ subject }: AccessToken): readonly Bytes[] {
    const mine = Array.from(this.#parts.people()).filter((person) => person.subject === subject);
    return mine.map(({ certificate }) => certificate);
  }

  challenge(): Bytes {
    return this.#parts.sessions.challenge();
  }

  open(token: AccessToken, signed: SignedStatement): Promise<Session> {
    return this.#parts.sessions.open(token, signed);
  }

  session(token: AccessToken): Session {
    return this.#parts.sessions.session(token);
  }

  close(session: Session): void {
    this.#parts.sessions.close(session);
  }

  allOf({ id, subject }: Session): readonly OpenSession[] {
    const all = this.#parts.sessions.allOf(subject);
    return all.map(({ tablet, since, id: one }) => ({ tablet, since, here: one === id }));
  }

  async endAll(session: Session): Promise<readonly OpenSession[]> {
    const { sessions, signedOut, now } = this.#parts;
    const { subject, tablet, person } = this.live(session);
    const all = this.allOf(session);
    const kids = [person.credential.key.kid];
    sessions.endAll(subject, tablet);
    await signedOut.add(subject, now(), {
      type: 'signedOut',
      kids,
      number: all.length,
      detail: tablet,
    });
    return all;
  }

  onEndOfAll(session: Session, tell: (tablet: string) => void): () => void {
    return this.#parts.sessions.onEndOfAll(session, tell);
  }

  ticket(session: Session): string {
    return this.#parts.sessions.ticket(this.live(session));
  }

  redeem(ticket: string): Session {
    return this.#parts.sessions.redeem(ticket);
  }

  /** Is somebody signed in anywhere, at this moment? */
  isHere(subject: string): boolean {
    return this.#parts.sessions.allOf(subject).length > 0;
  }

  /** The same session, still good at this moment. Throws Refusal. */
  live(session: Session): LiveSession {
    return this.#parts.sessions.byId(session.id);
  }

  /**
   * Who signs commands has approved that for this session, and signed in moments ago. Throws Refusal E_ROLE, E_STEP_UP,
   * or E_SCOPE for a device that the token is not for.
   */
  maySign(session: Session, command: Bytes): void {
    const live = this.live(session);
    if (live.devices && !live.devices.has(hex(parseCommand(command).device)))
      throw new Refusal('E_SCOPE', 'the token is for other devices', 'token.claims.authorization_details');
    if (!live.scope.has('command'))
      throw new Refusal('E_ROLE', 'this session was approved for reading only', 'session.scope');
    demandFresh(live, this.#parts.signAge(), this.#parts.now());
  }

  /** Throws Refusal E_ROLE for everybody but operators. */
  tablets({ roles }: Session): readonly Tablet[] {
    if ((roles & ROLE.operator) === 0) throw new Refusal('E_ROLE', 'operators see the tablets', 'session');
    return this.#parts.tablets.all;
  }

  /** Enrols a tablet or takes one off, by a statement of whoever is signed in. Throws Refusal. */
  async changeTablet(session: Session, signed: SignedStatement, kind: 'on' | 'off'): Promise<Tablet> {
    const { person } = await this.#parts.sessions.statement(signed, 'enrolment');
    if (person.subject !== session.subject)
      throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in here', 'approval.kid');
    return this.#parts.tablets.change(signed, kind, person, session.roles);
  }
}
