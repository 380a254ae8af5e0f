// Has to come first: @peculiar/x509 throws without it, and it is there for its effect only.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SECONDS_BACK = 300; // clocks of one hospital are no further apart than this

/** What a certificate says. Times are unix seconds. */
export interface Subject {
  readonly commonName: string;
  /** The `serialNumber` attribute (2.5.4.5) by which 802.1AR names a device. */
  readonly serial?: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Leaf extends Subject {
  /** `server` and `client` for TLS; `identity` names a device and is good for neither. */
  readonly use: 'server' | 'client' | 'identity';
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  /** Says what a client is, so that a station's certificate never opens the door of a device. */
  readonly uri?: string;
}

export interface Issuer {
  /** PEM. */
  readonly certificate: string;
  /** PKCS#8 PEM, P-256. */
  readonly key: string;
}

/** A self-signed P-256 authority that issues end certificates only. Gives PEM. */
export async function issueAuthority(key: string, subject: Subject): Promise<string> {
  const keys = await pair(key);
  const { subject: name, ...rest } = common(subject);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...rest,
    name,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      usage(x509.KeyUsageFlags.keyCertSign, x509.KeyUsageFlags.cRLSign),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pem(certificate);
}

/** A certificate for `key` (of which only the public half is used). Gives PEM. */
export async function issueLeaf(key: string, leaf: Leaf, issuer: Issuer): Promise<string> {
  const subjectKey = (await pair(key)).publicKey;
  const { privateKey, publicKey } = await pair(issuer.key);
  const names: x509.JsonGeneralNames = [
    ...(leaf.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(leaf.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(leaf.uri === undefined ? [] : [{ type: 'url' as const, value: leaf.uri }]),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(leaf),
    issuer: new x509.X509Certificate(issuer.certificate).subjectName.toJSON(),
    publicKey: subjectKey,
    signingKey: privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      usage(x509.KeyUsageFlags.digitalSignature),
      ...(leaf.use === 'identity' ? [] : [new x509.ExtendedKeyUsageExtension([PURPOSES[leaf.use]], true)]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.SubjectKeyIdentifierExtension.create(subjectKey),
      await x509.AuthorityKeyIdentifierExtension.create(publicKey),
    ],
  });
  return pem(certificate);
}

const PURPOSES = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

const usage = (...flags: readonly x509.KeyUsageFlags[]): x509.KeyUsagesExtension =>
  new x509.KeyUsagesExtension(
    flags.reduce((all, flag) => all | flag, 0),
    true,
  );

function common({ commonName, serial, notBefore, notAfter }: Subject) {
  const name: x509.JsonName = [
    { CN: [commonName] },
    { O: ['Countersign development'] },
    ...(serial === undefined ? [] : [{ '2.5.4.5': [serial] }]),
  ];
  const number = randomBytes(16);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40; // positive, and always of the same length
  return {
    serialNumber: number.toString('hex'),
    subject: name,
    notBefore: date(notBefore - SECONDS_BACK),
    notAfter: date(notAfter),
    signingAlgorithm: P256,
  };
}

const date = (seconds: number): Date => new Date(seconds * 1000);

async function pair(key: string): Promise<CryptoKeyPair> {
  const secret = createPrivateKey(key);
  const pkcs8 = secret.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), P256, false, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', Uint8Array.from(spki), P256, true, ['verify']),
  };
}
