// Has to come first: @peculiar/x509 throws without it, and it is there for its effect only.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { publicKeyFromPem } from '../common/process/crypto.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** A certificate that was stolen unnoticed ends by itself before long. */
const LIFE_MS = 90 * 86_400_000;
const BACK_MS = 300_000; // clocks of one hospital are no further apart than this
const CRL_MS = 7 * 86_400_000;

/** Who a device says it is, in a certificate or a request for one: IEEE 802.1AR names it by its serial number. */
export interface DeviceName {
  /** EUI-64, hexadecimal. */
  readonly id: string;
  readonly serial: string;
}

/** A request whose proof of possession holds (RFC 2986 section 4.2). */
export interface DeviceRequest extends DeviceName {
  readonly publicKey: x509.PublicKey;
  /** SHA-256 of the public key (SPKI), hexadecimal. */
  readonly keyHash: string;
}

/** Reads a DER PKCS#10 request. Throws Error saying what is wrong with it. */
export async function readRequest(der: Uint8Array): Promise<DeviceRequest> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
  } catch {
    throw new Error('not a PKCS#10 request');
  }
  const { algorithm } = request.publicKey;
  if (!('namedCurve' in algorithm) || algorithm.namedCurve !== 'P-256')
    throw new Error('expected a P-256 key');
  if (!(await request.verify())) throw new Error('the request is not signed by its own key');
  const { publicKey } = request;
  return { ...nameIn(request.subjectName), publicKey, keyHash: await hashOf(publicKey) };
}

/** Who asks, by the certificate it shows. */
export interface Peer extends DeviceName {
  /** SHA-256 of the public key (SPKI), hexadecimal. */
  readonly keyHash: string;
  /** The same key as a COSE_Key. */
  readonly coseKey: Bytes;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string;
}

/** Who a client certificate names, and its key. Throws Error when it names no device, or its key is not P-256. */
export async function readPeer(der: Uint8Array): Promise<Peer> {
  const certificate = new x509.X509Certificate(new Uint8Array(der));
  const { alg, raw } = publicKeyFromPem(certificate.publicKey.toString('pem'));
  if (alg !== ALGORITHM.ES256) throw new Error('expected a certificate with a P-256 key');
  return {
    ...nameIn(certificate.subjectName),
    keyHash: await hashOf(certificate.publicKey),
    coseKey: coseKey(alg, raw),
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

function nameIn(name: x509.Name): DeviceName {
  const [id = '', ...more] = name.getField('CN');
  const [serial = '', ...others] = name.getField('2.5.4.5');
  if (more.length + others.length > 0 || !/^[0-9a-f]{16}$/u.test(id) || !/^[ -~]{1,64}$/u.test(serial))
    throw new Error('expected a subject with CN (16 hexadecimal digits) and serialNumber, once each');
  return { id, serial };
}

async function hashOf(key: x509.PublicKey): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', key.rawData)).toString('hex');
}

export interface DeviceCa {
  /** Certificates as PKCS#7, DER, without signatures of its own ("certs-only", RFC 5751 section 3.9). */
  bag(...certificates: readonly string[]): Uint8Array;
  /** PEM of the CA's own certificate. */
  readonly certificate: string;
  /** A TLS client certificate for a device, PEM: 90 days. */
  issue(request: DeviceRequest, now: number): Promise<string>;
  /** The list of certificates that have ended (RFC 5280 section 5), DER: good for a week. */
  crl(
    revoked: readonly { readonly serial: string; readonly since: number }[],
    number: number,
    now: number,
  ): Promise<Uint8Array>;
}

/** The CA of the hospital's devices. @param key PKCS#8 PEM, P-256 @param certificate PEM */
export async function openDeviceCa(key: string, certificate: string): Promise<DeviceCa> {
  const ca = new x509.X509Certificate(certificate);
  const secret = createPrivateKey(key);
  const pkcs8 = secret.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const signingKey = await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), P256, false, ['sign']);
  const publicKey = await crypto.subtle.importKey('spki', Uint8Array.from(spki), P256, true, ['verify']);
  if (!(await ca.verify({ publicKey, signatureOnly: true })))
    throw new Error('the key of the device CA does not belong to its certificate');
  const issuer = ca.subjectName.toJSON();
  return {
    certificate,
    bag: (...certificates) =>
      new Uint8Array(
        new x509.X509Certificates(certificates.map((one) => new x509.X509Certificate(one))).export('raw'),
      ),
    async issue({ id, serial, publicKey: subjectKey }, now) {
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: [{ CN: [id] }, { '2.5.4.5': [serial] }],
        issuer,
        notBefore: new Date(now - BACK_MS),
        notAfter: new Date(now + LIFE_MS),
        signingAlgorithm: P256,
        publicKey: subjectKey,
        signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth], true),
          new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:countersign:device:${id}` }]),
          await x509.SubjectKeyIdentifierExtension.create(subjectKey),
          await x509.AuthorityKeyIdentifierExtension.create(publicKey),
        ],
      });
      return `${issued.toString('pem')}\n`;
    },
    async crl(revoked, number, now) {
      const list = await x509.X509CrlGenerator.create({
        issuer: ca.subject,
        thisUpdate: new Date(now),
        nextUpdate: new Date(now + CRL_MS),
        signingAlgorithm: P256,
        signingKey,
        entries: revoked.map(({ serial, since }) => ({
          serialNumber: serial,
          revocationDate: new Date(since),
        })),
        extensions: [
          await x509.AuthorityKeyIdentifierExtension.create(publicKey),
          new x509.Extension('2.5.29.20', false, integer(number)),
        ],
      });
      return new Uint8Array(list.rawData);
    },
  };
}

function serialNumber(): string {
  const number = randomBytes(16);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40; // positive, and always of the same length
  return number.toString('hex');
}

/** A DER INTEGER of at most 48 bits. */
function integer(value: number): ArrayBuffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(2, 0);
  bytes.writeUInt8(7, 1);
  bytes.writeUIntBE(value, 3, 6);
  return new Uint8Array(bytes).buffer;
}
