import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readConfigFile } from '../common/process/config.ts';
import { startChild } from '../common/process/children.ts';
import { driverPath } from '../reader/driver/build.mjs';
import { makeKeys } from './commands/keys.ts';
import { declare } from './declaration.ts';
import { freePort, writeDeviceConfig } from './maker/new-device.ts';
import { GATEWAY_NAME } from './world/hospital.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PATIENT = z.strictObject({ salt: z.string(), tag: z.string() });

/** The devices that this project brings: what the kit is tried on, and an example of how a device is declared. */
export const REFERENCES = ['pump', 'pacemaker'] as const;
export type Reference = (typeof REFERENCES)[number];

export interface ReferenceOptions {
  readonly kind: Reference;
  /** An empty folder; everything is made in it. */
  readonly folder: string;
  /** Unix seconds. */
  readonly now: number;
  /** The program of the device, where it is another than the one that stands beside the kit. */
  readonly program?: string;
}

export interface ReferenceDevice {
  /** Folder of its declaration. */
  readonly declaration: string;
  stop(): Promise<void>;
}

/** Sets one of the reference devices up like a maker would theirs; the implant lies on a virtual reader. */
export async function referenceDevice(options: ReferenceOptions): Promise<ReferenceDevice> {
  const { kind, folder, now } = options;
  const at = (...parts: string[]): string => join(folder, ...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  writeFileSync(at('identity.key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const profile = here(`../device/profiles/${kind}.json`);
  writeFileSync(at('profile.json'), readFileSync(profile));
  const id = `02${randomBytes(7).toString('hex')}`;
  const link = kind === 'pump' ? 'websocket' : 'nfc';
  const port = await freePort();
  await makeKeys({
    profile: at('profile.json'),
    device: id,
    identity: at('identity.key.pem'),
    name: `Reference ${kind}`,
    link,
    port: String(port),
    out: folder,
    now,
  });
  const reader = link === 'nfc' ? await virtualReader(folder) : undefined;
  configure(at, id, now, { port, cardSocket: reader?.cardSocket });
  declare(at('declaration.json'), {
    start: ['node', options.program ?? here('../device/main.ts'), '--config', 'device.json'],
    state: 'state',
    confirm: 'ipc',
    countsWork: true,
    ...(reader && { pcscSocket: reader.socket }),
  });
  return { declaration: folder, stop: async () => reader?.stop() };
}

function configure(
  at: (...parts: string[]) => string,
  id: string,
  now: number,
  { port, cardSocket }: { readonly port: number; readonly cardSocket: string | undefined },
): void {
  const keys = (...parts: string[]): string => at('keys', ...parts);
  const gateway = {
    url: `wss://127.0.0.1:${port}/device`,
    hostname: GATEWAY_NAME,
    key: keys('device', 'tls.key.pem'),
    cert: keys('device', 'tls.cert.pem'),
    ca: keys('trust', 'service-ca.cert.pem'),
  };
  const config = {
    id,
    folder: at('state'),
    identityKey: at('identity.key.pem'),
    anchors: keys('trust', 'anchors.bin'),
    profile: keys('trust', 'profile.bin'),
    patient: readConfigFile(keys('device', 'patient.json'), PATIENT),
    time: now,
    ...(cardSocket === undefined ? { gateway } : { cardSocket }),
  };
  writeDeviceConfig(at('device.json'), config);
}

async function virtualReader(folder: string) {
  const config = join(folder, 'virtual-reader.json');
  writeFileSync(config, JSON.stringify({ name: 'Countersign Virtual NFC', driver: driverPath }));
  const child = await startChild({
    name: 'virtual-reader',
    entry: here('../reader/virtual-main.ts'),
    args: ['--config', config],
    logFile: join(folder, 'keys', 'logs', 'virtual-reader.log'),
  });
  const { socket, cardSocket } = child.info;
  return { socket: String(socket), cardSocket: String(cardSocket), stop: () => child.stop() };
}
