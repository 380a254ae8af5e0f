import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REFERENCE_FIRMWARE } from '../../clients/device/bedside.ts';
import { factoryState } from '../../clients/device/factory.ts';
import { Device } from '../../clients/device/sdk/device.ts';
import type { Contact } from '../../clients/device/sdk/parts.ts';
import type { Storage } from '../../clients/device/sdk/slots.ts';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import type { Contacts } from '../../server/gateway/devices/contacts.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import type { Channel } from '../../server/protocol/link/station.ts';

export type DeviceName = 'pump-1' | 'pacemaker-1' | 'monitor-1';

export interface TestDevice {
  readonly id: string;
  readonly device: Device;
  readonly therapy: SimulatedTherapy;
  /** The key the device signs with, for tests in which it lies. */
  readonly identity: Signer;
  readonly patient: { mrn: string; birthYear: number };
  /** Frames to the device are delivered while this is true; `cut` drops the link. */
  connect(): void;
  cut(): void;
  /** Its power fails and comes back: it has what it stored, and nothing else. */
  powerCut(): Promise<void>;
  /** Lets this many seconds pass for the device. */
  forward(seconds: number): void;
  /** Called with each frame on its way; return undefined to lose it together with the link. */
  onFrame: (frame: Bytes, towards: 'device' | 'gateway') => Bytes | undefined;
}

const { sha256 } = nodeCrypto;
const NO_CHANNEL = new Uint8Array(32);

/** Starts one device of the ward: real device code, whose frames go through memory. */
export async function startDevice(
  folder: string,
  name: DeviceName,
  contacts: () => Contacts | undefined,
  storage: Storage,
  firmware = REFERENCE_FIRMWARE,
): Promise<TestDevice> {
  const keys = (path: string): string => readFileSync(join(folder, 'keys', path), 'utf8');
  const described = JSON.parse(keys(`devices/${name}/device.json`)) as {
    id: string;
    profile: string;
    patient: { salt: string; tag: string };
  };
  const patients = JSON.parse(keys('ward/patients.json')) as {
    device: string;
    mrn: string;
    birthYear: number;
  }[];
  const patient = patients.find((p) => p.device === name) ?? { mrn: '', birthYear: 0 };
  const file = async (path: string): Promise<Bytes> =>
    new Uint8Array(await readFile(join(folder, 'keys', path)));
  let therapy = new SimulatedTherapy();
  const identity = signerFromPem(keys(`devices/${name}/identity.key.pem`));
  let [started, ahead] = [performance.now(), 0];
  const factory = await factoryState(nodeCrypto, {
    anchors: await file('public/anchors.bin'),
    profile: await file(`public/profiles/${described.profile}.bin`),
    patientSalt: unhex(described.patient.salt),
    patient: unhex(described.patient.tag),
    time: Math.floor(Date.now() / 1000),
    emergencyNonce: sha256(new Uint8Array([1])).slice(0, 16),
  });
  const switchedOn = (): Promise<Device> =>
    Device.start({
      id: unhex(described.id),
      identity,
      crypto: nodeCrypto,
      storage,
      therapy,
      random: (size) => crypto.getRandomValues(new Uint8Array(size)),
      uptime: () => ahead + (performance.now() - started) / 1000,
      firmware: sha256(new TextEncoder().encode(firmware)),
      factory: () => factory,
      strangers: { capacity: 1000, ticksPerToken: 1 },
    });
  let device = await switchedOn();
  const contact: Contact = { kind: name === 'pacemaker-1' ? 'nfc' : 'websocket', channel: NO_CHANNEL };
  let drop: (() => void) | undefined;
  const self: TestDevice = {
    id: described.id,
    get device() {
      return device;
    },
    get therapy() {
      return therapy;
    },
    identity,
    patient,
    onFrame: (frame) => frame,
    connect() {
      const to = contacts();
      if (!to) return;
      const wire = wireTo(device, contact, (frame, towards) => self.onFrame(frame, towards));
      drop = wire.cut;
      to.onDevice(described.id, wire.channel);
    },
    cut: () => drop?.(),
    async powerCut() {
      drop?.();
      therapy = new SimulatedTherapy();
      [started, ahead] = [performance.now(), 0];
      device = await switchedOn();
    },
    forward: (seconds) => void (ahead += seconds),
  };
  return self;
}

/** A link in memory: each frame passes `onFrame`; one that is lost takes the link with it. */
function wireTo(
  device: Device,
  contact: Contact,
  onFrame: TestDevice['onFrame'],
): { readonly channel: Channel; readonly cut: () => void } {
  let receive: (frame: Bytes) => void = () => undefined;
  let closed: (reason: string) => void = () => undefined;
  let open = true;
  const cut = (): void => {
    if (!open) return;
    open = false;
    closed('cut');
  };
  const carry = async (frame: Bytes): Promise<void> => {
    const there = onFrame(frame, 'device');
    if (!open) return;
    if (!there) return cut();
    const answer = onFrame(await device.handle(there, contact), 'gateway');
    if (!open) return;
    if (answer) receive(answer);
    else cut();
  };
  const channel: Channel = {
    send: (frame) => void carry(frame),
    close: cut,
    onMessage: (listener) => (receive = listener),
    onClose: (listener) => (closed = listener),
  };
  return { channel, cut };
}
