import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The rooms of server/, leftmost first. A room imports only from rooms to its left. */
const ORDER = [
  'protocol', 'limits', 'config', 'crypto', 'tap-crypto', 'store',
  'authenticate', 'authorize', 'audit', 'transport', 'broker', 'ceremony', 'monitor', 'fleet',
  'edge', 'gateway', 'main',
]; // prettier-ignore
/** These take only types from each other: code arrives as arguments from gateway.ts. */
const STAGES = [
  'authenticate', 'authorize', 'audit', 'transport', 'broker', 'ceremony', 'monitor', 'fleet', 'edge',
]; // prettier-ignore

/** What each room of clients/ may import beside itself; every other one gets DEFAULT. */
const DEFAULT = ['server/protocol/', 'clients/common/'];
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  'clients/common/': ['server/protocol/'],
  'clients/tablet/': ['server/protocol/', 'clients/common/page/'],
  'clients/patient/': ['server/protocol/', 'clients/common/page/'],
  'clients/verifier/': ['server/protocol/', 'clients/common/page/', 'clients/common/evidence/'],
  'clients/auditor/': ['server/protocol/', 'clients/common/page/', 'clients/common/evidence/'],
  'clients/device/': ['server/protocol/', 'clients/common/link/', 'clients/common/process/'],
  'clients/witness/': ['server/protocol/', 'clients/common/link/', 'clients/common/process/'],
  // The second signer's page shares no code with the first one's: one altered or faulty line must not fool both people.
  'clients/second/': [],
  // The kit makes a hospital of its own, with the same makers of certificates and profiles. A gateway of this project is
  // tested in a ward, with that ward's people.
  'clients/conformance/': [...DEFAULT, 'certs/', 'clients/reader/driver/build.mjs', 'clients/ward/'],
  'clients/ward/': [
    ...DEFAULT,
    'certs/',
    // The ward's people, devices and stations are set up as if operators had let them in.
    'clients/issuer/',
    'clients/authority/',
    'clients/reader/driver/build.mjs',
    'clients/host/build.mjs',
  ],
  // The attacker starts a ward, plays its people, and makes certificates of its own. It never reaches into a party.
  'clients/attack/': [...DEFAULT, 'certs/', 'clients/ward/'],
};
const CERTS = DEFAULT;
/** The rooms whose code runs in a browser, and what they share. Nothing in them may need Node. */
const PAGES = ['clients/tablet/', 'clients/auditor/', 'clients/verifier/', 'clients/patient/'];
/** The verifier stands in every evidence bundle, so it is small enough to do without. */
const PREACT = PAGES.filter((room) => room !== 'clients/verifier/');
/** What pages and programs share. */
const EVERYWHERE = ['clients/common/evidence/consistency.ts', 'clients/common/evidence/unzip.ts'];

/** Where each outside package lives. A package without a row may be imported by tests only. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  express: ['server/edge/', 'clients/issuer/', 'clients/authority/', 'clients/host/'],
  helmet: ['server/edge/', 'clients/issuer/', 'clients/authority/', 'clients/host/'],
  // Attackers play a gateway, so they need a server's socket.
  ws: [
    'server/edge/',
    'server/transport/',
    'clients/common/link/',
    'clients/ward/rogue.ts',
    'clients/conformance/links/',
    'clients/attack/network.ts',
  ],
  zod: [
    'certs/',
    'server/config.ts',
    'server/config/',
    'server/edge/',
    'server/authorize/',
    'server/fleet/',
    'server/gateway/',
    'clients/',
  ],
  jose: ['server/authenticate/', 'clients/issuer/', 'clients/cli/'],
  pino: ['server/gateway/', 'server/main.ts', 'clients/common/process/'],
  '@peculiar/x509': ['certs/', 'clients/authority/', 'server/fleet/'],
  'reflect-metadata': ['certs/', 'clients/authority/', 'server/fleet/'],
  'nfc-pcsc': ['clients/reader/pcsc.ts'],
  'oidc-provider': ['clients/issuer/'],
  '@simplewebauthn/server': ['clients/issuer/'],
  // Zip files of evidence: the gateway packs them, programs and pages open them.
  fflate: ['server/gateway/', 'clients/common/evidence/'],
  '@noble/hashes': ['clients/common/page/'],
  esbuild: ['clients/host/build.mjs'],
  uplot: ['clients/tablet/live/trends/'],
  preact: ['clients/common/page/', ...PREACT],
  '@preact/signals': ['clients/common/page/', ...PREACT],
  // Whoever has stolen the gateway's database reads it without our code.
  'node:sqlite': ['server/store/', 'clients/attack/stolen-database.ts'],
};

/** The only readers of the environment. */
const ENVIRONMENT = [
  'server/main.ts',
  'clients/ward/',
  'clients/cli/',
  'clients/reader/',
  'clients/common/process/',
  'clients/conformance/maker/',
  'clients/attack/cases/clock.ts', // it hands a process the clock of another machine
];

const MAX_LINES = 300;
const DRAWERS = /^(utils?|helpers?|misc|shared|index|manager|lib)$/u;

interface Import {
  readonly from: string;
  /** A path from the root, or a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const under = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?tsx?$|\.mjs$/u.test(file) && !file.endsWith('.d.ts'))
    .map((file) => `${folder}/${file}`);
const code = [...under('server'), ...under('clients'), ...under('certs')];
/** Comments say what they like; only code is judged. */
const sources = new Map(
  code.map((file) => [
    file,
    readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gmu, ''),
  ]),
);

const STATEMENT = /^(?:import|export)\s+(?:(type)\s+)?(?:[\w$*{},\s]*?\sfrom\s+)?'([^']+)'/gmu;
const CALL = /\b(?:import|require)\(\s*'([^']+)'/gu;

function importsOf(file: string, text: string): Import[] {
  const to = (name: string): string =>
    name.startsWith('.') ? normalize(join(dirname(file), name)) : packageOf(name);
  return [
    ...[...text.matchAll(STATEMENT)].map(([, type, name = '']) => ({
      from: file,
      to: to(name),
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(CALL)].map(([, name = '']) => ({ from: file, to: to(name), typeOnly: false })),
  ];
}

function packageOf(name: string): string {
  if (name.startsWith('node:')) return name;
  return name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'); // prettier-ignore
}

const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
const roomOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/u, '');
const isOurs = (to: string): boolean => /^(server|clients|certs|test)\//u.test(to);
const isIn = (file: string, places: readonly string[]): boolean =>
  places.some((place) => file.startsWith(place));
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

describe('who may import whom', () => {
  it('the test sees the imports there are', () => {
    assert.ok(
      imports.some(({ from, to }) => from === 'server/config.ts' && to === 'server/config/sources.ts'),
    );
    const parsed = importsOf('server/edge/a.ts', `import type { A } from '../store/b.ts';\nimport {\n  c,\n} from 'ws';\nexport { d } from './d.ts';\nimport 'x/y';\nawait import('nfc-pcsc');`); // prettier-ignore
    assert.deepEqual(parsed.map(({ to, typeOnly }) => `${to} ${typeOnly}`), [
      'server/store/b.ts true', 'ws false', 'server/edge/d.ts false', 'x false', 'nfc-pcsc false',
    ]); // prettier-ignore
  });

  it('the server imports only to its left, and never a client, a key maker or a test', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith('server/') || !isOurs(to)) return false;
      if (!to.startsWith('server/')) return true;
      const [here, there] = [ORDER.indexOf(roomOf(from)), ORDER.indexOf(roomOf(to))];
      return here < 0 || there < 0 || (roomOf(from) !== roomOf(to) && there >= here);
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('a stage takes types from other stages and never code', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (typeOnly || !from.startsWith('server/') || !to.startsWith('server/')) return false;
      return roomOf(from) !== roomOf(to) && STAGES.includes(roomOf(from)) && STAGES.includes(roomOf(to));
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('the protocol is a leaf: no Node, no package, no clock, no chance, no environment', () => {
    const wrong = imports.filter(
      ({ from, to }) => isIn(from, ['server/protocol/']) && !isIn(to, ['server/protocol/']),
    );
    assert.deepEqual(wrong.map(show), []);
    for (const [file, text] of sources) {
      if (!file.startsWith('server/protocol/')) continue;
      assert.doesNotMatch(
        text,
        /\b(Date\.now|new Date\(\)|Math\.random|performance\.|process\.|Buffer\b)/u,
        file,
      );
    }
  });

  it('a client imports the protocol, what clients share, and itself', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!from.startsWith('clients/') || !isOurs(to)) return false;
      const home = `clients/${from.split('/')[1] ?? ''}/`;
      return !isIn(to, [home, ...(CLIENTS[home] ?? DEFAULT)]);
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('what runs in a browser needs no Node, and no package but its own', () => {
    const pages = ['clients/common/page/', ...PAGES, ...EVERYWHERE];
    const wrong = imports.filter(
      ({ from, to }) =>
        isIn(from, pages) &&
        (to.startsWith('node:') || (isOurs(to) && !isIn(to, ['server/protocol/', ...pages]))),
    );
    assert.deepEqual(wrong.map(show), []);
    for (const [file, text] of sources) {
      if (!isIn(file, [...pages, 'clients/second/'])) continue;
      assert.doesNotMatch(text, /\b(Buffer|process|require)\b[.(]/u, file);
      assert.doesNotMatch(text, /innerHTML|dangerouslySetInnerHTML|\sstyle="/u, file);
    }
  });

  it('the key maker imports no stage of the gateway and no client', () => {
    const wrong = imports.filter(
      ({ from, to }) => from.startsWith('certs/') && isOurs(to) && !isIn(to, ['certs/', ...CERTS]),
    );
    assert.deepEqual(wrong.map(show), []);
  });

  it('each outside package stays at home', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (isOurs(to) || (to.startsWith('node:') && HOMES[to] === undefined)) return false;
      const homes = HOMES[to] ?? [];
      // Types of a package may go as far as its room, its code no further than its home.
      return !isIn(from, typeOnly ? homes.map((home) => home.split('/').slice(0, 2).join('/')) : homes);
    });
    assert.deepEqual(wrong.map(show), []);
  });

  it('no file imports itself in a circle', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) {
      if (!typeOnly && isOurs(to)) graph.set(from, [...(graph.get(from) ?? []), to]);
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a circle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
  });
});

describe('every source file', () => {
  const files = [...sources].filter(([file]) => !file.endsWith('.d.mts'));

  it('has a kebab-case name that is not a drawer', () => {
    for (const [file] of files) {
      const name = basename(file).replace(/\.m?[jt]sx?$/u, '');
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/u, file);
      assert.doesNotMatch(name, DRAWERS, file);
    }
  });

  it(`is at most ${MAX_LINES} lines long`, () => {
    for (const [file] of files) {
      const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
      assert.ok(lines <= MAX_LINES, `${file} has ${lines} lines`);
    }
  });

  it('has no barrel, no default export, no inheritance except from Error, no suppressed check', () => {
    for (const [file, text] of files) {
      assert.doesNotMatch(
        text,
        /^export (type )?(\*|\{[^}]*\}) .*from/mu,
        `${file} passes on what others export`,
      );
      assert.doesNotMatch(text, /^export default/mu, `${file} has a default export`);
      for (const [, base] of text.matchAll(/class \w+(?:<[^>]*>)? extends (\w+)/gu))
        assert.equal(base, 'Error', file);
      assert.doesNotMatch(
        readFileSync(join(ROOT, file), 'utf8'),
        /@ts-(ignore|expect-error|nocheck)|as unknown as/u,
        file,
      );
    }
  });

  it('reads the environment only where settings are read', () => {
    for (const [file, text] of files) {
      if (text.includes('process.env')) assert.ok(isIn(file, ENVIRONMENT), `${file} reads process.env`);
    }
  });
});
