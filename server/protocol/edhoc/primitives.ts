import { type Bytes, concat } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import type { Sha256 } from '../crypto.ts';

/**
 * What a handshake needs of cryptography: cipher suite 2 of RFC 9528 (AES-CCM-16-64-128, SHA-256, P-256), given as
 * arguments like everything in this folder.
 */
export interface TapCrypto {
  readonly sha256: Sha256;
  /** HMAC with SHA-256 (RFC 2104). */
  readonly hmac: (key: Bytes, data: Bytes) => Bytes;
  /** A fresh P-256 key for key agreement. */
  freshKey(): AgreementKey;
  /** AES-CCM with a 13-byte nonce and an 8-byte tag (RFC 9053 section 4.2): ciphertext and tag. */
  seal(key: Bytes, nonce: Bytes, aad: Bytes, plain: Bytes): Bytes;
  /** The plain bytes, or undefined when the tag does not fit. */
  unseal(key: Bytes, nonce: Bytes, aad: Bytes, sealed: Bytes): Bytes | undefined;
}

/** A private key that agrees on secrets. Points travel as their x coordinate, 32 bytes (RFC 9528 section 3.7). */
export interface AgreementKey {
  readonly x: Bytes;
  /** The x coordinate of the shared point; undefined when `x` belongs to no point of the curve. */
  agree(x: Bytes): Bytes | undefined;
}

export const HASH_LENGTH = 32;
export const MAC_LENGTH = 8;
export const KEY_LENGTH = 16;
export const NONCE_LENGTH = 13;

/** HKDF-Extract (RFC 5869 section 2.2). */
export const extract = ({ hmac }: TapCrypto, salt: Bytes, secret: Bytes): Bytes => hmac(salt, secret);

/** EDHOC_KDF (RFC 9528 section 4.1.2): HKDF-Expand over label, context and length. `length` is at most 8,160. */
export function derive(
  { hmac }: TapCrypto,
  key: Bytes,
  label: number,
  context: Bytes,
  length: number,
): Bytes {
  const info = sequence(label, context, length);
  const blocks: Bytes[] = [];
  let block: Bytes = new Uint8Array();
  for (let i = 1; blocks.length * HASH_LENGTH < length; i++) {
    block = hmac(key, concat(block, info, Uint8Array.of(i)));
    blocks.push(block);
  }
  return concat(...blocks).slice(0, length);
}

/** Values one after the other: a CBOR sequence (RFC 8742). */
export const sequence = (...values: readonly Parameters<typeof encode>[0][]): Bytes =>
  concat(...values.map((value) => encode(value)));
