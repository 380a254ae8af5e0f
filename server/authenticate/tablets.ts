import { base64url, type Bytes, unbase64url } from '../protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../protocol/encoding/cbor.ts';
import { ROLE } from '../protocol/credential.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { Entry } from '../protocol/log/entry.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf, uint } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, PURPOSE, type SignedStatement } from '../protocol/statement.ts';
import type { Person } from './authenticated.ts';

/** A tablet whose key an operator enrolled. */
export interface Tablet {
  readonly name: string;
  /** Thumbprint (RFC 7638, base64url) of the key its tokens are bound to. */
  readonly jkt: string;
}

export interface TabletsNeed {
  readonly sha256: Sha256;
  /** What was kept before, over a restart. */
  readonly kept: Bytes | undefined;
  /** Keeps the list and logs what changed it, in one transaction. */
  readonly keep: (list: Bytes, entry: Omit<Entry, 'time'>) => Promise<void>;
}

interface Held extends Tablet {
  readonly enrolled: boolean;
}

/** Tablets of a hospital, those that were taken off included. */
const MAX_TABLETS = 4_000;
const MAX_LIST = 1024 * 1024;
const NAME = /^[A-Za-z0-9._-]{1,64}$/u;
/** What an enrolment statement is about: detail `{ 1: "tablet" / "tablet off", 2: name, 3: thumbprint }`. */
const KIND = { on: 'tablet', off: 'tablet off' } as const;

/** The tablets of the hospital: a name is an operator's word about a key, never the tablet's own. */
export class Tablets {
  readonly #need: TabletsNeed;
  /** By thumbprint. */
  #held: ReadonlyMap<string, Held>;
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws Refusal E_CMD_MALFORMED when what was kept cannot be read. */
  constructor(need: TabletsNeed) {
    this.#need = need;
    this.#held = new Map(need.kept ? decoded(need.kept).map((one) => [one.jkt, one]) : []);
  }

  /** The tablet with a key; throws Refusal E_NOT_ENROLLED. */
  named(jkt: string): string {
    const held = this.#held.get(jkt);
    if (!held?.enrolled) throw new Refusal('E_NOT_ENROLLED', 'no operator enrolled this tablet', 'tablet');
    return held.name;
  }

  get all(): readonly Tablet[] {
    return [...this.#held.values()]
      .filter(({ enrolled }) => enrolled)
      .map(({ name, jkt }) => ({ name, jkt }));
  }

  /** True when a key was ever enrolled here: what a file says of it does not count any more. */
  met(jkt: string): boolean {
    return this.#held.has(jkt);
  }

  /**
   * Enrols a tablet, or takes one off, by an operator's statement whose signature was checked. Throws Refusal E_ROLE,
   * E_SCOPE for one that is not there, E_CMD_SCHEMA when key or name are taken, E_RATE or E_CMD_MALFORMED.
   */
  change(signed: SignedStatement, kind: 'on' | 'off', by: Person, roles: number): Promise<Tablet> {
    // One after the other: the list is kept as a whole.
    const mine = this.#turn.then(() => this.#change(signed, kind, by, roles));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #change(
    { statement }: SignedStatement,
    kind: 'on' | 'off',
    by: Person,
    roles: number,
  ): Promise<Tablet> {
    if ((by.credential.roles & roles & ROLE.operator) === 0)
      throw new Refusal('E_ROLE', 'operators enrol tablets', 'credential.roles');
    const { purpose, detail } = parseStatement(statement);
    if (purpose !== 'enrolment') throw new Refusal('E_CMD_SCHEMA', 'expected an enrolment', 'statement.2');
    const fields = Fields.of(detail, 'statement.5', [1, 2, 3]);
    if (textOf(fields.value(1), 'statement.5.1', 16) !== KIND[kind])
      throw new Refusal('E_CMD_SCHEMA', `expected "${KIND[kind]}"`, 'statement.5.1');
    const name = textOf(fields.value(2), 'statement.5.2', 64);
    if (!NAME.test(name)) throw new Refusal('E_CMD_MALFORMED', 'not a name for a tablet', 'statement.5.2');
    const jkt = base64url(fields.bytes(3, 32));
    const digest = this.#need.sha256(statement);
    const next = new Map(this.#held);
    if (kind === 'on') {
      this.#expectFree(name, jkt);
      next.set(jkt, { name, jkt, enrolled: true });
    } else {
      const held = next.get(jkt);
      if (!held?.enrolled || held.name !== name)
        throw new Refusal('E_SCOPE', 'there is no such tablet', 'statement.5');
      next.set(jkt, { ...held, enrolled: false });
    }
    const entry = {
      type: 'statement',
      digest,
      kids: [by.credential.key.kid],
      number: PURPOSE.enrolment,
    } as const;
    if (kind === 'off') this.#held = next; // In force at once; what follows only makes it last.
    await this.#need.keep(encoded(next.values()), entry);
    this.#held = next;
    return { name, jkt };
  }

  #expectFree(name: string, jkt: string): void {
    if (this.#held.get(jkt)?.enrolled)
      throw new Refusal('E_CMD_SCHEMA', 'this key is enrolled already', 'statement.5.3');
    if (this.all.some((tablet) => tablet.name === name))
      throw new Refusal('E_CMD_SCHEMA', 'another tablet has this name: take it off first', 'statement.5.2');
    if (this.#held.size >= MAX_TABLETS) throw new Refusal('E_RATE', `more than ${MAX_TABLETS} tablets`);
  }
}

const encoded = (all: Iterable<Held>): Bytes =>
  encode(Array.from(all, ({ jkt, name, enrolled }): Cbor => [unbase64url(jkt), name, enrolled ? 1 : 0]));

function decoded(bytes: Bytes): Held[] {
  const list = arrayOf(decodeStrict(bytes, 'tablets', MAX_LIST), 'tablets', 0, MAX_TABLETS);
  return list.map((one, i): Held => {
    const at = `tablets.${i}`;
    const [jkt, name, enrolled] = arrayOf(one, at, 3, 3);
    return {
      jkt: base64url(bytesOf(jkt, at, 32)),
      name: textOf(name, at, 64),
      enrolled: uint(enrolled, at) === 1,
    };
  });
}
