import { X509Certificate } from 'node:crypto';
import { issueAuthority, issueLeaf, type Leaf } from '../../certs/x509.ts';
import { testPem } from '../support/keys.ts';

export const SERVER_NAME = 'gate.test';

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Pki {
  readonly ca: string;
  readonly strangerCa: string;
  readonly server: Identity;
  readonly secondServer: Identity;
  readonly device: Identity;
  readonly otherDevice: Identity;
  readonly station: Identity;
  readonly unknown: Identity;
  /** Signed by an authority nobody here knows. */
  readonly stranger: Identity;
  readonly expired: Identity;
  /** Good for a few seconds. */
  readonly short: Identity;
  readonly serverOnly: Identity;
}

/** SHA-256 of a certificate in lower-case hexadecimal. */
export const fingerprintOf = ({ cert }: Identity): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();

/** A small world of certificates: test keys, one device CA, one stranger. */
export async function makePki(): Promise<Pki> {
  const now = Math.floor(Date.now() / 1_000);
  const dates = { notBefore: now, notAfter: now + 3_600 };
  const authority = async (name: string) => {
    const key = testPem(name);
    return { key, certificate: await issueAuthority(key, { commonName: name, ...dates }) };
  };
  const [hospital, strange] = [await authority('device ca'), await authority('strange ca')];
  const leaf = async (name: string, use: Leaf['use'], issuer = hospital, changes: Partial<Leaf> = {}) => {
    const key = testPem(name);
    const subject = { commonName: name, use, ...dates, dns: [SERVER_NAME], ...changes };
    return { key, cert: await issueLeaf(key, subject, issuer) };
  };
  return {
    ca: hospital.certificate,
    strangerCa: strange.certificate,
    server: await leaf('server', 'server'),
    secondServer: await leaf('second server', 'server'),
    device: await leaf('device', 'client'),
    otherDevice: await leaf('other device', 'client'),
    station: await leaf('station', 'client'),
    unknown: await leaf('unknown', 'client'),
    stranger: await leaf('stranger', 'client', strange),
    expired: await leaf('expired', 'client', hospital, { notBefore: now - 900, notAfter: now - 1 }),
    short: await leaf('short', 'client', hospital, { notAfter: now + 600 }),
    serverOnly: await leaf('server only', 'server'),
  };
}
