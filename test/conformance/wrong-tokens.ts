import { createPrivateKey, randomBytes } from 'node:crypto';
import { parts, proofWith, resigned, unsigned } from '../../clients/attack/cases/present.ts';
import { freshKey } from '../../clients/conformance/world/hospital.ts';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { flipped } from '../vectors/vector-file.ts';
import type { At, HttpDoors } from './http-door.ts';

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A proof of possession over the gateway's newest nonce, with claims and header members changed. */
export const proofFor = (
  http: HttpDoors,
  { method, path }: At,
  claims: object = {},
  header: object = {},
  pem = http.pem,
): string =>
  proofWith(
    pem,
    { method, url: http.url(path), token: http.token, nonce: http.nonce },
    { claims: { ...claims }, header: { ...header } },
  );

/** Proofs (RFC 9449) that a gateway has to refuse at this door, each made when it is shown. */
export function wrongProofs(
  http: HttpDoors,
  at: At,
): readonly (readonly [what: string, proof: () => string])[] {
  const now = seconds();
  const made = (claims: object = {}, header: object = {}): string => proofFor(http, at, claims, header);
  return [
    ['another method', () => made({ htm: 'POST' })],
    ['another path', () => made({ htu: http.url('/v1/locks') })],
    ['another host', () => made({ htu: `http://other.localhost${at.path}` })],
    ['another scheme', () => made({ htu: `https://${http.seat.host}${at.path}` })],
    ['an hour old', () => made({ iat: now - 3_600 })],
    ['of tomorrow', () => made({ iat: now + 86_400 })],
    ['without a number', () => made({ jti: undefined })],
    ['with a number of 10 kB', () => made({ jti: 'x'.repeat(10_000) })],
    ['without the token', () => made({ ath: undefined })],
    ['over another token', () => made({ ath: base64url(new Uint8Array(32)) })],
    ['without a nonce', () => made({ nonce: undefined })],
    ['over a nonce of its own', () => made({ nonce: base64url(new Uint8Array(randomBytes(16))) })],
    ['that is no proof', () => made({}, { typ: 'JWT' })],
    ['in another algorithm', () => made({}, { alg: 'ES384' })],
    ['in none', () => made({}, { alg: 'none' })],
    ['by a secret', () => made({}, { alg: 'HS256' })],
    ['with a key of its own', () => proofFor(http, at, {}, {}, freshKey('ec'))],
    [
      'with the private key in it',
      () => made({}, { jwk: createPrivateKey(http.pem).export({ format: 'jwk' }) }),
    ],
    ['with demands', () => made({}, { crit: ['exp'], exp: now })],
    ['unsigned', () => unsigned({ typ: 'dpop+jwt', alg: 'ES256' }, { jti: 'x' })],
    ['padded', () => `${made()}==`],
    ['twice', () => `${made()}, ${made()}`],
    ['cut', () => made().slice(0, -8)],
    ['flipped', () => respelled(made())],
    ['empty', () => ''],
  ];
}

/** Tokens that a gateway has to refuse, each by the issuer's own key but for those that say otherwise. */
export function wrongTokens(
  { token }: HttpDoors,
  issuer: string,
): readonly (readonly [what: string, token: string])[] {
  const now = seconds();
  const { header, claims } = parts(token);
  const made = (claim: object = {}, head: object = {}): string =>
    resigned(token, issuer, { claims: { ...claim }, header: { ...head } });
  return [
    ['for another gateway', made({ aud: 'http://other.localhost/v1' })],
    ['of another issuer', made({ iss: 'http://other.localhost' })],
    ['that has ended', made({ iat: now - 600, exp: now - 300 })],
    ['that lasts a day', made({ exp: now + 86_400 })],
    ['of tomorrow', made({ iat: now + 86_400, exp: now + 86_500 })],
    ['of nobody', made({ sub: undefined })],
    ['without a number', made({ jti: undefined })],
    ['bound to no key', made({ cnf: undefined })],
    ['bound to another key', made({ cnf: { jkt: base64url(new Uint8Array(32)) } })],
    ['of another kind', made({}, { typ: 'JWT' })],
    ['of no known key', made({}, { kid: 'nobody' })],
    ['without the name of its key', made({}, { kid: undefined })],
    ['with demands', made({}, { crit: ['exp'] })],
    ['of a key of its own', resigned(token, freshKey('ec'), {})],
    ['unsigned', unsigned({ ...header, alg: 'none' }, claims)],
    ['without a signature', token.slice(0, token.lastIndexOf('.') + 1)],
    ['padded', `${token}==`],
    ['flipped', respelled(token)],
    ['empty', ''],
  ];
}

/** A compact JWS with one bit of its signature flipped. */
function respelled(jws: string): string {
  const at = jws.lastIndexOf('.') + 1;
  return `${jws.slice(0, at)}${base64url(flipped(unbase64url(jws.slice(at)), 5))}`;
}
