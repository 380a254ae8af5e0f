import type { Facts, WardProcess } from './supervisor.ts';

const NAME = 'gate.localhost';
const text = (facts: Facts, process: string, key: string): string =>
  String(facts.ready.get(process)?.[key] ?? '');

const address = (facts: Facts, path: string): string =>
  `wss://127.0.0.1:${facts.port('gateway-devices')}${path}`;

/** Where a party's own key and certificate stand, and the authority it trusts. */
const tlsFiles = (facts: Facts, party: string): object => ({
  key: facts.path('keys', party, 'tls.key'),
  cert: facts.path('keys', party, 'tls.crt'),
  ca: facts.path('keys', party, 'ca.crt'),
});

/** The ward, in the order in which its processes start. Each entry is `node ENTRY --config config/NAME.json`. */
export const WARD: readonly WardProcess[] = [
  {
    name: 'virtual-reader',
    entry: 'clients/reader/virtual-main.ts',
    optional: true, // without PC/SC the ward runs, without NFC
    config: () => ({ name: 'Countersign Virtual NFC' }),
  },
  {
    name: 'witness',
    entry: 'clients/witness/main.ts',
    ports: ['witness'],
    config: (facts) => ({
      folder: facts.path('witness'),
      keys: facts.path('keys', 'witness'),
      port: facts.port('witness'),
    }),
  },
  {
    name: 'gateway',
    entry: 'server/main.ts',
    ports: ['gateway-devices', 'gateway-clinicians'],
    flags: ['--DEVELOPMENT-ONLY-plain-http-on-loopback', '--DEVELOPMENT-ONLY-software-passkeys'],
    config: (facts) => ({
      folder: facts.path('gateway'),
      keys: facts.path('keys', 'gateway'),
      ports: { devices: facts.port('gateway-devices'), clinicians: facts.port('gateway-clinicians') },
      hostnames: { devices: NAME, clinicians: NAME },
      log: { origin: 'ward.localhost/log' },
      witnesses: [
        {
          name: text(facts, 'witness', 'name'),
          url: `http://127.0.0.1:${facts.port('witness')}`,
          vkey: text(facts, 'witness', 'vkey'),
        },
      ],
      quorum: 1,
      policy: { file: facts.path('keys', 'policy.cose'), trust: [] },
    }),
    pages: (facts) => [{ title: 'Gateway', url: `http://${NAME}:${facts.port('gateway-clinicians')}` }],
  },
  {
    name: 'reader-station',
    entry: 'clients/reader/main.ts',
    needs: 'virtual-reader',
    config: (facts) => ({
      gatewayUrl: address(facts, '/reader'),
      hostname: NAME,
      ...tlsFiles(facts, 'reader'),
      label: 'Ward 3, bed 2',
      pcscSocket: text(facts, 'virtual-reader', 'socket'),
    }),
  },
  {
    name: 'pump',
    entry: 'clients/device/main.ts',
    config: (facts) => ({
      kind: 'pump',
      folder: facts.path('devices', 'pump'),
      keys: facts.path('keys', 'pump'),
      gatewayUrl: address(facts, '/device'),
      hostname: NAME,
    }),
  },
  {
    name: 'pacemaker',
    entry: 'clients/device/main.ts',
    needs: 'virtual-reader',
    config: (facts) => ({
      kind: 'pacemaker',
      folder: facts.path('devices', 'pacemaker'),
      keys: facts.path('keys', 'pacemaker'),
      card: text(facts, 'virtual-reader', 'cardSocket'),
    }),
  },
];

/** The same ward without what needs a card reader. */
export function withoutNfc(processes: readonly WardProcess[]): readonly WardProcess[] {
  return processes.filter(({ name, needs }) => name !== 'virtual-reader' && needs !== 'virtual-reader');
}
