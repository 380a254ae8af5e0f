import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { factoryState } from '../../clients/device/factory.ts';
import { Device } from '../../clients/device/sdk/device.ts';
import type { Contact } from '../../clients/device/sdk/parts.ts';
import { memorySlots, type Storage } from '../../clients/device/sdk/slots.ts';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { softwarePasskey, type SoftwarePasskey } from '../../clients/ward/passkey.ts';
import { type PersonName, people } from '../../clients/ward/people.ts';
import { provision } from '../../clients/ward/provision.ts';
import { serveWitness } from '../../clients/witness/server.ts';
import { folderState } from '../../clients/witness/state.ts';
import { openWitness } from '../../clients/witness/witness.ts';
import { type Config, DEVELOPMENT_ONLY_shortWaits } from '../../server/config.ts';
import type { Desk, Session } from '../../server/edge/desk.ts';
import { type Gateway, openGateway, realWorld } from '../../server/gateway.ts';
import type { Contacts } from '../../server/gateway/contacts.ts';
import { programLog } from '../../server/gateway/program-log.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, hex, unhex } from '../../server/protocol/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/cose-key.ts';
import { openProfile } from '../../server/protocol/profile.ts';
import { prepareCommand, type Verified, verifySealed, type Wish } from '../../server/protocol/seal.ts';
import type { TrustedKeys } from '../../server/protocol/verify.ts';
import { encodeStatement } from '../../server/protocol/statement.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import type { Channel } from '../../server/protocol/station.ts';
import type { Stage } from '../../server/protocol/stream.ts';

/**
 * A whole ward in one process: real keys, real log, a real witness over mutual TLS, real device code. Only the
 * gateway's sockets are left out: calls go to its desk, and a device's frames through memory.
 */
export interface TestWard {
  readonly folder: string;
  readonly gateway: Gateway;
  readonly desk: Desk;
  readonly program: string[];
  /** Key ids an auditor trusts from the start. */
  readonly roots: TrustedKeys;
  device(name: 'pump-1' | 'pacemaker-1'): TestDevice;
  signIn(name: PersonName, tablet?: string): Promise<TestClinician>;
  /** Stops the gateway and opens another on the same store; devices come back into contact. */
  restartGateway(): Promise<void>;
  stopWitness(): Promise<void>;
  startWitness(): Promise<void>;
  end(): Promise<void>;
}

export interface TestDevice {
  readonly id: string;
  readonly device: Device;
  readonly therapy: SimulatedTherapy;
  readonly patient: { mrn: string; birthYear: number };
  /** Frames to the device are delivered while this is true; `cut` drops the link. */
  connect(): void;
  cut(): void;
  /** Called with each frame on its way; return undefined to lose it together with the link. */
  onFrame: (frame: Bytes, towards: 'device' | 'gateway') => Bytes | undefined;
}

export interface TestClinician {
  readonly session: Session;
  readonly passkey: SoftwarePasskey;
  prepare(device: TestDevice, wish: Wish): Promise<Bytes>;
  sign(device: TestDevice, bytes: Bytes, stages?: Stage[]): Promise<TestOutcome>;
  second(device: TestDevice, draft: string, bytes: Bytes): Promise<TestOutcome>;
  resolve(device: TestDevice, bytes: Bytes): Promise<TestOutcome>;
}

export type TestOutcome =
  Verified | { readonly kind: 'awaiting-second'; readonly draft: string } | { readonly kind: 'unknown' };

export const CONTEXT = { reason: 'titration', note: 'after the morning round', order: 'ORD-1' };
const { sha256 } = nodeCrypto;
const NO_CHANNEL = new Uint8Array(32);

/** Makes and opens a ward; `policy` may change the demonstration policy before it is signed. */
export async function openWard(
  options: { readonly storage?: (name: string) => Storage } = {},
): Promise<TestWard> {
  const folder = await mkdtemp(join(tmpdir(), 'cs-ward-'));
  const ports = new Map([
    ['host-a', 20_001],
    ['host-b', 20_002],
  ]);
  const now = Math.floor(Date.now() / 1000);
  await provision({ folder, ports, now, policy: new URL('quick-policy.json', import.meta.url) });
  const anchorsBytes = new Uint8Array(await readFile(join(folder, 'keys/public/anchors.bin')));
  const anchors = readAnchors(nodeCrypto, anchorsBytes);
  const program: string[] = [];
  let witness = await startWitness(folder, 0);
  const witnessPort = witness.port;
  const devices = new Map<string, TestDevice & { attach(contacts: Contacts): void }>();
  let contacts: Contacts | undefined;
  let desk: Desk | undefined;

  const open = (): Promise<Gateway> =>
    openGateway(
      configOf(folder, witnessPort),
      realWorld(programLog((line) => program.push(line))),
      async (parts) => {
        ({ contacts, desk } = parts);
        return { ports: { devices: 0, clinicians: 0 }, close: async () => undefined };
      },
    );
  let gateway = await open();
  for (const name of ['pump-1', 'pacemaker-1'] as const) {
    const device = await startDevice(folder, name, () => contacts, options.storage?.(name) ?? memorySlots());
    devices.set(name, device);
    device.connect();
  }
  await settled();

  const must = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('not there');
    return value;
  };
  const ward: TestWard = {
    folder,
    program,
    roots: anchors,
    get gateway() {
      return gateway;
    },
    get desk() {
      return must(desk);
    },
    device: (name) => must(devices.get(name)),
    async signIn(name, tablet = `tablet-${name}`) {
      const passkey = softwarePasskey(people(folder)[name]);
      const statement = encodeStatement({
        purpose: 'session',
        time: Math.floor(Date.now() / 1000),
        nonce: ward.desk.challenge(),
        detail: new Map(),
      });
      const approval = await passkey.approve(challengeFor(sha256, 'session', statement));
      const { session } = await ward.desk.openSession({ statement, approval }, tablet);
      const outcome = async (device: TestDevice, bytes: Bytes, done: Awaited<ReturnType<Desk['sign']>>) => {
        if (done.kind !== 'sealed') return done;
        const { identity } = ward.desk.device(session, device.id);
        const key = parseCoseKey(sha256, identity, 'identity');
        return verifySealed(nodeCrypto, bytes, done.sealed, key, anchors);
      };
      const approve = (bytes: Bytes) => passkey.approve(challengeFor(sha256, 'command', bytes));
      return {
        session,
        passkey,
        async prepare(device, wish) {
          const view = ward.desk.device(session, device.id);
          const opened = await ward.desk.open(session, unhex(device.id));
          const key = parseCoseKey(sha256, view.identity, 'identity');
          const attestation = await openAttestation(nodeCrypto, opened, key);
          const { profile, hash } = await openProfile(nodeCrypto, view.profile, [anchors.profileMaker]);
          return prepareCommand(sha256, { attestation, profile, profileHash: hash }, device.patient, wish)
            .bytes;
        },
        async sign(device, bytes, stages = []) {
          const wish = { command: bytes, approval: await approve(bytes), context: CONTEXT };
          return outcome(device, bytes, await ward.desk.sign(session, wish, (stage) => stages.push(stage)));
        },
        async second(device, draft, bytes) {
          const done = await ward.desk.approve(session, draft, await approve(bytes), () => undefined);
          return outcome(device, bytes, done);
        },
        async resolve(device, bytes) {
          return outcome(device, bytes, await ward.desk.resolve(session, unhex(device.id)));
        },
      };
    },
    async restartGateway() {
      for (const device of devices.values()) device.cut();
      await gateway.stop();
      gateway = await open();
      for (const device of devices.values()) device.connect();
      await settled();
    },
    async stopWitness() {
      await witness.stop();
    },
    async startWitness() {
      witness = await startWitness(folder, witnessPort);
    },
    async end() {
      for (const device of devices.values()) device.cut();
      await gateway.stop();
      await witness.stop().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return ward;
}

/** Long enough for memory links to open and reconcile. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

function configOf(folder: string, witnessPort: number): Config {
  return {
    folder: join(folder, 'gateway'),
    keys: join(folder, 'keys', 'gateway'),
    trust: join(folder, 'keys', 'public'),
    hospital: join(folder, 'hospital'),
    listen: '127.0.0.1',
    ports: { devices: 1, clinicians: 2 },
    hostnames: { devices: 'gate.localhost', clinicians: 'gate.localhost' },
    origins: [],
    witnesses: [{ name: 'witness-1', url: `https://127.0.0.1:${witnessPort}`, vkey: witnessVkey(folder) }],
    weaknesses: [DEVELOPMENT_ONLY_shortWaits],
  };
}

const witnessVkey = (folder: string): string => readText(folder, 'public/witness-1.vkey').trim();
const readText = (folder: string, name: string): string => readFileSync(join(folder, 'keys', name), 'utf8');

async function startWitness(
  folder: string,
  port: number,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const log = readText(folder, 'public/log.vkey').trim();
  const witness = await openWitness({
    logs: [{ origin: log.slice(0, log.indexOf('+')), vkey: log }],
    name: witnessVkey(folder).split('+')[0] ?? '',
    signer: signerFromPem(readText(folder, 'witness-1/cosign.key.pem')),
    state: folderState(join(folder, 'witness')),
    crypto: nodeCrypto,
    now: Date.now,
  });
  const server = createServer({
    cert: readText(folder, 'witness-1/tls.cert.pem'),
    key: readText(folder, 'witness-1/tls.key.pem'),
    ca: readText(folder, 'public/ca/service-ca.cert.pem'),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  return serveWitness(server, witness, { host: '127.0.0.1', port }, () => undefined);
}

async function startDevice(
  folder: string,
  name: 'pump-1' | 'pacemaker-1',
  contacts: () => Contacts | undefined,
  storage: Storage,
): Promise<TestDevice & { attach(contacts: Contacts): void }> {
  const described = JSON.parse(readText(folder, `devices/${name}/device.json`)) as {
    id: string;
    profile: string;
    patient: { salt: string; tag: string };
  };
  const patients = JSON.parse(readText(folder, 'ward/patients.json')) as {
    device: string;
    mrn: string;
    birthYear: number;
  }[];
  const patient = patients.find((p) => p.device === name) ?? { mrn: '', birthYear: 0 };
  const file = async (path: string): Promise<Bytes> =>
    new Uint8Array(await readFile(join(folder, 'keys', path)));
  const therapy = new SimulatedTherapy();
  const started = performance.now();
  const factory = await factoryState(nodeCrypto, {
    anchors: await file('public/anchors.bin'),
    profile: await file(`public/profiles/${described.profile}.bin`),
    patientSalt: unhex(described.patient.salt),
    patient: unhex(described.patient.tag),
    time: Math.floor(Date.now() / 1000),
    emergencyNonce: sha256(new Uint8Array([1])).slice(0, 16),
  });
  const device = await Device.start({
    id: unhex(described.id),
    identity: signerFromPem(readText(folder, `devices/${name}/identity.key.pem`)),
    crypto: nodeCrypto,
    storage,
    therapy,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    uptime: () => (performance.now() - started) / 1000,
    firmware: sha256(new Uint8Array([2])),
    factory: () => factory,
    strangers: { capacity: 1000, ticksPerToken: 1 },
  });
  const contact: Contact = { kind: name === 'pump-1' ? 'websocket' : 'nfc', channel: NO_CHANNEL };
  let drop: (() => void) | undefined;
  const self: TestDevice & { attach(contacts: Contacts): void } = {
    id: described.id,
    device,
    therapy,
    patient,
    onFrame: (frame) => frame,
    attach(to) {
      let receive: (frame: Bytes) => void = () => undefined;
      let closed: (reason: string) => void = () => undefined;
      let open = true;
      const close = (): void => {
        if (!open) return;
        open = false;
        closed('cut');
      };
      drop = close;
      const channel: Channel = {
        send(frame) {
          void (async () => {
            const there = self.onFrame(frame, 'device');
            if (!open) return;
            if (!there) return close();
            const answer = self.onFrame(await device.handle(there, contact), 'gateway');
            if (!open) return;
            if (answer) receive(answer);
            else close();
          })();
        },
        close,
        onMessage: (listener) => (receive = listener),
        onClose: (listener) => (closed = listener),
      };
      to.onDevice(described.id, channel);
    },
    connect() {
      const to = contacts();
      if (to) self.attach(to);
    },
    cut: () => drop?.(),
  };
  return self;
}

/** Digest of everything a patient would feel: settings and mode. */
export const therapyDigest = (device: TestDevice): string =>
  hex(sha256(new TextEncoder().encode(JSON.stringify([[...device.therapy.acting], device.therapy.mode]))));
