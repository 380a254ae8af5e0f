import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { testPem } from './keys.ts';
import { ALGORITHM, type Algorithm } from '../../server/protocol/crypto.ts';

/** A key that signs JWTs, as an issuer or a tablet has one. */
export interface JwtKey {
  readonly jwk: JsonWebKey;
  /** RFC 7638, base64url. */
  readonly jkt: string;
  readonly alg: 'ES256' | 'EdDSA';
  readonly secret: KeyObject;
}

/** The JWT key with a name: the same each time. */
export function jwtKey(name: string, of: Algorithm = ALGORITHM.ES256): JwtKey {
  const secret = createPrivateKey(testPem(name, of));
  const { kty = '', crv = '', x = '', y = '' } = createPublicKey(secret).export({ format: 'jwk' });
  const jwk = of === ALGORITHM.ES256 ? { crv, kty, x, y } : { crv, kty, x };
  const jkt = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  return { jwk, jkt, alg: of === ALGORITHM.ES256 ? 'ES256' : 'EdDSA', secret };
}

const part = (value: unknown): string =>
  (value instanceof Uint8Array
    ? Buffer.from(value)
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  ).toString('base64url');

/** A compact JWS over header and claims, which may be text that no serialiser would write. */
export function jwt(header: object | string, claims: object | string, { secret, alg }: JwtKey): string {
  const input = `${part(header)}.${part(claims)}`;
  const signature =
    alg === 'ES256'
      ? sign('sha256', Buffer.from(input), { key: secret, dsaEncoding: 'ieee-p1363' })
      : sign(null, Buffer.from(input), secret);
  return `${input}.${signature.toString('base64url')}`;
}

/** Changes of one test: a member set to undefined is left out. */
export type Changes = Readonly<Record<string, unknown>>;

export const ISSUER = 'https://issuer.countersign.test';
export const AUDIENCE = 'https://gate.countersign.test/v1';
export const SUBJECT = '00112233445566778899aabbccddeeff';

/** A small issuer: it signs what it is asked to. */
export class TestIssuer {
  readonly key: JwtKey;
  readonly kid: string;

  constructor(name = 'issuer', of: Algorithm = ALGORITHM.ES256) {
    this.key = jwtKey(name, of);
    this.kid = `key of ${name}`;
  }

  /** The key set as the issuer publishes it. */
  get jwks(): { readonly keys: readonly JsonWebKey[] } {
    return { keys: [{ ...this.key.jwk, kid: this.kid, alg: this.key.alg, use: 'sig' }] };
  }

  /** A good access token for a tablet's key, but for the changes. `now` in Unix ms. */
  token(tablet: JwtKey, now: number, changes: Changes = {}, header: Changes = {}): string {
    return jwt({ ...this.header, ...header }, { ...this.claims(tablet, now), ...changes }, this.key);
  }

  get header(): object {
    return { typ: 'at+jwt', alg: this.key.alg, kid: this.kid };
  }

  claims(tablet: JwtKey, now: number): Record<string, unknown> {
    const iat = Math.floor(now / 1000);
    return {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: SUBJECT,
      client_id: 'tablet',
      iat,
      exp: iat + 120,
      jti: randomBytes(16).toString('base64url'),
      auth_time: iat,
      acr: 'phrh',
      scope: 'read command',
      roles: ['clinician', 'second', 'emergency', 'operator', 'auditor'],
      cnf: { jkt: tablet.jkt },
    };
  }
}

export interface Proven {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly nonce: string;
  /** Unix ms. */
  readonly now: number;
}

/** A good DPoP proof of a tablet, but for the changes. */
export function proofOf(tablet: JwtKey, proven: Proven, changes: Changes = {}, header: Changes = {}): string {
  const claims = {
    jti: randomBytes(16).toString('base64url'),
    htm: proven.method,
    htu: proven.url,
    iat: Math.floor(proven.now / 1000),
    ath: createHash('sha256').update(proven.token).digest('base64url'),
    nonce: proven.nonce,
    ...changes,
  };
  return jwt({ typ: 'dpop+jwt', alg: tablet.alg, jwk: tablet.jwk, ...header }, claims, tablet);
}
