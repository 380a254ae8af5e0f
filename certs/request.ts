import { createPrivateKey, createPublicKey } from 'node:crypto';
// Has to come first: @peculiar/x509 throws without it, and it is there for its effect only.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate request (PKCS#10, base64 of its DER) of a device, as EST takes it. @param key PKCS#8 PEM, P-256 */
export async function deviceRequest(key: string, id: string, serial: string): Promise<string> {
  const secret = createPrivateKey(key);
  const pkcs8 = secret.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const keys = {
    privateKey: await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), P256, false, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', Uint8Array.from(spki), P256, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [id] }, { '2.5.4.5': [serial] }],
    keys,
    signingAlgorithm: P256,
  });
  return request.toString('base64');
}

/** The first certificate in a PKCS#7 bag (base64), as EST answers; PEM. Throws Error when there is none. */
export function certificateInBag(bag: string): string {
  const [first] = new x509.X509Certificates(Buffer.from(bag, 'base64'));
  if (!first) throw new Error('the answer holds no certificate');
  return `${first.toString('pem')}\n`;
}
