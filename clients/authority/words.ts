import type { Anchors } from '../../server/protocol/anchors.ts';
import { verifyApproval } from '../../server/protocol/approval.ts';
import { type Bytes, equal, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { checkInForce, checkNotRevoked, checkRole, ROLE } from '../../server/protocol/credential.ts';
import { parseSigned, parseStatement } from '../../server/protocol/statement.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { Authority } from './authority.ts';

export interface WordParts {
  readonly authority: Pick<Authority, 'people'>;
  readonly origins: Anchors['origins'];
  /** Unix ms. */
  readonly now: () => number;
}

/** What an operator signed about devices, and who it was. */
export interface Word {
  /** Hexadecimal. */
  readonly subject: string;
  /** Unix s. */
  readonly time: number;
  readonly detail: ReadonlyMap<number, Cbor>;
  /** The detail, encoded: two people said the same when these are equal. */
  readonly said: Bytes;
}

/** Reads an `enrolment` statement that an operator signed on a trusted page. Throws Error or Refusal saying why it does not count. */
export async function operatorsWord(bytes: Bytes, { authority, origins, now }: WordParts): Promise<Word> {
  const signed = parseSigned(bytes);
  const { purpose, time, detail } = parseStatement(signed.statement);
  if (purpose !== 'enrolment') throw new Error('the statement is about something else');
  const { credentials, revoked } = await authority.people();
  const credential = credentials.find(({ key }) => equal(key.kid, signed.approval.kid));
  if (!credential) throw new Error('nobody of that passkey');
  checkRole(credential, ROLE.operator);
  checkInForce(credential, Math.floor(now() / 1000));
  checkNotRevoked(credential, revoked);
  const { sha256 } = nodeCrypto;
  const site = origins.find(({ rpId }) => equal(sha256(utf8(rpId)), credential.rpIdHash));
  if (!site) throw new Error('signed on a page that is not trusted');
  const challenge = challengeFor(sha256, 'statement', signed.statement);
  await verifyApproval(nodeCrypto, signed.approval, credential.key, challenge, site, false);
  return { subject: hex(credential.subject), time, detail, said: encode(detail) };
}
