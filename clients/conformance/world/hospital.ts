import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { issueAuthority, issueLeaf } from '../../../certs/x509.ts';
import { type Anchors, issueAnchors } from '../../../server/protocol/anchors.ts';
import type { SigningOrigin } from '../../../server/protocol/approval.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { encodeVkey, LOG_KEY, WITNESS_KEY } from '../../../server/protocol/log/note.ts';
import { issueProfile, type Profile } from '../../../server/protocol/profile.ts';
import { nodeCrypto, signerFromPem } from '../../common/process/crypto.ts';

/** The name under which the kit plays a gateway; its certificate carries it. */
export const GATEWAY_NAME = 'conformance.localhost';
export const STATION_LABEL = 'conformance';
const YEAR_SECONDS = 365 * 86_400;

/** Two signing pages that exist in name only: the kit's people sign by program. */
export const PAGES: readonly [SigningOrigin, SigningOrigin] = [
  { origin: 'https://sign-a.conformance.test', rpId: 'sign-a.conformance.test' },
  { origin: 'https://sign-b.conformance.test', rpId: 'sign-b.conformance.test' },
];

/** How young a credential may be and still take part in a change by two, as anchors usually have it. */
export const CREDENTIAL_AGE = 86_400;

const KEYS = [
  'authority',
  'recovery',
  'maker',
  'grant',
  'link',
  'station',
  'tester',
  'gateway-tls',
  'station-tls',
  'device-tls',
  'device-ca',
  'service-ca',
  'stranger-tls',
  'stranger-ca',
] as const;
const LOG_KEYS = ['log', 'witness'] as const;
type KeyName = (typeof KEYS)[number] | (typeof LOG_KEYS)[number];

/** Every key of a hospital that exists for tests alone; a device under test is told to believe in it. */
export interface Hospital {
  readonly folder: string;
  readonly signer: (name: KeyName) => Signer;
  /** PKCS#8 PEM. */
  readonly pem: (name: KeyName) => string;
  readonly anchors: Anchors;
  readonly witnessName: string;
}

const keyFile = (folder: string, name: string): string => join(folder, 'private', `${name}.key.pem`);

/** The hospital in a folder. Throws Error when it was not made yet. */
export function openHospital(folder: string): Hospital {
  if (!existsSync(keyFile(folder, 'authority')))
    throw new Error(`${folder} holds no test keys yet; make them with: countersign conformance keys`);
  const pem = (name: KeyName): string => readFileSync(keyFile(folder, name), 'utf8');
  const signer = (name: KeyName): Signer => signerFromPem(pem(name));
  const { sha256 } = nodeCrypto;
  const log = signer('log').key;
  // A new key is a new log: under an old name, a witness would rightly take it for a fork.
  const origin = `conformance.test/log-${hex(log.kid.subarray(0, 4))}`;
  const witnessName = 'conformance.test/witness';
  return {
    folder,
    signer,
    pem,
    witnessName,
    anchors: {
      version: 1,
      development: true,
      authorities: [signer('authority').key],
      emergencyIssuers: [signer('authority').key],
      recovery: signer('recovery').key,
      profileMaker: signer('maker').key,
      origins: [...PAGES],
      grantKeys: [signer('grant').key],
      log: { origin, vkey: encodeVkey(sha256, origin, LOG_KEY, log.raw) },
      witnesses: { k: 1, vkeys: [encodeVkey(sha256, witnessName, WITNESS_KEY, signer('witness').key.raw)] },
      minimumProtocol: 1,
      credentialAge: CREDENTIAL_AGE,
    },
  };
}

/**
 * Makes what is missing of a test hospital, and signs the profile anew. `trust/` is what a device under test
 * believes in, `device/` what it needs to dial in; `private/` is nobody's but the kit's.
 *
 * @param now unix seconds
 */
export async function makeHospital(
  folder: string,
  profile: Profile,
  device: string,
  now: number,
): Promise<Hospital> {
  for (const name of KEYS) keep(keyFile(folder, name), 0o600, () => freshKey('ec'));
  for (const name of LOG_KEYS) keep(keyFile(folder, name), 0o600, () => freshKey('ed25519'));
  const hospital = openHospital(folder);
  const { pem, signer } = hospital;
  const valid = { notBefore: now, notAfter: now + YEAR_SECONDS };
  const authorities = { device: 'device-ca', service: 'service-ca', stranger: 'stranger-ca' } as const;
  const certificate = (name: string): string => join(folder, 'trust', `${name}.cert.pem`);
  for (const [name, key] of Object.entries(authorities))
    await keepAsync(certificate(key), () =>
      issueAuthority(pem(key), { commonName: `TEST ONLY ${name} authority`, ...valid }),
    );
  const issuer = (key: KeyName) => ({ certificate: readFileSync(certificate(key), 'utf8'), key: pem(key) });
  const server = {
    use: 'server',
    commonName: GATEWAY_NAME,
    dns: [GATEWAY_NAME, 'localhost'],
    addresses: ['127.0.0.1'],
    ...valid,
  } as const;
  await keepAsync(certificate('gateway-tls'), () =>
    issueLeaf(pem('gateway-tls'), server, issuer('service-ca')),
  );
  await keepAsync(certificate('stranger-tls'), () =>
    issueLeaf(pem('stranger-tls'), server, issuer('stranger-ca')),
  );
  await keepAsync(certificate('other-name-tls'), () =>
    issueLeaf(
      pem('gateway-tls'),
      { ...server, commonName: 'elsewhere.test', dns: ['elsewhere.test'], addresses: [] },
      issuer('service-ca'),
    ),
  );
  await keepAsync(certificate('station-tls'), () =>
    issueLeaf(
      pem('station-tls'),
      { use: 'client', commonName: STATION_LABEL, uri: `urn:countersign:station:${STATION_LABEL}`, ...valid },
      issuer('service-ca'),
    ),
  );
  keep(join(folder, 'device', 'tls.key.pem'), 0o600, () => pem('device-tls'));
  await keepAsync(join(folder, 'device', 'tls.cert.pem'), () =>
    issueLeaf(
      pem('device-tls'),
      { use: 'client', commonName: device, uri: `urn:countersign:device:${device}`, ...valid },
      issuer('device-ca'),
    ),
  );
  // What a statement about a run is checked with.
  const tester = createPublicKey(pem('tester')).export({ format: 'pem', type: 'spki' });
  write(join(folder, 'trust', 'tester.pub.pem'), 0o644, tester.toString());
  const anchors = await issueAnchors(hospital.anchors, signer('authority'), signer('recovery'));
  keep(join(folder, 'trust', 'anchors.bin'), 0o644, () => anchors);
  write(join(folder, 'trust', 'profile.bin'), 0o644, await issueProfile(profile, signer('maker')));
  return hospital;
}

export function freshKey(kind: 'ec' | 'ed25519'): string {
  const { privateKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) : generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A key that lives as long as one run. */
export const ephemeralSigner = (): Signer => signerFromPem(freshKey('ec'));

function write(path: string, mode: number, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode });
}

function keep(path: string, mode: number, make: () => string | Uint8Array): void {
  if (!existsSync(path)) write(path, mode, make());
}

async function keepAsync(path: string, make: () => Promise<string>): Promise<void> {
  if (!existsSync(path)) write(path, 0o644, await make());
}
