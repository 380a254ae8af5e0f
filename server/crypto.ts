import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  hash,
  sign,
  verify,
} from 'node:crypto';
import { type Bytes, concat, unhex } from './protocol/encoding/bytes.ts';
import { publicKey } from './protocol/encoding/cose-key.ts';
import { ALGORITHM, type Crypto, type PublicKey, type Signer } from './protocol/crypto.ts';

// Clients have their own twin of this file: judge and judged share no code but the protocol.

/** SubjectPublicKeyInfo up to the key itself (RFC 5480, RFC 8410). */
const SPKI_P256 = unhex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const SPKI_ED25519 = unhex('302a300506032b6570032100');
/** Order of P-256, and half of it: the greatest s a signature may have. */
const ORDER = unhex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const HALF_ORDER = unhex('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');

/** Keys in use at one time: clinicians, devices and tablets of one hospital. Importing costs as much as verifying. */
const MAX_CACHED = 4_096;
const cache = new Map<string, KeyObject>();

/** A plain view: Buffer's slice() shares memory and its prototype makes equal bytes look unequal. */
const plain = (buffer: Buffer): Bytes => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

/** The digest last made; a Buffer's slice() would share it. */
const digest = new Uint8Array(32);
const intoDigest = Buffer.from(digest.buffer);

/** A digest as text comes out of node:crypto in half the time of one in a buffer of its own. */
function sha256(bytes: Bytes): Bytes {
  intoDigest.write(hash('sha256', bytes, 'binary'), 'latin1');
  return digest.slice();
}

function keyObject({ alg, raw }: PublicKey): KeyObject {
  // By the key itself, never by its kid: a kid is only what somebody says about a key.
  const name = `${alg}:${Buffer.from(raw).toString('latin1')}`;
  const known = cache.get(name);
  if (known !== undefined) return known;
  const size = alg === ALGORITHM.ES256 ? 64 : 32;
  if (raw.length !== size) throw new RangeError('a public key of the wrong size');
  const der = concat(alg === ALGORITHM.ES256 ? SPKI_P256 : SPKI_ED25519, raw);
  const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  const [oldest] = cache.keys();
  if (cache.size >= MAX_CACHED && oldest !== undefined) cache.delete(oldest);
  cache.set(name, key);
  return key;
}

const isLowS = (signature: Bytes): boolean => Buffer.compare(signature.subarray(32, 64), HALF_ORDER) <= 0;

/** r||s with the smaller of s and order - s: both verify, one is canonical. */
function lowerS(signature: Bytes): Bytes {
  if (isLowS(signature)) return signature;
  const out = Uint8Array.from(signature);
  let borrow = 0;
  for (let i = 31; i >= 0; i--) {
    const digit = (ORDER[i] ?? 0) - (signature[32 + i] ?? 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[32 + i] = digit & 0xff;
  }
  return out;
}

// DER both ways by hand: node:crypto takes a third less time for a bare KeyObject than for one with `dsaEncoding`.

/** r||s as the DER sequence of two integers, each in its shortest form. */
function toDer(signature: Bytes): Bytes {
  const r = shortest(signature.subarray(0, 32));
  const s = shortest(signature.subarray(32, 64));
  const body = concat(Uint8Array.of(0x02, r.length), r, Uint8Array.of(0x02, s.length), s);
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** A positive DER integer: no leading zeros, but one where the first bit would be taken for a sign. */
function shortest(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(first === -1 ? bytes.length - 1 : first);
  return (digits[0] ?? 0) < 0x80 ? digits : concat(Uint8Array.of(0), digits);
}

/** r||s of a DER signature that this process has just made. */
function fromDer(der: Uint8Array): Bytes {
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const size = der[at + 1] ?? 0;
    const digits = der.subarray(at + 2, at + 2 + size).subarray(-32);
    out.set(digits, end - digits.length);
    at += 2 + size;
  }
  return out;
}

/** Asymmetric work of this process so far: what a flood would have to buy. */
export const cryptoWork = { checked: 0, made: 0 };

function check(key: PublicKey, message: Bytes, signature: Bytes): boolean {
  cryptoWork.checked++;
  if (signature.length !== 64) return false;
  try {
    if (key.alg === ALGORITHM.EdDSA) return verify(null, message, keyObject(key), signature);
    if (!isLowS(signature)) return false;
    return verify('sha256', message, keyObject(key), toDer(signature));
  } catch {
    return false;
  }
}

/** SHA-256, ES256 (low s only) and Ed25519 by node:crypto, done at once: faster here than its thread pool. */
export const nodeCrypto: Crypto = {
  sha256,
  verify: (key, message, signature) => Promise.resolve(check(key, message, signature)),
};

function fromKeyObject(key: KeyObject): PublicKey {
  const spki = new Uint8Array(key.export({ format: 'der', type: 'spki' }));
  if (key.asymmetricKeyType === 'ed25519' && spki.length === SPKI_ED25519.length + 32) {
    return publicKey(sha256, ALGORITHM.EdDSA, spki.slice(SPKI_ED25519.length));
  }
  if (
    key.asymmetricKeyType === 'ec' &&
    key.asymmetricKeyDetails?.namedCurve === 'prime256v1' &&
    spki.length === SPKI_P256.length + 64
  ) {
    return publicKey(sha256, ALGORITHM.ES256, spki.slice(SPKI_P256.length));
  }
  throw new RangeError('only P-256 and Ed25519 keys are used here');
}

/** Public key of a PEM (SPKI, PKCS#8 or certificate); throws on other kinds of key. */
export const publicKeyFromPem = (pem: string): PublicKey => fromKeyObject(createPublicKey(pem));

/** Signer of a PKCS#8 PEM, P-256 or Ed25519; throws on other kinds of key. */
export function signerFromPem(pem: string): Signer {
  const secret = createPrivateKey(pem);
  const key = fromKeyObject(createPublicKey(secret));
  if (key.alg === ALGORITHM.EdDSA) {
    return {
      key,
      sign: (message) => {
        cryptoWork.made++;
        return Promise.resolve(plain(sign(null, message, secret)));
      },
    };
  }
  return {
    key,
    sign: (message) => {
      cryptoWork.made++;
      return Promise.resolve(lowerS(fromDer(sign('sha256', message, secret))));
    },
  };
}

/** AES-256-GCM (NIST SP 800-38D) under a key of 32 bytes and a nonce of 12 that is used once; the tag is last. */
export function sealBox(key: Bytes, nonce: Bytes, about: Bytes, clear: Bytes): Bytes {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(about);
  return concat(plain(cipher.update(clear)), plain(cipher.final()), plain(cipher.getAuthTag()));
}

/** The inverse; throws Error when anything was changed. */
export function openBox(key: Bytes, nonce: Bytes, about: Bytes, sealed: Bytes): Bytes {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(about).setAuthTag(sealed.subarray(-16));
  return concat(plain(decipher.update(sealed.subarray(0, -16))), plain(decipher.final()));
}
