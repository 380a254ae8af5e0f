import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bundleFolder } from '../host/build.mjs';
import { driverPath } from '../reader/driver/build.mjs';
import { wristbandsToPress } from './patients.ts';
import { audienceOf } from './sign-in.ts';
import type { Facts, WardProcess } from './supervisor.ts';

const NAME = 'gate.localhost';
/** The token issuer's own name: a page of its own, with passkeys of its own. */
export const ISSUER_NAME = 'id.localhost';
/** How the ward's programs are known to the issuer (RFC 8252 section 7.3: any port). */
export const PROGRAM = { client: 'ward', redirectUri: 'http://127.0.0.1/signed-in' } as const;
const STATION_NAME = 'station-1.localhost';
const HOST = 'clients/host/main.ts';
/** The page that goes into evidence bundles; a ward without pages has none. */
const VERIFIER = join(bundleFolder('verifier'), 'verifier.html');
const DEVICE = z.object({
  id: z.string(),
  profile: z.string(),
  patient: z.object({ salt: z.string(), tag: z.string() }),
});

const ready = (facts: Facts, process: string, key: string): string =>
  String(facts.ready.get(process)?.[key] ?? '');

const address = (facts: Facts, path: string, door = 'gateway-devices'): string =>
  `wss://127.0.0.1:${facts.port(door)}${path}`;

const issuerUrl = (facts: Facts): string => `http://${ISSUER_NAME}:${facts.port('issuer')}`;

const publicFile = (facts: Facts, name: string): string => facts.path('keys', 'public', name);

/** A party's own TLS key and certificate, and the authority it trusts for services. */
const tls = (facts: Facts, ...party: string[]): { key: string; cert: string; ca: string } => ({
  key: facts.path('keys', ...party, 'tls.key.pem'),
  cert: facts.path('keys', ...party, 'tls.cert.pem'),
  ca: publicFile(facts, 'ca/service-ca.cert.pem'),
});

const vkey = (facts: Facts, name: string): string => readFileSync(publicFile(facts, name), 'utf8').trim();

/** What a device process is given: its own keys, and what its maker and the hospital set it up with. */
function device(facts: Facts, name: string): object {
  const file = readFileSync(facts.path('keys', 'devices', name, 'device.json'), 'utf8');
  const { id, profile, patient } = DEVICE.parse(JSON.parse(file));
  return {
    id,
    folder: facts.path('devices', name),
    identityKey: facts.path('keys', 'devices', name, 'identity.key.pem'),
    anchors: publicFile(facts, 'anchors.bin'),
    profile: publicFile(facts, join('profiles', `${profile}.bin`)),
    patient,
    time: facts.now,
  };
}

/** A bedside device of the ward, on the network. */
export const bedsideDevice = (name: string, door?: string): WardProcess => ({
  name,
  entry: 'clients/device/main.ts',
  config: (facts) => ({
    ...device(facts, name),
    gateway: { url: address(facts, '/device', door), hostname: NAME, ...tls(facts, 'devices', name) },
  }),
});

/** The hosts of pages, each with an origin of its own to which its people's signing passkeys belong. */
type PageHost = 'a' | 'b' | 'audit' | 'patient';
const hostUrl = (facts: Facts, host: PageHost): string =>
  `http://${host.length > 1 ? host : `sign-${host}`}.localhost:${facts.port(`host-${host}`)}`;

/** Where visitors of the simulation are set up. */
const receptionUrl = (facts: Facts): string => `http://reception.localhost:${facts.port('reception')}`;

/** A host of pages, serving one bundle. @param more what its pages are told of the place beside the rest */
export const pageHost = (
  host: PageHost,
  bundle: string,
  title: string,
  more?: (facts: Facts) => object,
): WardProcess => ({
  name: `host-${host}`,
  entry: HOST,
  config: (facts) => ({
    url: hostUrl(facts, host),
    port: facts.port(`host-${host}`),
    pages: bundleFolder(bundle),
    anchors: publicFile(facts, 'anchors.bin'),
    ...(host === 'audit' && { verifier: VERIFIER }),
    place: {
      environment: 'simulation',
      site: 'Simulated ward',
      gateway: `http://${NAME}:${facts.port('gateway-clinicians')}`,
      issuer: { url: issuerUrl(facts), client: host === 'audit' ? 'audit' : 'tablet' },
      reception: receptionUrl(facts),
      stations: facts.ready.has('reader-station')
        ? [{ label: 'station-1', emergency: `http://${STATION_NAME}:${facts.port('emergency-door')}` }]
        : [],
      ...more?.(facts),
    },
    developmentOnlyPlainHttpOnLoopback: true,
  }),
  pages: (facts) => [{ title, url: `${hostUrl(facts, host)}/` }],
});

/** What lies at the beds of a simulated ward, for a visitor at the tablet. */
export const beside = (facts: Facts): object => ({ wristbands: wristbandsToPress(facts.path()) });

/** The ward, in the order in which its processes start. Each entry is `node ENTRY --config config/NAME.json`. */
export const WARD: readonly WardProcess[] = [
  {
    name: 'virtual-reader',
    entry: 'clients/reader/virtual-main.ts',
    optional: true, // without PC/SC the ward runs, without NFC
    config: () => ({ name: 'Countersign Virtual NFC', driver: driverPath }),
  },
  {
    name: 'witness',
    entry: 'clients/witness/main.ts',
    ports: ['witness'],
    config: (facts) => {
      const log = vkey(facts, 'log.vkey');
      const { key, cert, ca } = tls(facts, 'witness-1');
      return {
        folder: facts.path('witness'),
        port: facts.port('witness'),
        name: vkey(facts, 'witness-1.vkey').split('+')[0],
        key: facts.path('keys', 'witness-1', 'cosign.key.pem'),
        tlsKey: key,
        cert,
        clientCa: ca,
        logs: [{ origin: log.slice(0, log.indexOf('+')), vkey: log }],
      };
    },
  },
  {
    name: 'authority',
    entry: 'clients/authority/main.ts',
    ports: ['authority', 'est'],
    config: (facts) => {
      const { key, cert } = tls(facts, 'authority');
      return {
        port: facts.port('authority'),
        key,
        cert,
        authorityKey: facts.path('keys', 'authority', 'authority.key.pem'),
        folder: facts.path('authority'),
        est: {
          port: facts.port('est'),
          caKey: facts.path('keys', 'device-ca', 'ca.key.pem'),
          caCert: publicFile(facts, 'ca/device-ca.cert.pem'),
          identityCa: publicFile(facts, 'ca/maker-identity-ca.cert.pem'),
          anchors: publicFile(facts, 'anchors.bin'),
        },
      };
    },
  },
  {
    name: 'issuer',
    entry: 'clients/issuer/main.ts',
    ports: ['issuer', 'gateway-clinicians', 'host-a', 'host-b', 'host-audit'],
    config: (facts) => ({
      url: issuerUrl(facts),
      port: facts.port('issuer'),
      audience: audienceOf(`${NAME}:${facts.port('gateway-clinicians')}`),
      signingKeys: [facts.path('keys', 'issuer', 'token.key.pem')],
      simulation: true,
      folder: facts.path('issuer'),
      clients: [
        {
          id: 'tablet',
          name: 'Countersign tablet',
          redirectUris: (['a', 'b'] as const).map((host) => `${hostUrl(facts, host)}/signed-in`),
        },
        {
          id: 'audit',
          name: 'Countersign audit console',
          redirectUris: [`${hostUrl(facts, 'audit')}/signed-in`],
        },
        { id: PROGRAM.client, name: 'Programs of this ward', redirectUris: [PROGRAM.redirectUri] },
      ],
      developmentOnlyPlainHttpOnLoopback: true,
    }),
    pages: (facts) => [{ title: 'Sign-in', url: `${issuerUrl(facts)}/` }],
  },
  {
    name: 'gateway',
    entry: 'server/main.ts',
    ports: [
      'gateway-devices',
      'gateway-clinicians',
      'metrics',
      'host-a',
      'host-b',
      'host-audit',
      'host-patient',
    ],
    flags: [
      '--DEVELOPMENT-ONLY-plain-http-on-loopback',
      '--DEVELOPMENT-ONLY-software-passkeys',
      '--DEVELOPMENT-ONLY-short-waits',
    ],
    config: (facts) => ({
      folder: facts.path('gateway'),
      keys: facts.path('keys', 'gateway'),
      trust: facts.path('keys', 'public'),
      hospital: facts.path('hospital'),
      ports: { devices: facts.port('gateway-devices'), clinicians: facts.port('gateway-clinicians') },
      metrics: { port: facts.port('metrics') },
      origins: [hostUrl(facts, 'patient')],
      ...(existsSync(VERIFIER) && { verifier: VERIFIER }),
      hostnames: { devices: NAME, clinicians: NAME },
      authority: {
        url: `https://127.0.0.1:${facts.port('authority')}`,
        ca: publicFile(facts, 'ca/service-ca.cert.pem'),
      },
      issuer: { url: issuerUrl(facts), audience: audienceOf(`${NAME}:${facts.port('gateway-clinicians')}`) },
      witnesses: [
        {
          name: 'witness-1',
          url: `https://127.0.0.1:${facts.port('witness')}`,
          vkey: vkey(facts, 'witness-1.vkey'),
        },
      ],
    }),
    pages: (facts) => [
      { title: 'Health', url: `http://${NAME}:${facts.port('gateway-clinicians')}/readyz` },
      { title: 'Metrics', url: `http://127.0.0.1:${facts.port('metrics')}/metrics` },
      { title: 'API', url: `http://${NAME}:${facts.port('gateway-clinicians')}/openapi.json` },
    ],
  },
  {
    name: 'reader-station',
    entry: 'clients/reader/main.ts',
    needs: 'virtual-reader',
    ports: ['emergency-door'],
    config: (facts) => ({
      gatewayUrl: address(facts, '/reader'),
      hostname: NAME,
      ...tls(facts, 'station-1'),
      label: 'station-1',
      pcscSocket: ready(facts, 'virtual-reader', 'socket'),
      emergency: {
        port: facts.port('emergency-door'),
        hostname: STATION_NAME,
        folder: facts.path('station-1'),
        anchors: publicFile(facts, 'anchors.bin'),
        linkKey: facts.path('keys', 'station-1', 'link.key.pem'),
        linkCredential: publicFile(facts, 'links/station-1.bin'),
      },
    }),
    pages: (facts) => [
      {
        title: 'Emergency',
        url: `http://${STATION_NAME}:${facts.port('emergency-door')}/v1/emergency`,
      },
    ],
  },
  bedsideDevice('pump-1'),
  {
    name: 'pacemaker-1',
    entry: 'clients/device/main.ts',
    needs: 'virtual-reader',
    config: (facts) => ({
      ...device(facts, 'pacemaker-1'),
      cardSocket: ready(facts, 'virtual-reader', 'cardSocket'),
    }),
  },
  {
    name: 'reception',
    entry: 'clients/ward/reception-main.ts',
    ports: ['reception'],
    config: (facts) => ({
      port: facts.port('reception'),
      folder: facts.path(),
      issuer: issuerUrl(facts),
      origins: (['a', 'b', 'audit'] as const).map((host) => hostUrl(facts, host)),
    }),
  },
  pageHost('a', 'tablet', 'Tablet', beside),
  pageHost('b', 'second', 'Second signature'),
  pageHost('audit', 'auditor', 'Audit console'),
  pageHost('patient', 'patient', 'Patient’s page'),
];

/** The same ward without what needs a card reader. */
export function withoutNfc(processes: readonly WardProcess[]): readonly WardProcess[] {
  return processes.filter(({ name, needs }) => name !== 'virtual-reader' && needs !== 'virtual-reader');
}

/** The same ward without its pages, for who needs no browser. */
export const withoutPages = (processes: readonly WardProcess[]): readonly WardProcess[] =>
  processes.filter(({ entry, name }) => entry !== HOST && name !== 'reception');
