import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { memorySlots, type Storage } from '../../clients/device/sdk/slots.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import type { PersonName } from '../../clients/ward/people.ts';
import { provision } from '../../clients/ward/provision.ts';
import { verifyStore, type WalkReport } from '../../server/audit/walk.ts';
import { type Config, DEVELOPMENT_ONLY_shortWaits } from '../../server/config.ts';
import type { Desk } from '../../server/edge/desks/desk.ts';
import { type Gateway, openGateway } from '../../server/gateway.ts';
import { realWorld } from '../../server/gateway/opening/outside.ts';
import type { Contacts } from '../../server/gateway/devices/contacts.ts';
import type { OpenDoors } from '../../server/gateway/opening/doors.ts';
import { programLog } from '../../server/gateway/watch/program-log.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { type Entry, parseEntry } from '../../server/protocol/log/entry.ts';
import type { TrustedKeys } from '../../server/protocol/verify.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { issuerOf } from './ward-tokens.ts';
import { signInAt, type TestClinician, WARD_HOST } from './ward-clinician.ts';
import { type DeviceName, startDevice, type TestDevice } from './ward-device.ts';
import { logVkeys, startWitness, witnessVkey } from './ward-witness.ts';

export { CONTEXT, type TestClinician, type TestOutcome } from './ward-clinician.ts';
export type { TestDevice } from './ward-device.ts';

/**
 * A whole ward in one process: real keys, real log, a real witness over mutual TLS, real device code. Only the
 * gateway's sockets are left out: calls go to its desk, and a device's frames through memory.
 */
export interface TestWard {
  readonly folder: string;
  readonly config: Config;
  readonly gateway: Gateway;
  readonly desk: Desk;
  readonly contacts: Contacts;
  readonly program: string[];
  /** Key ids an auditor trusts from the start. */
  readonly roots: TrustedKeys;
  device(name: DeviceName): TestDevice;
  signIn(name: PersonName, tablet?: string): Promise<TestClinician>;
  /** The gateway's clock (Unix ms). */
  readonly now: () => number;
  /** Moves the clocks of gateway and witness ahead by this many milliseconds, or back with less than nothing. */
  ahead(ms: number): void;
  /** Moves the clock of the witness alone. */
  witnessAhead(ms: number): void;
  /** Everything in the gateway's log so far, in order. */
  entries(): readonly Entry[];
  /** Re-hashes the whole log against every signed checkpoint. */
  walk(): Promise<WalkReport>;
  /** Stops the gateway and opens another on the same store; devices come back into contact. */
  restartGateway(): Promise<void>;
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  stopWitness(): Promise<void>;
  startWitness(): Promise<void>;
  end(): Promise<void>;
}

/** What a ward can have instead of the quick policy, which waits for nothing, and of devices that keep nothing. */
export interface WardOptions {
  readonly storage?: (name: string) => Storage;
  /** Changes the policy's text before the operator signs it. */
  readonly policy?: (quick: string) => string;
  /** Changes the gateway's configuration, once the keys are there. Its token issuer says yes to everybody otherwise. */
  readonly configure?: (folder: string) => Promise<Partial<Config>> | Partial<Config>;
  /** Labels of reader stations; one, when nothing is said. */
  readonly stations?: readonly string[];
  /** What runs on the devices, in words; what the profiles are signed for, when nothing is said. */
  readonly firmware?: string;
  /** On which ward readers stand, by label. */
  readonly readers?: Readonly<Record<string, string>>;
  /** Opens the gateway's ports; without it calls go to its desk, and frames through memory. */
  readonly doors?: OpenDoors;
  /** With a patient monitor beside pump and pacemaker. */
  readonly monitor?: boolean;
  /** Opens the database of measurements. */
  readonly vitals?: (folder: string) => Store;
  /** Opens the gateway's database. */
  readonly disk?: (folder: string) => Store;
}

/** Makes and opens a ward. */
export async function openWard(options: WardOptions = {}): Promise<TestWard> {
  const folder = await mkdtemp(join(tmpdir(), 'cs-ward-'));
  await provision({
    folder,
    ports: new Map([
      ['host-a', 20_001],
      ['host-b', 20_002],
    ]),
    now: Math.floor(Date.now() / 1000),
    policy: policyFile(folder, options.policy),
    tablets: ['tablet-1', 'tablet-2', 'another-tablet'],
    ...(options.monitor === true && { devices: [{ name: 'monitor-1', profile: 'monitor' }] }),
  });
  if (options.stations) writeStations(folder, options.stations);
  if (options.readers)
    writeFileSync(join(folder, 'hospital', 'readers.json'), JSON.stringify(options.readers));
  const anchors = readAnchors(
    nodeCrypto,
    new Uint8Array(await readFile(join(folder, 'keys/public/anchors.bin'))),
  );
  /** What a tablet believes that is handed out now. */
  const trusted = () =>
    readAnchors(nodeCrypto, new Uint8Array(readFileSync(join(folder, 'keys/public/anchors.bin'))));
  const program: string[] = [];
  let [ahead, witnessAhead] = [0, 0];
  const witnessNow = (): number => Date.now() + ahead + witnessAhead;
  let witness = await startWitness(folder, 0, witnessNow);
  const config = {
    ...configOf(folder, witness.port, issuerOf(folder, WARD_HOST)),
    ...(await options.configure?.(folder)),
  };
  const devices = new Map<string, TestDevice>();
  let contacts: Contacts | undefined;
  let desk: Desk | undefined;
  let gateway: Gateway | undefined;

  const open = async (): Promise<void> => {
    const outside = {
      ...realWorld(programLog((line) => program.push(line))),
      now: () => Date.now() + ahead,
      configured: () => config,
      disk: options.disk ?? openStore,
      ...(options.vitals && { vitals: options.vitals }),
    };
    gateway = await openGateway(config, outside, async (parts) => {
      ({ contacts, desk } = parts);
      const none = { ports: { devices: 0, clinicians: 0 }, close: async () => undefined };
      return options.doors?.(parts) ?? none;
    });
    for (const device of devices.values()) device.connect();
    await settled();
  };
  await open();
  const monitors = options.monitor === true ? (['monitor-1'] as const) : [];
  for (const name of ['pump-1', 'pacemaker-1', ...monitors] as const) {
    const storage = options.storage?.(name) ?? memorySlots();
    const device = await startDevice(folder, name, () => contacts, storage, options.firmware);
    devices.set(name, device);
    device.connect();
  }
  await settled();

  const ward: TestWard = {
    folder,
    config,
    program,
    roots: anchors,
    get gateway() {
      return must(gateway);
    },
    get desk() {
      return must(desk);
    },
    get contacts() {
      return must(contacts);
    },
    device: (name) => must(devices.get(name)),
    signIn: (name, tablet = `tablet-${name}`) =>
      signInAt(folder, () => ward.desk, trusted(), name, tablet, ward.now),
    now: () => Date.now() + ahead,
    ahead: (ms) => void (ahead += ms),
    witnessAhead: (ms) => void (witnessAhead += ms),
    entries() {
      const { log } = ward.gateway;
      return Array.from({ length: log.latest().size }, (_, i) => parseEntry(must(log.entry(i)).bytes));
    },
    async walk() {
      const store = openStore(config.folder);
      try {
        return await verifyStore(store, nodeCrypto, logVkeys(folder));
      } finally {
        await store.stop();
      }
    },
    async restartGateway() {
      await ward.stopGateway();
      await ward.startGateway();
    },
    async stopGateway() {
      for (const device of devices.values()) device.cut();
      const open = gateway;
      gateway = undefined;
      await open?.stop();
    },
    startGateway: open,
    async stopWitness() {
      await witness.stop();
    },
    async startWitness() {
      witness = await startWitness(folder, witness.port, witnessNow);
    },
    async end() {
      await ward.stopGateway();
      await witness.stop().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return ward;
}

/** Long enough for memory links to open and reconcile. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

function must<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('not there');
  return value;
}

/** Stations by certificates that nobody has: calls go past the sockets. */
function writeStations(folder: string, labels: readonly string[]): void {
  const rows = labels.map((label) => [hex(nodeCrypto.sha256(new TextEncoder().encode(label))), label]);
  writeFileSync(join(folder, 'hospital', 'stations.json'), JSON.stringify(Object.fromEntries(rows)));
}

function policyFile(folder: string, change: WardOptions['policy']): URL {
  const quick = new URL('quick-policy.json', import.meta.url);
  if (!change) return quick;
  const file = join(folder, 'policy-to-sign.json');
  writeFileSync(file, change(readFileSync(quick, 'utf8')));
  return pathToFileURL(file);
}

function configOf(folder: string, witnessPort: number, issuer: Config['issuer']): Config {
  return {
    folder: join(folder, 'gateway'),
    keys: join(folder, 'keys', 'gateway'),
    trust: join(folder, 'keys', 'public'),
    hospital: join(folder, 'hospital'),
    listen: '127.0.0.1',
    ports: { devices: 1, clinicians: 2 },
    hostnames: { devices: 'gate.localhost', clinicians: 'gate.localhost' },
    metrics: { port: 0 },
    issuer,
    origins: [],
    witnesses: [{ name: 'witness-1', url: `https://127.0.0.1:${witnessPort}`, vkey: witnessVkey(folder) }],
    weaknesses: [DEVELOPMENT_ONLY_shortWaits],
  };
}

/** Digest of everything a patient would feel: settings and mode. */
export const therapyDigest = (device: TestDevice): string => {
  const acting = [...device.therapy.acting].toSorted(([a], [b]) => a - b);
  const felt = JSON.stringify([acting, device.therapy.mode]);
  return hex(nodeCrypto.sha256(new TextEncoder().encode(felt)));
};
