import { generateKeyPairSync } from 'node:crypto';
import { type Issuer, issueAuthority, issueLeaf, type Leaf } from './x509.ts';
import type { Item, KeyFolder } from './key-folder.ts';

/** A year: long enough for development, short enough that nobody forgets it in production. */
export const YEAR_SECONDS = 365 * 86_400;

/** Every key that belongs to no single device or clinician. One key, one purpose. */
export const KEYS = {
  authority: 'authority/authority.key.pem',
  recovery: 'recovery/recovery.key.pem',
  profile: 'maker/profile.key.pem',
  identityCa: 'maker/identity-ca.key.pem',
  firmware: 'maker/firmware.key.pem',
  advisory: 'maker/advisory.key.pem',
  grant: 'gateway/grant.key.pem',
  log: 'gateway/log.key.pem',
  gatewayTls: 'gateway/tls.key.pem',
  gatewayLink: 'gateway/link.key.pem',
  gatewayWitnessClient: 'gateway/witness-client.key.pem',
  cosign: 'witness-1/cosign.key.pem',
  witnessTls: 'witness-1/tls.key.pem',
  stationLink: 'station-1/link.key.pem',
  stationTls: 'station-1/tls.key.pem',
  authorityTls: 'authority/tls.key.pem',
  tokenIssuer: 'issuer/token.key.pem',
  deviceCa: 'device-ca/ca.key.pem',
  serviceCa: 'service-ca/ca.key.pem',
} as const;
const ED25519: readonly string[] = [KEYS.log, KEYS.cosign];

/** Devices trust services, services trust devices; two authorities, so that neither can pass for the other. */
export const CA = {
  device: 'public/ca/device-ca.cert.pem',
  service: 'public/ca/service-ca.cert.pem',
  identity: 'public/ca/maker-identity-ca.cert.pem',
} as const;

export const WITNESS_NAME = 'witness-1.localhost';
const LOCAL = { dns: ['localhost'], addresses: ['127.0.0.1'] } as const;

/** A fresh private key in its file: P-256, or Ed25519 where the log's formats ask for it. */
export const keyItem = (path: string): Item => ({
  path,
  needs: [],
  make: () => {
    const { privateKey } = ED25519.includes(path)
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    return privateKey.export({ format: 'pem', type: 'pkcs8' });
  },
});

/** The certificate that stands beside a key: `tls.key.pem` has `tls.cert.pem`. */
export const certificateOf = (key: string): string => key.replace(/\.key\.pem$/u, '.cert.pem');

/** A certificate for the key in `key`, by one of the authorities. */
export function certificateItem(
  folder: KeyFolder,
  key: string,
  ca: { readonly key: string; readonly certificate: string },
  leaf: () => Leaf,
  needs: readonly string[] = [],
): Item {
  return {
    path: certificateOf(key),
    needs: [key, ca.key, ca.certificate, ...needs],
    make: () => {
      const issuer: Issuer = { certificate: folder.text(ca.certificate), key: folder.text(ca.key) };
      return issueLeaf(folder.text(key), leaf(), issuer);
    },
  };
}

/** Keys and certificates of every party but devices and clinicians. `now` in unix seconds. */
export function partyItems(folder: KeyFolder, now: number): readonly Item[] {
  const valid = { notBefore: now, notAfter: now + YEAR_SECONDS };
  const authority = (path: string, key: string, commonName: string): Item => ({
    path,
    needs: [key],
    make: () => issueAuthority(folder.text(key), { commonName, ...valid }),
  });
  const service = (key: string, leaf: Omit<Leaf, 'notBefore' | 'notAfter'>): Item =>
    certificateItem(folder, key, { key: KEYS.serviceCa, certificate: CA.service }, () => ({
      ...leaf,
      ...valid,
    }));
  return [
    ...Object.values(KEYS).map(keyItem),
    authority(CA.device, KEYS.deviceCa, 'Hospital devices (SIM)'),
    authority(CA.service, KEYS.serviceCa, 'Hospital services (SIM)'),
    authority(CA.identity, KEYS.identityCa, 'Device maker identities (SIM)'),
    service(KEYS.gatewayTls, {
      commonName: 'gate.localhost',
      use: 'server',
      dns: ['gate.localhost', ...LOCAL.dns],
      addresses: LOCAL.addresses,
    }),
    service(KEYS.gatewayWitnessClient, {
      commonName: 'gateway',
      use: 'client',
      uri: 'urn:countersign:gateway',
    }),
    service(KEYS.authorityTls, {
      commonName: 'authority.localhost',
      use: 'server',
      dns: ['authority.localhost', ...LOCAL.dns],
      addresses: LOCAL.addresses,
    }),
    service(KEYS.witnessTls, {
      commonName: WITNESS_NAME,
      use: 'server',
      dns: [WITNESS_NAME, ...LOCAL.dns],
      addresses: LOCAL.addresses,
    }),
    service(KEYS.stationTls, {
      commonName: 'station-1',
      use: 'client',
      uri: 'urn:countersign:station:station-1',
    }),
  ];
}
