import { type Bytes, concat } from './bytes.ts';
import { type Cbor, encode } from './cbor.ts';
import { ALGORITHM, type Algorithm, type PublicKey, type Sha256 } from '../crypto.ts';
import { Fields, decodeStrict } from './fields.ts';
import { Refusal } from '../refusal.ts';

const KTY = 1;
const ALG = 3;
const CRV = -1;
const X = -2;
const Y = -3;
const OKP = 1;
const EC2 = 2;
const P256 = 1;
const ED25519 = 6;

/** Deterministic COSE_Key (RFC 9052 section 7) of raw coordinates: x||y for ES256, the point for EdDSA. */
export function coseKey(alg: Algorithm, raw: Bytes): Bytes {
  const members: [number, Cbor][] =
    alg === ALGORITHM.ES256
      ? [
          [KTY, EC2],
          [ALG, alg],
          [CRV, P256],
          [X, raw.subarray(0, 32)],
          [Y, raw.subarray(32, 64)],
        ]
      : [
          [KTY, OKP],
          [ALG, alg],
          [CRV, ED25519],
          [X, raw],
        ];
  return encode(new Map(members));
}

/** A public key with its key id: the first 16 bytes of SHA-256 over the deterministic COSE_Key. */
export function publicKey(sha256: Sha256, alg: Algorithm, raw: Bytes): PublicKey {
  return { alg, raw, kid: sha256(coseKey(alg, raw)).slice(0, 16) };
}

/** Reads a COSE_Key; throws Refusal for any kind of key but ES256 and EdDSA over Ed25519. */
export function parseCoseKey(sha256: Sha256, bytes: Bytes, what: string): PublicKey {
  const value = decodeStrict(bytes, what, 128, 'E_ASSERTION_CRED');
  const f = Fields.of(value, what, [KTY, ALG, CRV, X], [Y], 'E_ASSERTION_CRED');
  const alg = f.int(ALG);
  if (alg === ALGORITHM.ES256 && f.uint(KTY) === EC2 && f.int(CRV) === P256) {
    return publicKey(sha256, alg, concat(f.bytes(X, 32), f.bytes(Y, 32)));
  }
  if (alg === ALGORITHM.EdDSA && f.uint(KTY) === OKP && f.int(CRV) === ED25519 && !f.has(Y)) {
    return publicKey(sha256, alg, f.bytes(X, 32));
  }
  throw new Refusal('E_ASSERTION_CRED', 'a kind of key that is not accepted', what);
}
