import { base64url, type Bytes, utf8 } from '../../../../server/protocol/encoding/bytes.ts';
import { sha256 } from '../sha256.ts';
import type { Shelf } from './shelf.ts';

/** What one proof is about. */
export interface Provable {
  readonly method: string;
  /** Address of the request, without query. */
  readonly url: string;
  /** The access token that goes with it; none when one is asked for. */
  readonly token: string | undefined;
  /** The newest `DPoP-Nonce` of that server. */
  readonly nonce: string | undefined;
}

/** The key of this device: tokens are bound to it, and each request proves that it is there (RFC 9449). */
export interface TabletKey {
  /** SHA-256 thumbprint (RFC 7638), 32 bytes, and the same in base64url. */
  readonly thumbprint: Bytes;
  readonly jkt: string;
  prove(about: Provable): Promise<string>;
}

const NAME = 'tablet-key';
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The key kept on this device; made at the first time, and never to be read by anybody, this page included. */
export async function tabletKey(shelf: Shelf): Promise<TabletKey> {
  const kept = await shelf.get(NAME);
  const pair = isKeyPair(kept) ? kept : await crypto.subtle.generateKey(ES256, false, ['sign', 'verify']);
  if (pair !== kept) await shelf.put(NAME, pair);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const jwk = { crv: 'P-256', kty: 'EC', x, y }; // in the order that the thumbprint is taken in
  const thumbprint = sha256(utf8(JSON.stringify(jwk)));
  return {
    thumbprint,
    jkt: base64url(thumbprint),
    async prove({ method, url, token, nonce }) {
      const header = { typ: 'dpop+jwt', alg: 'ES256', jwk };
      const claims = {
        jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
        htm: method,
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        ...(token !== undefined && { ath: base64url(sha256(utf8(token))) }),
        ...(nonce !== undefined && { nonce }),
      };
      const input = `${part(header)}.${part(claims)}`;
      const signature = await crypto.subtle.sign(ES256, pair.privateKey, Uint8Array.from(utf8(input)));
      return `${input}.${base64url(new Uint8Array(signature))}`;
    },
  };
}

const part = (value: object): string => base64url(utf8(JSON.stringify(value)));

function isKeyPair(value: unknown): value is CryptoKeyPair {
  if (typeof value !== 'object' || value === null) return false;
  const { privateKey, publicKey } = { privateKey: undefined, publicKey: undefined, ...value };
  const [secret, shown]: unknown[] = [privateKey, publicKey];
  return secret instanceof CryptoKey && !secret.extractable && shown instanceof CryptoKey;
}

/** SHA-256 in base64url of a text: a PKCE challenge, a token's hash. */
export const digestOf = (text: string): string => base64url(sha256(utf8(text)));

/** So many random bytes in base64url. */
export const randomText = (size: number): string => base64url(crypto.getRandomValues(new Uint8Array(size)));
