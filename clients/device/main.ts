import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Applet } from '../../server/protocol/applet.ts';
import { type Bytes, unhex } from '../../server/protocol/bytes.ts';
import { MAX_MESSAGE } from '../../server/protocol/wire.ts';
import { connectLink } from '../common/link/link.ts';
import { nodeCrypto, signerFromPem } from '../common/process/crypto.ts';
import { tapCrypto } from '../common/process/tap-crypto.ts';
import { type ProcessContext, runProcess } from '../common/process/lifecycle.ts';
import { factoryState } from './factory.ts';
import { Device } from './sdk/device.ts';
import type { Contact } from './sdk/parts.ts';
import { twoSlots } from './sdk/slots.ts';
import { tapOf } from './sdk/tap.ts';
import { SimulatedTherapy } from './sdk/therapy.ts';
import { virtualCard } from './virtual-card.ts';

const HELP = `A simulated device on the device SDK: an implant on a card reader, or a bedside device on the network.

Configuration (JSON):
  id           EUI-64, 16 hexadecimal digits
  folder       where the device keeps its state
  identityKey  PEM file of the key that signs attestations and receipts
  anchors      what the device believes in, signed by authority and recovery key
  profile      what the device is and accepts, signed by its maker
  patient      { salt, tag } in hexadecimal
  time         Unix seconds at which it was set up
  gateway      { url, hostname, key, cert, ca }: a bedside device dials its gateway by mutual TLS
  cardSocket   an implant lies on the virtual reader with this card socket
One of gateway and cardSocket is needed.`;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));

const CONFIG = z
  .strictObject({
    id: hex(8),
    folder: z.string().min(1),
    identityKey: z.string().min(1),
    anchors: z.string().min(1),
    profile: z.string().min(1),
    patient: z.strictObject({ salt: hex(16), tag: hex(32) }),
    time: z.int().min(0),
    gateway: z
      .strictObject({ url: z.url(), hostname: z.string(), key: z.string(), cert: z.string(), ca: z.string() })
      .optional(),
    cardSocket: z.string().min(1).optional(),
  })
  .refine(
    (c) => (c.gateway === undefined) !== (c.cardSocket === undefined),
    'give one of gateway and cardSocket',
  );
type Config = z.infer<typeof CONFIG>;

const NO_CHANNEL = new Uint8Array(32);
const HEARTBEAT_MS = 10_000;

await runProcess({ name: 'device', help: HELP, main });

async function main(context: ProcessContext): Promise<void> {
  const config = context.readConfig(CONFIG);
  const therapy = new SimulatedTherapy();
  const device = await startDevice(config, therapy);
  if (config.cardSocket !== undefined) await lieOnReader(config.cardSocket, device, therapy, context);
  else if (config.gateway) dialGateway(config.gateway, device, context);
  process.on('message', (said) => {
    if (said === 'confirm') therapy.pressConfirm();
  });
}

async function startDevice(config: Config, therapy: SimulatedTherapy): Promise<Device> {
  const random = (size: number): Bytes => new Uint8Array(randomBytes(size));
  const file = (path: string): Bytes => new Uint8Array(readFileSync(path));
  const factory = await factoryState(nodeCrypto, {
    anchors: file(config.anchors),
    profile: file(config.profile),
    patientSalt: unhex(config.patient.salt),
    patient: unhex(config.patient.tag),
    time: config.time,
    emergencyNonce: random(16),
  });
  return Device.start({
    id: unhex(config.id),
    identity: signerFromPem(readFileSync(config.identityKey, 'utf8')),
    crypto: nodeCrypto,
    storage: twoSlots(config.folder),
    therapy,
    random,
    uptime: () => performance.now() / 1000,
    firmware: nodeCrypto.sha256(new TextEncoder().encode('countersign reference device 1')),
    factory: () => factory,
  });
}

/** A bedside device: it dials out, and nobody can dial in. */
function dialGateway(gateway: NonNullable<Config['gateway']>, device: Device, context: ProcessContext): void {
  const contact: Contact = { kind: 'websocket', channel: NO_CHANNEL };
  const link = connectLink({
    url: gateway.url,
    hostname: gateway.hostname,
    tls: {
      key: readFileSync(gateway.key, 'utf8'),
      cert: readFileSync(gateway.cert, 'utf8'),
      ca: readFileSync(gateway.ca, 'utf8'),
    },
    subprotocol: 'countersign.v1',
    maxPayload: MAX_MESSAGE,
    heartbeatMs: HEARTBEAT_MS,
    onOpen: () => context.ready(),
    onMessage: (message) => {
      void device.handle(message, contact).then((answer) => link.send(answer));
    },
    onClose: (reason) => context.log.warn('link-lost', { reason }),
    onFailed: (reason) => context.log.warn('gateway-unreachable', { reason }),
  });
  context.onStop('link', () => link.close());
}

/**
 * An implant: it lies on the reader until somebody takes it away. The parent plays the patient: `insert`,
 * `remove`, and `remove-after-write`, which takes it away at the worst moment, between storing and answering.
 */
async function lieOnReader(
  cardSocket: string,
  device: Device,
  therapy: SimulatedTherapy,
  context: ProcessContext,
): Promise<void> {
  const applet = new Applet(tapOf(device, tapCrypto));
  const card = virtualCard(cardSocket, applet);
  context.onStop('card', () => card.remove());
  await card.insert();
  process.on('message', (said) => {
    if (said === 'insert') void card.insert();
    if (said === 'remove') card.remove();
    if (said === 'remove-after-write') therapy.onceActivated(() => card.remove());
  });
  context.ready();
}
