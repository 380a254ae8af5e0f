import { type Approval, approvalValue, parseApproval } from './approval.ts';
import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode, isMap } from './encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, Fields } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/** What people sign besides commands. One type with a purpose, never a look-alike of a command. */
export const PURPOSE = {
  session: 1,
  lock: 2,
  unlock: 3,
  policy: 4,
  enrolment: 5,
  breakGlass: 6,
  export: 7,
  lost: 8,
  cancel: 9,
  review: 10,
  note: 11,
  erase: 12,
  reason: 13,
} as const;
export type Purpose = keyof typeof PURPOSE;
const isPurpose = (name: string): name is Purpose => Object.hasOwn(PURPOSE, name);
const PURPOSES = new Map<number, Purpose>(
  Object.keys(PURPOSE)
    .filter(isPurpose)
    .map((name) => [PURPOSE[name], name]),
);

/**
 * A statement: `{ 1: version, 2: purpose, 3: time (unix s), 4: nonce, 5: { field => text | bytes | uint } }`.
 * The nonce comes from the gateway, so a statement counts once.
 */
export interface Statement {
  readonly purpose: Purpose;
  readonly time: number;
  readonly nonce: Bytes;
  readonly detail: ReadonlyMap<number, Cbor>;
}

const MAX_STATEMENT = 2048;

export function encodeStatement(statement: Statement): Bytes {
  return encode(
    new Map<number, Cbor>([
      [1, 1],
      [2, PURPOSE[statement.purpose]],
      [3, statement.time],
      [4, statement.nonce],
      [5, statement.detail],
    ]),
  );
}

/** Reads a statement; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseStatement(bytes: Bytes): Statement {
  const f = Fields.of(decodeStrict(bytes, 'statement', MAX_STATEMENT), 'statement', [1, 2, 3, 4, 5]);
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'statement version', 'statement.1');
  const purpose = PURPOSES.get(f.uint(2));
  if (!purpose) throw new Refusal('E_CMD_MALFORMED', 'no such purpose', 'statement.2');
  const detail = f.value(5);
  if (!isMap(detail)) throw new Refusal('E_CMD_MALFORMED', 'expected a map', 'statement.5');
  return { purpose, time: f.uint(3), nonce: f.bytes(4, 16), detail };
}

/** A statement with the approval of the person who makes it: `[statement, approval]`. */
export interface SignedStatement {
  readonly statement: Bytes;
  readonly approval: Approval;
}

export const encodeSigned = (signed: SignedStatement): Bytes =>
  encode([signed.statement, approvalValue(signed.approval)]);

/** Reads a signed statement's shape; throws Refusal E_CMD_MALFORMED. */
export function parseSigned(bytes: Bytes): SignedStatement {
  const [statement, approval] = arrayOf(decodeStrict(bytes, 'statement', 4096), 'statement', 2, 2);
  return { statement: bytesOf(statement, 'statement'), approval: parseApproval(approval, 'approval') };
}
