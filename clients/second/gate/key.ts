import { base64url, type Bytes, sha256, utf8 } from '../check/bytes.ts';
import type { Kept } from './store.ts';

/** What one proof is about. */
export interface About {
  readonly method: string;
  /** Address of the request, without query. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly nonce?: string | undefined;
}

/** The key of this tablet: an operator enrolled it, and each request proves that it is here (RFC 9449). */
export interface TabletKey {
  /** SHA-256 thumbprint (RFC 7638). */
  readonly thumbprint: Bytes;
  readonly jkt: string;
  prove(about: About): Promise<string>;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** The tablet's key, made the first time. The browser lets nobody read it, this page included. */
export async function tabletKey(kept: Kept): Promise<TabletKey> {
  const known = await kept.get('key');
  const pair = isPair(known) ? known : await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  if (pair !== known) await kept.put('key', pair);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const jwk = { crv: 'P-256', kty: 'EC', x, y };
  const thumbprint = await sha256(utf8(JSON.stringify(jwk)));
  const prove = async ({ method, url, token, nonce }: About): Promise<string> => {
    const claims = {
      jti: randomText(16),
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      ...(token !== undefined && { ath: await digestText(token) }),
      ...(nonce !== undefined && { nonce }),
    };
    const input = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${part(claims)}`;
    const signature = await crypto.subtle.sign(SIGNING, pair.privateKey, utf8(input));
    return `${input}.${base64url(new Uint8Array(signature))}`;
  };
  return { thumbprint, jkt: base64url(thumbprint), prove };
}

export const digestText = async (text: string): Promise<string> => base64url(await sha256(utf8(text)));

export const randomText = (size: number): string => base64url(crypto.getRandomValues(new Uint8Array(size)));

const part = (value: object): string => base64url(utf8(JSON.stringify(value)));

function isPair(value: unknown): value is CryptoKeyPair {
  if (typeof value !== 'object' || value === null) return false;
  const [hidden, shown]: unknown[] = ['privateKey', 'publicKey'].map((name): unknown =>
    Reflect.get(value, name),
  );
  return hidden instanceof CryptoKey && !hidden.extractable && shown instanceof CryptoKey;
}
