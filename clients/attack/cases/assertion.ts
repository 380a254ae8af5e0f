import { createPrivateKey, sign } from 'node:crypto';
import { type Approval, clientDataPrefix, rawSignature } from '../../../server/protocol/approval.ts';
import { type Bytes, concat, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { nodeCrypto, publicKeyFromPem } from '../../common/process/crypto.ts';

const { sha256 } = nodeCrypto;

/** What a passkey in the attacker's hands is made to sign; left out, it is what a browser would give. */
export interface Assertion {
  readonly pem: string;
  readonly challenge: Bytes;
  readonly origin: string;
  readonly rpId: string;
  /** User present, user verified: 0x05. */
  readonly flags?: number;
  /** Instead of the client data that belongs to challenge and origin. */
  readonly clientData?: string;
}

/** A WebAuthn assertion in any form, with a signature that verifies over it. */
export function assertion({ pem, challenge, origin, rpId, flags = 0x05, clientData }: Assertion): Approval {
  const secret = createPrivateKey(pem);
  const authenticatorData = concat(sha256(utf8(rpId)), Uint8Array.of(flags), new Uint8Array(4));
  const clientDataJSON = utf8(clientData ?? `${clientDataPrefix(challenge, origin)}}`);
  const der = sign('sha256', concat(authenticatorData, sha256(clientDataJSON)), secret);
  const { kid } = publicKeyFromPem(pem);
  return { kid, authenticatorData, clientDataJSON, signature: rawSignature(new Uint8Array(der)) };
}
