import { X509Certificate } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { credentialOf, loginKeyOf, PEOPLE } from '../../certs/clinicians.ts';
import { makeKeys } from '../../certs/make.ts';
import { tabletKeyOf, TABLETS } from '../../certs/tablets.ts';
import type { ProfileName } from '../../certs/trust.ts';
import { base64url, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { readCredential, ROLE } from '../../server/protocol/credential.ts';
import { encodeSigned, encodeStatement } from '../../server/protocol/statement.ts';
import { TabletKey } from '../common/link/dpop.ts';
import { nodeCrypto, publicKeyFromPem } from '../common/process/crypto.ts';
import { Accounts } from '../issuer/accounts.ts';
import { ROLES } from '../issuer/config.ts';
import { enrolWard } from './enrol.ts';
import { softwarePasskey } from './passkey.ts';
import { bundleFolder } from '../host/build.mjs';
import { SIMULATED_WARD, writePatients } from './patients.ts';
import { people } from './people.ts';

export interface Provisioning {
  /** The ward's folder; `keys/` and `hospital/` are made in it. */
  readonly folder: string;
  readonly ports: ReadonlyMap<string, number>;
  /** Unix seconds. */
  readonly now: number;
  /** Policy file to start with; it is kept once it is there. */
  readonly policy: URL;
  /** More devices than the two reference ones. */
  readonly devices?: readonly { readonly name: string; readonly profile: ProfileName }[];
  /** More tablets than one for each of the people. */
  readonly tablets?: readonly string[];
}

/**
 * Makes what a simulated hospital has before its gateway starts: keys of every party, a signed policy, who cares
 * for whom, and which reader stations there are. Keeps whatever exists.
 */
export async function provision({
  folder,
  ports,
  now,
  policy,
  devices = [],
  tablets = [],
}: Provisioning): Promise<void> {
  const keys = join(folder, 'keys');
  const port = (name: string): number => ports.get(name) ?? 0;
  const audit = ports.get('host-audit');
  await makeKeys({
    folder: keys,
    ports: { hostA: port('host-a'), hostB: port('host-b'), ...(audit !== undefined && { audit }) },
    now,
    demo: true,
    devices,
    tablets,
  });
  const hospital = join(folder, 'hospital');
  mkdirSync(hospital, { recursive: true, mode: 0o700 });
  const keep = (name: string, make: () => string | Uint8Array): void => {
    if (!existsSync(join(hospital, name))) writeFileSync(join(hospital, name), make(), { mode: 0o600 });
  };
  keep('policy.json', () => readFileSync(policy));
  const statement = await signedPolicy(
    folder,
    new Uint8Array(readFileSync(join(hospital, 'policy.json'))),
    now,
  );
  keep('policy.statement', () => statement);
  writeFileSync(join(hospital, 'builds.json'), builtPages(), { mode: 0o600 });
  const cared = writePatients(folder);
  writeFileSync(join(hospital, 'care.json'), careRelations(keys, cared), { mode: 0o600 });
  keep('stations.json', () => stations(keys));
  keep('readers.json', () => `${JSON.stringify({ 'station-1': SIMULATED_WARD }, null, 2)}\n`);
  keep('people.json', () => `${JSON.stringify(namesOf(keys), null, 2)}\n`);
  keep('on-call.json', () => `${JSON.stringify({ '*': subjectOf(keys, 'dr-b') }, null, 2)}\n`);
  const enrolled = await enrolledTablets(folder, [...TABLETS, ...tablets], now);
  keep('tablets.json', () => enrolled);
  registerLogins(folder);
  publish(folder);
  enrolWard(folder, now);
}

/** The operator signs the policy with a passkey, as an operator would on a signing page. */
async function signedPolicy(folder: string, json: Uint8Array, now: number): Promise<Uint8Array> {
  const operator = softwarePasskey(people(folder).operator);
  const { version } = z.object({ version: z.int() }).parse(JSON.parse(new TextDecoder().decode(json)));
  const detail = new Map<number, Uint8Array | number>([
    [1, nodeCrypto.sha256(json)],
    [2, version],
  ]);
  const nonce = nodeCrypto.sha256(utf8(`policy ${version}`)).slice(0, 16);
  const statement = encodeStatement({ purpose: 'policy', time: now, nonce, detail });
  const approval = await operator.approve(challengeFor(nodeCrypto.sha256, 'statement', statement));
  return encodeSigned({ statement, approval });
}

/** The operator enrols each tablet by a signed statement over its key. */
async function enrolledTablets(folder: string, names: readonly string[], now: number): Promise<string> {
  const operator = softwarePasskey(people(folder).operator);
  const entries = names.map(async (name) => {
    const key = new TabletKey(readFileSync(join(folder, 'keys', tabletKeyOf(name)), 'utf8'));
    const nonce = nodeCrypto.sha256(utf8(`tablet ${name}`)).slice(0, 16);
    const detail = new Map<number, string | Uint8Array>([
      [1, 'tablet'],
      [2, name],
      [3, key.thumbprint],
    ]);
    const statement = encodeStatement({ purpose: 'enrolment', time: now, nonce, detail });
    const approval = await operator.approve(challengeFor(nodeCrypto.sha256, 'statement', statement));
    return [key.jkt, { name, statement: base64url(encodeSigned({ statement, approval })) }] as const;
  });
  return `${JSON.stringify(Object.fromEntries(await Promise.all(entries)), null, 2)}\n`;
}

/** What the authority has published so far: the gateway starts with a copy of it, and fetches what is new. */
function publish(folder: string): void {
  const published = join(folder, 'authority', 'published');
  const later = ['links', 'profiles'];
  const missing = existsSync(published) ? later : ['anchors.bin', 'status.bin', 'credentials', ...later];
  for (const name of missing.filter((one) => !existsSync(join(published, one))))
    cpSync(join(folder, 'keys', 'public', name), join(published, name), { recursive: true });
}

/** Everybody is registered at the token issuer, as if each had used an operator's link. */
function registerLogins(folder: string): void {
  const accounts = new Accounts(join(folder, 'issuer'));
  for (const { name } of PEOPLE) {
    const file = join(folder, 'keys', credentialOf(name));
    const { subject, roles } = readCredential(nodeCrypto, new Uint8Array(readFileSync(file))).said;
    const held = ROLES.element.options.filter((role) => (roles & ROLE[role]) !== 0);
    accounts.keep({ subject: hex(subject), name, roles: held });
    const { alg, raw, kid } = publicKeyFromPem(readFileSync(join(folder, 'keys', loginKeyOf(name)), 'utf8'));
    const publicKey = base64url(coseKey(alg, raw));
    accounts.addPasskey({ id: base64url(kid), subject: hex(subject), publicKey, counter: 0 });
  }
}

/** In the simulated ward every clinician cares for everybody with a device, and for all others but two. */
function careRelations(keys: string, patients: readonly string[]): string {
  const file: unknown = JSON.parse(readFileSync(join(keys, 'public', 'devices.json'), 'utf8'));
  const devices = z.array(z.object({ id: z.string() })).parse(file);
  const ids = [...devices.map(({ id }) => id), ...patients];
  const credentials = join(keys, 'public', 'credentials');
  const clinicians = readdirSync(credentials)
    .filter((file) => file.endsWith('.bin'))
    .map((file) => readCredential(nodeCrypto, new Uint8Array(readFileSync(join(credentials, file)))).said)
    .filter(({ roles }) => (roles & (ROLE.clinician | ROLE.second)) !== 0);
  return `${JSON.stringify(Object.fromEntries(clinicians.map(({ subject }) => [hex(subject), ids])), null, 2)}\n`;
}

/** The pages as they are built here, and the ward's programs, which sign without a page. */
function builtPages(): string {
  const built = ['tablet', 'second'].flatMap((name) => {
    const file = join(bundleFolder(name), 'manifest.json');
    if (!existsSync(file)) return [];
    const { build } = z.object({ build: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8')));
    return [[build, name] as const];
  });
  return `${JSON.stringify({ builds: Object.fromEntries(built), programs: true }, null, 2)}\n`;
}

/** What the simulated people are called on screens; who has no name here is shown by role. */
const NAMES: Readonly<Record<string, string>> = {
  'dr-a': 'Dr Ada Okafor',
  'dr-b': 'Dr Ben Lindqvist',
  operator: 'Olga Marek (operator)',
  auditor: 'Amir Haddad (auditor)',
};

function namesOf(keys: string): Readonly<Record<string, string>> {
  return Object.fromEntries(PEOPLE.map(({ name }) => [subjectOf(keys, name), NAMES[name] ?? name]));
}

function subjectOf(keys: string, name: string): string {
  const file = new Uint8Array(readFileSync(join(keys, credentialOf(name))));
  return hex(readCredential(nodeCrypto, file).said.subject);
}

function stations(keys: string): string {
  const certificate = new X509Certificate(readFileSync(join(keys, 'station-1', 'tls.cert.pem')));
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return `${JSON.stringify({ [fingerprint]: 'station-1' }, null, 2)}\n`;
}
