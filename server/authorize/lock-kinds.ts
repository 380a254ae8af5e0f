import type { Bytes } from '../protocol/encoding/bytes.ts';
import { ROLE } from '../protocol/credential.ts';
import { Fields } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, type SignedStatement } from '../protocol/statement.ts';

/** What a lock can be on; `all` is the kill switch. */
const KINDS = ['person', 'device', 'tablet', 'role', 'site', 'all'] as const;
export type LockKind = (typeof KINDS)[number];

export interface Lock {
  /** 128 random bits, hex. */
  readonly id: string;
  readonly kind: LockKind;
  /** Subject (hex), device id (hex), tablet id, role name or site; empty for `all`. */
  readonly subject: string;
  /** For everybody who meets the lock. */
  readonly reason: string;
  /** Subject (hex) of who set it. */
  readonly by: string;
  /** Unix ms. */
  readonly since: number;
  /** Unix ms; undefined: until somebody lifts it. */
  readonly until: number | undefined;
}

/** Who and what a request involves, as far as locks can be on it. Leave out what it does not involve. */
export interface LockFacts {
  readonly people: readonly { readonly subject: string; readonly roles: number }[];
  readonly tablets?: readonly string[];
  readonly device?: string;
  readonly site?: string;
}

export const kindNamed = (name: string): LockKind | undefined => KINDS.find((kind) => kind === name);

/** Bit of a role name; 0 when there is no such role. */
export const roleBit = (name: string): number =>
  Object.entries(ROLE).find(([role]) => role === name)?.[1] ?? 0;

const HEX_SUBJECT = /^(?:[0-9a-f]{2}){1,32}$/u;
const SHAPES: Record<LockKind, (subject: string) => boolean> = {
  person: (subject) => HEX_SUBJECT.test(subject),
  device: (subject) => /^[0-9a-f]{16}$/u.test(subject),
  tablet: (subject) => /^[!-~]{1,100}$/u.test(subject),
  role: (subject) => roleBit(subject) !== 0,
  site: (subject) => /^[ -~]{1,64}$/u.test(subject),
  all: (subject) => subject === '',
};

/** Does the lock hold something that the request involves? */
export function isHeld({ kind, subject }: Lock, { people, tablets, device, site }: LockFacts): boolean {
  switch (kind) {
    case 'person':
      return people.some((person) => person.subject === subject);
    case 'device':
      return device === subject;
    case 'tablet':
      return tablets?.includes(subject) ?? false;
    case 'role':
      return people.some(({ roles }) => (roles & roleBit(subject)) !== 0);
    case 'site':
      return site === subject;
    case 'all':
      return true;
    default:
      return kind satisfies never;
  }
}

export type Wish = Pick<Lock, 'kind' | 'subject' | 'reason'> & { readonly seconds: number | undefined };

const MAX_SECONDS = 366 * 86_400;
const MAX_REASON = 200;

/** Reads `{ 1: kind, 2: subject, 3: reason, ? 4: seconds }` of a `lock` statement; throws Refusal E_CMD_MALFORMED. */
export function parseLockWish({ statement }: SignedStatement): Wish {
  const f = Fields.of(detailOf(statement, 'lock'), 'statement.5', [1, 2, 3], [4]);
  const kind = kindNamed(f.text(1, 20));
  if (!kind) throw new Refusal('E_CMD_MALFORMED', `expected one of ${KINDS.join(', ')}`, 'statement.5.1');
  const subject = f.text(2, 100);
  if (!SHAPES[kind](subject)) throw new Refusal('E_CMD_MALFORMED', `no such ${kind}`, 'statement.5.2');
  const reason = f.text(3, MAX_REASON);
  if (!/[\p{L}\p{N}]/u.test(reason)) {
    throw new Refusal('E_CMD_MALFORMED', 'whoever meets the lock must read why', 'statement.5.3');
  }
  const seconds = f.has(4) ? f.uint(4, MAX_SECONDS) : undefined;
  if (seconds === 0) throw new Refusal('E_CMD_MALFORMED', 'a lock for no time', 'statement.5.4');
  return { kind, subject, reason, seconds };
}

/** Reads `{ 5: lock id, ? 1: kind, ? 2: subject, ? 3: reason }` of an `unlock` statement: the id is what counts. */
export function parseUnlockWish({ statement }: SignedStatement): string {
  const f = Fields.of(detailOf(statement, 'unlock'), 'statement.5', [5], [1, 2, 3]);
  return f.text(5, 40);
}

function detailOf(bytes: Bytes, purpose: 'lock' | 'unlock') {
  const statement = parseStatement(bytes);
  if (statement.purpose !== purpose) {
    throw new Refusal('E_CMD_MALFORMED', `expected a statement to ${purpose}`, 'statement.2');
  }
  return statement.detail;
}
