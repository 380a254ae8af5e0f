import type { Bytes } from './encoding/bytes.ts';

/**
 * The cryptography the protocol is given, so that it runs unchanged on a server, in a device and in a
 * browser. Nothing under `protocol/` reaches for an implementation of its own.
 */
export interface Crypto {
  /** SHA-256 (FIPS 180-4). */
  sha256: Sha256;
  /**
   * True when `signature` is valid for `message` under `key`. ES256 signatures are r||s (64 bytes), Ed25519
   * signatures as in RFC 8032. False on anything malformed; never throws for a bad signature.
   */
  verify(key: PublicKey, message: Bytes, signature: Bytes): Promise<boolean>;
}

export type Sha256 = (bytes: Bytes) => Bytes;

/** COSE algorithm numbers (RFC 9053) this protocol knows. Nothing else is ever negotiated. */
export const ALGORITHM = { ES256: -7, EdDSA: -8 } as const;
export type Algorithm = (typeof ALGORITHM)[keyof typeof ALGORITHM];

/** A public key: raw coordinates (ES256: x||y, 64 bytes; EdDSA: 32 bytes) and its key id. */
export interface PublicKey {
  readonly alg: Algorithm;
  readonly raw: Bytes;
  /** First 16 bytes of SHA-256 over the deterministic COSE_Key. */
  readonly kid: Bytes;
}

/** A private key that signs with one algorithm. ES256 results are r||s with low s. */
export interface Signer {
  readonly key: PublicKey;
  sign(message: Bytes): Promise<Bytes>;
}
