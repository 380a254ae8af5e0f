import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { ALGORITHM, type Crypto, type PublicKey } from '../../../server/protocol/crypto.ts';
import { sha256 } from './sha256.ts';

/** Half of the order of P-256: the greatest s a signature may have (the other half is the same signature again). */
const HALF_ORDER = BigInt('0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');

/** What `verify` of WebCrypto needs of a browser; given by `crypto.subtle` of a secure page. */
export type Subtle = Pick<SubtleCrypto, 'importKey' | 'verify'>;

/** The protocol's cryptography in a browser: SHA-256 at once, ES256 (low s only) and Ed25519 by WebCrypto. */
export function webCrypto(subtle: Subtle): Crypto {
  const keyOf = ({ alg, raw }: PublicKey): Promise<CryptoKey> => {
    if (alg === ALGORITHM.EdDSA)
      return subtle.importKey('raw', whole(raw), { name: 'Ed25519' }, false, ['verify']);
    const point = Uint8Array.of(0x04, ...raw); // SEC 1: uncompressed
    return subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  };
  const check = async (key: PublicKey, message: Bytes, signature: Bytes): Promise<boolean> => {
    if (signature.length !== 64 || (key.alg === ALGORITHM.ES256 && !isLowS(signature))) return false;
    const how = key.alg === ALGORITHM.EdDSA ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' };
    return subtle.verify(how, await keyOf(key), whole(signature), whole(message));
  };
  return { sha256, verify: (key, message, signature) => check(key, message, signature).catch(() => false) };
}

const isLowS = (signature: Bytes): boolean =>
  signature.subarray(32).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) <= HALF_ORDER;

/** WebCrypto takes only views of memory that no other thread shares. */
const whole = (bytes: Bytes): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
