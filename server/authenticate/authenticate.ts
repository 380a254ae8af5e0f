import { type Approval, type SigningOrigin, verifyApproval } from '../protocol/approval.ts';
import { type Bytes, equal, utf8 } from '../protocol/encoding/bytes.ts';
import { challengeFor, parseCommand, type SignedByPeople } from '../protocol/command.ts';
import { checkInForce, checkNotRevoked } from '../protocol/credential.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { labelAt } from '../protocol/primed.ts';
import { Refusal } from '../protocol/refusal.ts';
import { Authenticated, type Person } from './authenticated.ts';
import type { Directory } from './directory.ts';

/** Command bytes with the approvals people gave them. */
export interface SignedCommand {
  readonly bytes: Bytes;
  readonly approvals: readonly Approval[];
  /** The second person was shown the values of the first, and signs that (`primed`). */
  readonly primed?: boolean;
}

export interface Passkeys {
  readonly crypto: Crypto;
  readonly directory: Directory;
  readonly trust: { readonly origins: readonly SigningOrigin[] };
}

/** Whose passkeys signed exactly these bytes? Throws Refusal E_CMD_MALFORMED, E_ASSERTION_CRED or E_ASSERTION. */
export async function authenticate(
  signed: SignedCommand,
  passkeys: Passkeys,
  now: number,
): Promise<Authenticated> {
  const command = parseCommand(signed.bytes);
  const people: Person[] = [];
  const { primed = false } = signed;
  for (const [place, approval] of signed.approvals.entries()) {
    const label = labelAt(place, primed);
    people.push(
      await personBehind(approval, label, signed.bytes, passkeys, now, signed.approvals.length > 1),
    );
  }
  return Authenticated.mint(
    signed.bytes,
    passkeys.crypto.sha256(signed.bytes),
    command,
    signed.approvals,
    people,
    primed,
  );
}

/**
 * The person whose passkey approved some bytes, for one kind of signing, and who may still sign.
 *
 * @param now Unix ms
 * @param deviceBound demand a passkey that cannot be copied
 * @throws Refusal E_ASSERTION_CRED or E_ASSERTION
 */
export async function personBehind(
  approval: Approval,
  label: SignedByPeople,
  bytes: Bytes,
  passkeys: Passkeys,
  now: number,
  deviceBound: boolean,
): Promise<Person> {
  const { credential } = passkeys.directory.person(approval.kid);
  checkInForce(credential, Math.floor(now / 1000));
  checkNotRevoked(credential, passkeys.directory.status.list.revoked);
  return signerOf(approval, label, bytes, passkeys, deviceBound);
}

/** Whose passkey it was, whether that person may still sign or not: for what took effect while they could. */
export async function signerOf(
  approval: Approval,
  label: SignedByPeople,
  bytes: Bytes,
  { crypto, directory, trust }: Passkeys,
  deviceBound: boolean,
): Promise<Person> {
  const person = directory.person(approval.kid);
  const site = trust.origins.find(({ rpId }) => equal(crypto.sha256(utf8(rpId)), person.credential.rpIdHash));
  if (!site) throw new Refusal('E_ASSERTION', 'made on a page that is not trusted', 'credential.rpIdHash');
  const challenge = challengeFor(crypto.sha256, label, bytes);
  await verifyApproval(crypto, approval, person.credential.key, challenge, site, deviceBound);
  return person;
}
