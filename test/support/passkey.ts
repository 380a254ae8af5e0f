import type { Approval, SigningOrigin } from '../../server/protocol/approval.ts';
import { clientDataPrefix } from '../../server/protocol/approval.ts';
import { type Bytes, concat, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../../server/protocol/crypto.ts';

export const UP = 0x01;
export const UV = 0x04;
export const BE = 0x08;
export const BS = 0x10;

export interface Gesture {
  readonly flags?: number;
  /** What the browser appends after the fixed prefix of clientDataJSON. */
  readonly suffix?: string;
  readonly signCount?: number;
}

/** An assertion by a passkey that is only a key: what an authenticator and a browser make together. */
export async function assertion(
  { sha256 }: Pick<Crypto, 'sha256'>,
  signer: Signer,
  site: SigningOrigin,
  challenge: Bytes,
  { flags = UP | UV, suffix = '}', signCount = 0 }: Gesture = {},
): Promise<Approval> {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, signCount);
  const authenticatorData = concat(sha256(utf8(site.rpId)), Uint8Array.of(flags), count);
  const clientDataJSON = utf8(clientDataPrefix(challenge, site.origin) + suffix);
  const signature = await signer.sign(concat(authenticatorData, sha256(clientDataJSON)));
  return { kid: signer.key.kid, authenticatorData, clientDataJSON, signature };
}
