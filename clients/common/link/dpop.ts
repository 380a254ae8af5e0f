import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { type Bytes, unbase64url } from '../../../server/protocol/encoding/bytes.ts';

/** What one proof is about. */
export interface Provable {
  readonly method: string;
  /** Address of the request under the gateway's public name, without query. */
  readonly url: string;
  /** The access token that goes with it; none when one is asked for. */
  readonly token: string | undefined;
  /** The newest `DPoP-Nonce` the gateway gave, if it gave any. */
  readonly nonce: string | undefined;
}

/** The key of a tablet: tokens are bound to it, and every request proves that it is there (RFC 9449). */
export class TabletKey {
  readonly #secret: KeyObject;
  readonly #jwk: { readonly crv: string; readonly kty: string; readonly x: string; readonly y: string };
  /** SHA-256 thumbprint (RFC 7638), 32 bytes. */
  readonly thumbprint: Bytes;
  /** The same in base64url. */
  readonly jkt: string;

  /** @param pem P-256 private key, PKCS#8; throws RangeError for another kind */
  constructor(pem: string) {
    this.#secret = createPrivateKey(pem);
    if (this.#secret.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
      throw new RangeError('the key of a tablet is a P-256 key');
    const { x = '', y = '' } = createPublicKey(this.#secret).export({ format: 'jwk' });
    this.#jwk = { crv: 'P-256', kty: 'EC', x, y }; // in the order that the thumbprint is taken in
    this.jkt = digest(JSON.stringify(this.#jwk));
    this.thumbprint = unbase64url(this.jkt);
  }

  /** A proof for one request. @param now Unix ms */
  prove({ method, url, token, nonce }: Provable, now: number): string {
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk };
    const claims = {
      jti: randomBytes(16).toString('base64url'),
      htm: method,
      htu: url,
      iat: Math.floor(now / 1000),
      ...(token !== undefined && { ath: digest(token) }),
      ...(nonce !== undefined && { nonce }),
    };
    return signJwt(header, claims, this.#secret);
  }
}

/** A compact JWS with ES256 (RFC 7515, RFC 7518 section 3.4). */
export function signJwt(header: object, claims: object, secret: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: secret, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
