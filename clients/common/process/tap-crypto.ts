import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHmac,
  createPrivateKey,
  ECDH,
  type ECDH as Agreement,
} from 'node:crypto';
import { concat } from '../../../server/protocol/encoding/bytes.ts';
import type { AgreementKey, TapCrypto } from '../../../server/protocol/edhoc/primitives.ts';
import { nodeCrypto } from './crypto.ts';

// The gateway has its own twin of this file (server/tap-crypto.ts): the two ends of a tap share no code but the protocol.

const CURVE = 'prime256v1';
const CIPHER = 'aes-128-ccm';
const TAG = 8;

/** Suite 2 of RFC 9528 with Node's cryptography. */
export const tapCrypto: TapCrypto = {
  sha256: nodeCrypto.sha256,
  hmac: (key, data) => new Uint8Array(createHmac('sha256', key).update(data).digest()),
  freshKey() {
    const pair = createECDH(CURVE);
    pair.generateKeys();
    return agreementKey(pair);
  },
  seal(key, nonce, aad, plain) {
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG });
    cipher.setAAD(aad, { plaintextLength: plain.length });
    return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  },
  unseal(key, nonce, aad, sealed) {
    if (sealed.length < TAG) return undefined;
    const plain = sealed.subarray(0, sealed.length - TAG);
    const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG });
    cipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    cipher.setAAD(aad, { plaintextLength: plain.length });
    try {
      return concat(cipher.update(plain), cipher.final());
    } catch {
      return undefined; // CCM says "altered" by throwing
    }
  },
};

/** A P-256 key from its PEM file. Throws Error when the file holds another kind. */
export function agreementKeyFromPem(pem: string): AgreementKey {
  const { crv, d } = createPrivateKey(pem).export({ format: 'jwk' });
  if (crv !== 'P-256' || d === undefined) throw new Error('expected a P-256 private key');
  const pair = createECDH(CURVE);
  pair.setPrivateKey(d, 'base64url');
  return agreementKey(pair);
}

const agreementKey = (pair: Agreement): AgreementKey => ({
  x: Uint8Array.from(pair.getPublicKey().subarray(1, 33)),
  agree(x) {
    if (x.length !== 32) return undefined;
    try {
      // Either y will do: both lead to the same x coordinate of the shared point (RFC 9528 section 3.7).
      const point = ECDH.convertKey(concat(Uint8Array.of(2), x), CURVE);
      return new Uint8Array(
        pair.computeSecret(typeof point === 'string' ? Buffer.from(point, 'hex') : point),
      );
    } catch {
      return undefined; // no point of the curve
    }
  },
});
