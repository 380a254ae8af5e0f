import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readConfigFile } from '../../common/process/config.ts';
import { makeKeys } from '../commands/keys.ts';
import { declare } from '../declaration.ts';
import { GATEWAY_NAME } from '../world/hospital.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TEMPLATE = join(ROOT, 'clients/device/template');
const PATIENT = z.strictObject({ salt: z.string(), tag: z.string() });

/** What a device of the scaffold knows of itself: `device.json` in its folder. */
export const MADE = z.strictObject({
  name: z.string(),
  id: z.string().regex(/^[0-9a-f]{16}$/u),
  serial: z.string(),
});

/**
 * A folder with everything a device needs to begin: profile, keys, program, and a test hospital to run against. Gives
 * what to say. Throws Error when the folder exists.
 *
 * @param now unix seconds
 */
export async function newDevice(name: string, where: string, now: number): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9-]{0,30}$/u.test(name))
    throw new Error(
      `a device is named like my-pump (lower case, digits, hyphens), not ${JSON.stringify(name)}`,
    );
  const folder = resolve(where, name);
  if (existsSync(folder)) throw new Error(`${folder} is already there; choose another name`);
  const at = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(at('node_modules'), { recursive: true, mode: 0o700 });
  // As `npm install FOLDER` would lay it: the SDK by its name, wherever the device is.
  symlinkSync(ROOT, at('node_modules', 'countersign'));
  const id = `02${randomBytes(7).toString('hex')}`; // locally administered: it borrows no maker's range of numbers
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const files: Readonly<Record<string, string>> = {
    'package.json': `${JSON.stringify({ name, private: true, type: 'module' }, undefined, 2)}\n`,
    'device.json': `${JSON.stringify({ name, id, serial: `SIM-${id}` }, undefined, 2)}\n`,
    'profile.json': template('profile.json', name),
    'device.ts': template('device.ts', name).replaceAll("from '../", "from 'countersign/clients/device/"),
    'identity.key.pem': String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(at(file), content, { mode: 0o600 });
  await onTheBench(folder, now);
  return [
    folder,
    '  profile.json      what it is and accepts: yours to change',
    '  device.ts         its program, on the device SDK: yours to change',
    '  identity.key.pem  the key that signs what it says',
    '  conformance/      a hospital for tests, and what you declare of your device',
    '',
    `Next: countersign conformance run ${name}/conformance`,
  ];
}

const template = (file: string, name: string): string =>
  readFileSync(join(TEMPLATE, file), 'utf8').replaceAll('NAME', name);

/** Sets the device up for the test bench: keys of a hospital that does not exist, and a declaration. */
async function onTheBench(folder: string, now: number): Promise<void> {
  const at = (...parts: string[]): string => join(folder, ...parts);
  const { id, name } = readConfigFile(at('device.json'), MADE);
  const port = await freePort();
  await makeKeys({
    profile: at('profile.json'),
    device: id,
    identity: at('identity.key.pem'),
    name,
    link: 'websocket',
    port: String(port),
    out: at('conformance'),
    now,
  });
  const keys = (...parts: string[]): string => at('conformance', 'keys', ...parts);
  writeDeviceConfig(at('conformance', 'device.json'), {
    id,
    folder: at('conformance', 'state'),
    identityKey: at('identity.key.pem'),
    anchors: keys('trust', 'anchors.bin'),
    profile: keys('trust', 'profile.bin'),
    patient: readConfigFile(keys('device', 'patient.json'), PATIENT),
    time: now,
    gateway: {
      url: `wss://127.0.0.1:${port}/device`,
      hostname: GATEWAY_NAME,
      key: keys('device', 'tls.key.pem'),
      cert: keys('device', 'tls.cert.pem'),
      ca: keys('trust', 'service-ca.cert.pem'),
    },
  });
  declare(at('conformance', 'declaration.json'), {
    start: ['node', '../device.ts', '--config', 'device.json'],
    state: 'state',
    confirm: 'ipc',
    countsWork: true,
  });
}

/** Writes what a device program is configured with. */
export const writeDeviceConfig = (file: string, config: object): void =>
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });

/** A port that is free now; somebody else may still take it before it is used. */
export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
