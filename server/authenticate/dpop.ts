import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { base64url, utf8 } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import type { Json } from '../protocol/encoding/strict-json.ts';
import { isObject, type JsonObject, takeJwt } from './jwt-shape.ts';
import type { Nonces } from './nonces.ts';
import type { SeenOnce } from './seen-once.ts';

/** One request, as far as a proof speaks of it. */
export interface ProvenRequest {
  readonly method: string;
  /** The request's URI without query and fragment, under the gateway's public name. */
  readonly url: string;
  /** The access token that came with it. */
  readonly token: string;
  /** SHA-256 thumbprint (RFC 7638, base64url) of the key the token is bound to: its `cnf.jkt`. */
  readonly jkt: string;
}

export interface DpopRules {
  readonly sha256: Sha256;
  readonly nonces: Nonces;
  readonly seen: SeenOnce;
  /** Unix ms. */
  readonly now: () => number;
}

/** Algorithms of proofs, and of tokens: FAPI 2.0 without RSA. */
export const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'];
/** A proof on P-256 with all its claims is under 700 characters. */
const MAX_PROOF = 2_048;
const HEADER = new Set(['typ', 'alg', 'jwk']);
/** `iat` may be off by this: a tablet sets its clock by the network. */
const WINDOW_MS = 30_000;
/** 96 random bits at least (RFC 9449 section 4.2), and a bound. */
const JTI = /^[A-Za-z0-9_-]{16,128}$/u;
/** Public members of a P-256 or Ed25519 key, and what libraries add to them. Anything else may be a private one. */
const JWK_MEMBERS = new Set(['kty', 'crv', 'x', 'y', 'alg', 'use', 'kid', 'key_ops', 'ext']);

/**
 * Checks a DPoP proof (RFC 9449 section 4.3, all twelve; that there is exactly one header is the edge's to see) for a
 * token that has verified. The proof counts once. Throws Refusal E_DPOP_MISSING for one that proves nothing,
 * E_DPOP_BINDING for one of another key or token, E_DPOP_NONCE, E_DPOP_REPLAY or E_RATE.
 */
export async function checkProof(proof: string, request: ProvenRequest, rules: DpopRules): Promise<void> {
  const { header, claims } = takeJwt(proof, MAX_PROOF, HEADER, 'E_DPOP_MISSING');
  if (header['typ'] !== 'dpop+jwt') refuse('E_DPOP_MISSING', 'not of type dpop+jwt', 'header.typ');
  const { alg } = header;
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg))
    refuse('E_DPOP_MISSING', 'an algorithm that is not accepted', 'header.alg');
  const jwk = publicJwk(header['jwk']);

  // Cheap before costly: a proof for somebody else costs no signature.
  if ((await calculateJwkThumbprint(jwk, 'sha256')) !== request.jkt)
    refuse('E_DPOP_BINDING', 'made with another key than the token names', 'header.jwk');
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (typeof jti !== 'string' || !JTI.test(jti)) return refuse('E_DPOP_MISSING', 'no identifier', 'jti');
  if (htm !== request.method) refuse('E_DPOP_MISSING', 'for another method', 'htm');
  if (typeof htu !== 'string' || !isSameUri(htu, request.url))
    refuse('E_DPOP_MISSING', 'for another address', 'htu');
  if (ath !== base64url(rules.sha256(utf8(request.token))))
    refuse('E_DPOP_BINDING', 'for another token', 'ath');
  if (typeof nonce !== 'string' || !rules.nonces.accepts(nonce))
    refuse('E_DPOP_NONCE', 'no nonce of ours, or an old one', 'nonce');
  const now = rules.now();
  if (typeof iat !== 'number' || Math.abs(iat * 1000 - now) > WINDOW_MS)
    return refuse('E_DPOP_MISSING', 'made at another time: compare the clocks', 'iat');

  try {
    const key = await importJWK(jwk, alg);
    await compactVerify(proof, key, { algorithms: ALGORITHMS });
  } catch {
    refuse('E_DPOP_MISSING', 'the signature does not verify', 'signature');
  }
  // `iat` is at most a window ahead, and the proof good for a window after it.
  rules.seen.take(request.jkt, jti, now + 2 * WINDOW_MS, now);
}

/** A public key and nothing else (check 7: no private key in the header). */
function publicJwk(value: Json | undefined): JWK {
  if (value === undefined || !isObject(value)) return refuse('E_DPOP_MISSING', 'no key', 'header.jwk');
  const strange = Object.keys(value).find((name) => !JWK_MEMBERS.has(name));
  if (strange !== undefined) refuse('E_DPOP_MISSING', 'a key with more than its public half', 'header.jwk');
  const { kty, crv } = value;
  const part = (name: string): string => coordinate(value, name);
  if (kty === 'EC' && crv === 'P-256') return { kty, crv, x: part('x'), y: part('y') };
  if (kty === 'OKP' && crv === 'Ed25519' && !Object.hasOwn(value, 'y')) return { kty, crv, x: part('x') };
  return refuse('E_DPOP_MISSING', 'neither a P-256 nor an Ed25519 key', 'header.jwk');
}

function coordinate(jwk: JsonObject, name: string): string {
  const value = jwk[name];
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/u.test(value)) return value;
  return refuse('E_DPOP_MISSING', 'a coordinate that is not 32 bytes', `header.jwk.${name}`);
}

/** Equal after syntax- and scheme-based normalisation (RFC 3986 section 6.2); a query or a fragment belongs to no proof. */
function isSameUri(given: string, expected: string): boolean {
  if (!URL.canParse(given) || /[?#]/u.test(given)) return false;
  const { href, username, password } = new URL(given);
  return username === '' && password === '' && href === new URL(expected).href;
}

function refuse(code: RefusalCode, why: string, at: string): never {
  throw new Refusal(code, why, `dpop.${at}`);
}
