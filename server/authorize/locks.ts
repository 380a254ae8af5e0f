import type { Person } from '../authenticate/authenticated.ts';
import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import { ROLE } from '../protocol/credential.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { SignedStatement } from '../protocol/statement.ts';
import type { Store } from '../store/store.ts';
import {
  isHeld,
  kindNamed,
  type Lock,
  type LockFacts,
  parseLockWish,
  parseUnlockWish,
} from './lock-kinds.ts';

export interface LocksNeed {
  readonly store: Pick<Store, 'write' | 'reader'>;
  readonly sha256: Sha256;
  /** Cryptographically random bytes. */
  readonly random: (size: number) => Bytes;
  /** Whose passkey signed a statement, counted once; throws Refusal when nobody's did. */
  readonly verify: (signed: SignedStatement, purpose: 'lock' | 'unlock') => Promise<Person>;
}

/** Who asks, as their session has it: the statement is to be their own, and counts with the roles they signed in with. */
export interface Asker {
  readonly subject: string;
  readonly roles: number;
}

/** A lock that was set or lifted, and the entry that has to go into the log. */
export interface LockChange {
  readonly lock: Lock;
  readonly entry: Entry;
}

/** Per kind, so that nobody can fill the list until the kill switch no longer fits. Checked one by one. */
const MAX_PER_KIND = 200;

const SELECT = 'SELECT id, kind, subject, reason, "by", since, until FROM lock';
const INSERT =
  'INSERT INTO lock (id, kind, subject, reason, "by", since, until) VALUES (?, ?, ?, ?, ?, ?, ?)';
const DELETE = 'DELETE FROM lock WHERE id = ?';

/** Locks on people, devices, tablets, roles, sites and everything; in force from the moment they are set. */
export class Locks {
  readonly #need: LocksNeed;
  /** Undefined: the list could not be read, and so everything is locked. */
  #locks: Map<string, Lock> | undefined;
  /** Set, and not yet known to be stored: reading the list again must not lift them. */
  readonly #unsaved = new Map<string, Lock>();

  /** Reads the list; when that fails everything stays locked until `reload` succeeds. */
  constructor(need: LocksNeed) {
    this.#need = need;
    this.reload();
  }

  /** Reads the list again. True when it could be read. */
  reload(): boolean {
    try {
      const stored = this.#need.store.reader(SELECT).all().map(lockOf);
      this.#locks = new Map([...stored, ...this.#unsaved.values()].map((lock) => [lock.id, lock]));
    } catch {
      this.#locks = undefined;
    }
    return this.#locks !== undefined;
  }

  /**
   * Throws Refusal E_LOCKED with the reason of the first lock that holds anything involved. Ask again right
   * before granting: a lock set in between counts.
   */
  check(facts: LockFacts, now: number): void {
    this.#refuse(now, (lock) => isHeld(lock, facts));
  }

  /**
   * Like `check`, for somebody who only signs in or reads: locks on a device, a site or everything stop commands,
   * and whoever lifts them needs a session to do it.
   */
  checkPresence(facts: Pick<LockFacts, 'people' | 'tablets'>, now: number): void {
    this.#refuse(now, (lock) => ['person', 'role', 'tablet'].includes(lock.kind) && isHeld(lock, facts));
  }

  #refuse(now: number, holds: (lock: Lock) => boolean): void {
    if (!this.#locks) throw new Refusal('E_LOCKED', 'the list of locks could not be read');
    for (const lock of this.#locks.values()) {
      if (isInForce(lock, now) && holds(lock)) throw new Refusal('E_LOCKED', `${lock.kind}: ${lock.reason}`);
    }
  }

  /** Locks in force; undefined when the list could not be read. */
  list(now: number): readonly Lock[] | undefined {
    return this.#locks && [...this.#locks.values()].filter((lock) => isInForce(lock, now));
  }

  /**
   * Sets a lock. Everybody who signs commands may, also somebody who is locked: stopping is never the dangerous
   * direction. Throws Refusal E_ROLE, E_RATE, E_LOCKED, E_CMD_MALFORMED, or what verifying throws; when it cannot
   * be stored it rejects, and the lock is in force all the same until the next restart.
   */
  async lock(signed: SignedStatement, asker: Asker, now: number): Promise<LockChange> {
    const by = await this.#need.verify(signed, 'lock');
    demandOwn(by, asker);
    demandRole(by, asker, ROLE.clinician | ROLE.second | ROLE.operator);
    const { seconds, ...wish } = parseLockWish(signed);
    if (wish.kind === 'role' && wish.subject === 'operator' && seconds === undefined) {
      throw new Refusal('E_CMD_MALFORMED', 'give it an end: nobody could lift it', 'statement.5.4');
    }
    const locks = this.#readable();
    const ops = this.#sweep(locks, now);
    if ([...locks.values()].filter(({ kind }) => kind === wish.kind).length >= MAX_PER_KIND) {
      throw new Refusal('E_RATE', `more than ${MAX_PER_KIND} locks of this kind: lift some`);
    }
    const lock: Lock = {
      ...wish,
      id: hex(this.#need.random(16)), // Typed at a command line, where a leading dash would be an option.
      by: by.subject,
      since: now,
      until: seconds === undefined ? undefined : now + seconds * 1000,
    };
    locks.set(lock.id, lock);
    this.#unsaved.set(lock.id, lock);
    const { id, kind, subject, reason, since, until } = lock;
    const params = [id, kind, subject, reason, lock.by, since, until ?? null];
    await this.#need.store.write([...ops, { sql: INSERT, params }]);
    this.#unsaved.delete(lock.id);
    return { lock, entry: this.#entry(lock, signed, by, now, 1) };
  }

  /**
   * Lifts a lock: who set it, or an operator; only an operator lifts locks on a role, a site or everything, and
   * nobody a lock on themselves, or while locked themselves. Throws Refusal E_SCOPE, E_ROLE, E_LOCKED or
   * E_CMD_MALFORMED. The lock holds until the store has forgotten it.
   */
  async unlock(signed: SignedStatement, asker: Asker, now: number): Promise<LockChange> {
    const by = await this.#need.verify(signed, 'unlock');
    demandOwn(by, asker);
    const locks = this.#readable();
    const lock = locks.get(parseUnlockWish(signed));
    if (!lock || !isInForce(lock, now))
      throw new Refusal('E_SCOPE', 'there is no such lock', 'statement.5.5');
    for (const other of locks.values()) {
      const onPeople = other.kind === 'person' || other.kind === 'role';
      const person = { subject: by.subject, roles: by.credential.roles };
      if (onPeople && isInForce(other, now) && isHeld(other, { people: [person] })) {
        throw new Refusal('E_LOCKED', 'whoever is locked lifts no lock');
      }
    }
    const needsOperator = lock.kind === 'all' || lock.kind === 'site' || lock.kind === 'role';
    if (needsOperator || lock.by !== by.subject) demandRole(by, asker, ROLE.operator);
    await this.#need.store.write([{ sql: DELETE, params: [lock.id] }]);
    this.#unsaved.delete(lock.id);
    this.#locks?.delete(lock.id);
    return { lock, entry: this.#entry(lock, signed, by, now, 0) };
  }

  #readable(): Map<string, Lock> {
    if (!this.#locks && !this.reload()) throw new Refusal('E_LOCKED', 'the list of locks could not be read');
    return this.#locks ?? new Map<string, Lock>();
  }

  #sweep(locks: Map<string, Lock>, now: number) {
    const over = [...locks.values()].filter((lock) => !isInForce(lock, now));
    for (const { id } of over) locks.delete(id);
    return over.map(({ id }) => ({ sql: DELETE, params: [id] }));
  }

  /** Never the reason: people write names into it. The digest of the statement binds it. */
  #entry(lock: Lock, { statement }: SignedStatement, by: Person, now: number, result: 0 | 1): Entry {
    const kids = [by.credential.key.kid];
    const detail = [lock.kind, lock.subject, lock.id].filter((part) => part !== '').join(' ');
    return { type: 'lock', time: now, kids, digest: this.#need.sha256(statement), result, detail };
  }
}

const isInForce = ({ until }: Lock, now: number): boolean => until === undefined || now < until;

function demandOwn({ subject }: Person, asker: Asker): void {
  if (subject !== asker.subject)
    throw new Refusal('E_ASSERTION', 'signed by somebody else than is signed in here', 'approval.kid');
}

function demandRole({ credential }: Person, { roles }: Asker, anyOf: number): void {
  if ((credential.roles & roles & anyOf) === 0) {
    throw new Refusal('E_ROLE', 'this needs an operator, or whoever set the lock', 'credential.roles');
  }
}

/** A row that cannot be understood throws, which locks everything: it may be the one that matters. */
function lockOf(row: Readonly<Record<string, unknown>>): Lock {
  const { id, kind, subject, reason, by, since, until } = row;
  const known = typeof kind === 'string' ? kindNamed(kind) : undefined;
  const fits =
    typeof id === 'string' && typeof subject === 'string' && typeof reason === 'string' &&
    typeof by === 'string' && typeof since === 'number' && (until === null || typeof until === 'number'); // prettier-ignore
  if (!known || !fits) throw new TypeError('a lock that cannot be understood');
  return { id, kind: known, subject, reason, by, since, until: until ?? undefined };
}
