import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { issueLeaf } from '../../../certs/x509.ts';
import { readConfigFile } from '../../common/process/config.ts';
import { loginKeyOf } from '../../../certs/clinicians.ts';
import { tabletKeyOf } from '../../../certs/tablets.ts';
import { people } from '../../ward/people.ts';
import { ISSUER_NAME, PROGRAM, WARD } from '../../ward/plan.ts';
import { choosePorts } from '../../ward/ports.ts';
import { provision } from '../../ward/provision.ts';
import { portsOf, type Running, supervise, type WardProcess } from '../../ward/supervisor.ts';
import { freshKey } from '../world/hospital.ts';
import type { GATEWAY_DECLARATION } from './declaration.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const POLICY = new URL('../../../server/authorize/demo-policy.json', import.meta.url);
/** What a gateway does not do without; devices and the station are the kit's to play. */
const NEEDED = ['witness', 'issuer', 'gateway'];
const DEVICE = z.object({
  id: z.string(),
  profile: z.string(),
  patient: z.object({ salt: z.string(), tag: z.string() }),
});
const PATIENTS = z.array(z.object({ device: z.string(), mrn: z.string(), birthYear: z.int() }));
const YEAR_SECONDS = 365 * 86_400;

export interface ReferenceGateway {
  /** Folder of its declaration. */
  readonly declaration: string;
  /** Switches the gateway off and on again: it runs what its program says now. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Opens this project's gateway in a ward of its own, with nobody in it but witness and issuer, and declares it.
 *
 * @param folder an empty folder; everything is made in it
 * @param now unix seconds
 * @param program the gateway's program, where it is another than the one that stands beside the kit
 */
export async function referenceGateway(
  folder: string,
  now: number,
  program = join(ROOT, 'server/main.ts'),
): Promise<ReferenceGateway> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (...parts: string[]): string => join(folder, ...parts);
  // Links and certificates of everybody else are made as in any ward; those processes are not started.
  const processes = WARD.filter(({ name }) => NEEDED.includes(name)).map((each): WardProcess =>
    each.name === 'gateway' ? { ...each, entry: relative(ROOT, program) } : each,
  );
  const ports = await choosePorts(path('ports.json'), [...portsOf(processes), 'authority']);
  writeFileSync(path('policy.json'), withoutWaits());
  await provision({ folder, ports, now, policy: pathToFileURL(path('policy.json')) });
  const stopped = new AbortController();
  const running: Running = await supervise({
    processes,
    ports,
    path,
    say: () => undefined,
    signal: stopped.signal,
  });
  await declare(folder, (name) => ports.get(name) ?? 0, now);
  return {
    declaration: folder,
    async restart() {
      await running.stopOne('gateway');
      await running.startOne('gateway');
    },
    async stop() {
      stopped.abort();
      await running.stop(5_000);
    },
  };
}

/** The demonstration's policy without its pauses: what is tested is who may do what, not how long they wait. */
function withoutWaits(): string {
  const text = readFileSync(POLICY, 'utf8');
  return text.replaceAll(/"(coolDownSeconds|cancelWindowSeconds)": \d+/gu, '"$1": 0');
}

async function declare(folder: string, port: (name: string) => number, now: number): Promise<void> {
  const keys = (...parts: string[]): string => join('keys', ...parts);
  const tls = (...party: string[]) => ({
    key: keys(...party, 'tls.key.pem'),
    cert: keys(...party, 'tls.cert.pem'),
  });
  const pump = played(folder, 'pump-1');
  const declaration: z.input<typeof GATEWAY_DECLARATION> = {
    kind: 'gateway',
    name: 'Reference gateway',
    keys: 'tester',
    url: `wss://127.0.0.1:${port('gateway-devices')}`,
    hostname: 'gate.localhost',
    ca: keys('public', 'ca', 'service-ca.cert.pem'),
    anchors: keys('public', 'anchors.bin'),
    device: { ...pump, ...tls('devices', 'pump-1') },
    unenrolled: await unenrolled(folder, pump.id, now),
    station: { label: 'station-1', ...tls('station-1') },
    card: played(folder, 'pacemaker-1'),
    clinicians: {
      url: `http://127.0.0.1:${port('gateway-clinicians')}`,
      host: `gate.localhost:${port('gateway-clinicians')}`,
      first: clinician(folder, 'dr-a', port('issuer')),
      second: clinician(folder, 'dr-b', port('issuer')),
    },
  };
  writeFileSync(join(folder, 'declaration.json'), `${JSON.stringify(declaration, undefined, 2)}\n`);
}

function played(folder: string, name: string) {
  const keys = (...parts: string[]): string => join('keys', ...parts);
  const { id, profile, patient } = readConfigFile(join(folder, keys('devices', name, 'device.json')), DEVICE);
  const patients = readConfigFile(join(folder, keys('ward', 'patients.json')), PATIENTS);
  const { mrn, birthYear } = patients.find(({ device }) => device === name) ?? { mrn: '', birthYear: 0 };
  return {
    id,
    identityKey: keys('devices', name, 'identity.key.pem'),
    profile: keys('public', 'profiles', `${profile}.bin`),
    salt: patient.salt,
    tag: patient.tag,
    mrn,
    birthYear,
  };
}

function clinician(folder: string, name: 'dr-a' | 'dr-b', issuer: number) {
  return {
    passkey: join('keys', 'clinicians', name, 'passkey.key.pem'),
    origin: people(folder)[name].origin,
    tablet: join('keys', tabletKeyOf(`tablet-${name}`)),
    signIn: {
      issuer: `http://${ISSUER_NAME}:${issuer}`,
      ...PROGRAM,
      login: join('keys', loginKeyOf(name)),
    },
  };
}

/** A certificate for the very device, by the very authority, that the hospital never enrolled. */
async function unenrolled(folder: string, id: string, now: number) {
  const at = (name: string): string => join(folder, 'unenrolled', name);
  if (!existsSync(at('tls.cert.pem'))) {
    mkdirSync(join(folder, 'unenrolled'), { recursive: true, mode: 0o700 });
    const key = freshKey('ec');
    const issuer = {
      certificate: readFileSync(join(folder, 'keys/public/ca/device-ca.cert.pem'), 'utf8'),
      key: readFileSync(join(folder, 'keys/device-ca/ca.key.pem'), 'utf8'),
    };
    const leaf = {
      use: 'client',
      commonName: id,
      uri: `urn:countersign:device:${id}`,
      serial: randomBytes(8).toString('hex'),
      notBefore: now,
      notAfter: now + YEAR_SECONDS,
    } as const;
    writeFileSync(at('tls.key.pem'), key, { mode: 0o600 });
    writeFileSync(at('tls.cert.pem'), await issueLeaf(key, leaf, issuer));
  }
  return { key: 'unenrolled/tls.key.pem', cert: 'unenrolled/tls.cert.pem' };
}
