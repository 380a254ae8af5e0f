import { type Anchors, openAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../server/protocol/crypto.ts';

/** Anchors the user vouches for: they only have to be whole and signed by the keys they name. Throws Refusal E_ANCHORS. */
export const firstAnchors = (crypto: Crypto, bytes: Bytes): Promise<Anchors> =>
  openAnchors(crypto, bytes, readAnchors(crypto, bytes));

/**
 * Newer anchors, when the keys that those before name have signed them; those before, when these are not newer. Versions
 * may have been missed. Throws Refusal E_ANCHORS.
 */
export async function newerAnchors(crypto: Crypto, bytes: Bytes, present: Anchors): Promise<Anchors> {
  const next = await openAnchors(crypto, bytes, present);
  return next.version > present.version ? next : present;
}
