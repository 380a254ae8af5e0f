import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { isTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import { connectLink, type Link } from '../common/link/link.ts';
import { nodeCrypto, signerFromPem } from '../common/process/crypto.ts';
import type { ProcessContext } from '../common/process/lifecycle.ts';
import { factoryState } from './factory.ts';
import type { Answering } from './recorder.ts';
import type { ReadOutParts } from './read-out.ts';
import { Device } from './sdk/device.ts';
import type { Contact } from './sdk/parts.ts';
import { twoSlots } from './sdk/slots.ts';
import { Telemetry } from './sdk/telemetry.ts';
import type { Therapy } from './sdk/therapy.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));

/** What a device is set up with at its bench. */
export const BENCH = z.strictObject({
  id: hex(8),
  folder: z.string().min(1),
  identityKey: z.string().min(1),
  anchors: z.string().min(1),
  profile: z.string().min(1),
  patient: z.strictObject({ salt: hex(16), tag: hex(32) }),
  time: z.int().min(0),
});
export type BenchConfig = z.infer<typeof BENCH>;

/** The gateway a bedside device dials, and what it shows there. */
export const GATEWAY = z.strictObject({
  url: z.url(),
  hostname: z.string(),
  key: z.string(),
  cert: z.string(),
  ca: z.string(),
});
export type GatewayConfig = z.infer<typeof GATEWAY>;

export const NO_CHANNEL: Bytes = new Uint8Array(32);
/** What runs on the reference devices, in words; profiles/pacemaker.json names its SHA-256. */
export const REFERENCE_FIRMWARE = 'countersign reference device 1';
const HEARTBEAT_MS = 10_000;
const BEAT_MS = 1_000;

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));
const file = (path: string): Bytes => new Uint8Array(readFileSync(path));

/** Switches a device on with what its bench and its own folder say. @param firmware what runs on it, in words */
export async function startDevice(
  config: BenchConfig,
  therapy: Therapy,
  firmware: string | (() => string) = REFERENCE_FIRMWARE,
): Promise<Device> {
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
    get firmware() {
      const words = typeof firmware === 'string' ? firmware : firmware();
      return nodeCrypto.sha256(new TextEncoder().encode(words));
    },
    factory: () => factory,
  });
}

/** The reporting side of a device on the network: what it sends goes over the link that is open just then. */
export function reporting(config: BenchConfig, send: (message: Bytes) => boolean): Telemetry {
  return new Telemetry({
    device: unhex(config.id),
    identity: signerFromPem(readFileSync(config.identityKey, 'utf8')),
    crypto: nodeCrypto,
    random,
    now: () => Date.now(),
    uptime: () => performance.now(),
    send,
  });
}

/** What an implant needs to be read out. */
export const readOutOf = (config: BenchConfig, device: Device): Omit<ReadOutParts, 'therapy'> => ({
  device,
  id: unhex(config.id),
  identity: signerFromPem(readFileSync(config.identityKey, 'utf8')),
  crypto: nodeCrypto,
  random,
});

export interface Bedside {
  readonly telemetry: Telemetry;
  readonly link: Link;
}

/** Its TLS key and certificate as they are when it dials: a renewed one counts from the next connection on. */
function ownTls(gateway: GatewayConfig): () => Record<'key' | 'cert' | 'ca', string> {
  const read = () => ({
    key: readFileSync(gateway.key, 'utf8'),
    cert: readFileSync(gateway.cert, 'utf8'),
    ca: readFileSync(gateway.ca, 'utf8'),
  });
  let held = read();
  return () => {
    try {
      held = read();
    } catch {
      // Half replaced: the last ones are good for one more connection.
    }
    return held;
  };
}

/**
 * A bedside device on the network: it dials out, and nobody can dial in. Commands and measurements share the link and
 * nothing else; what is measured while the link is down is kept, and sent later.
 */
export function dialGateway(
  gateway: GatewayConfig,
  config: BenchConfig,
  device: Answering,
  context: ProcessContext,
): Bedside {
  const contact: Contact = { kind: 'websocket', channel: NO_CHANNEL };
  const telemetry = reporting(config, (message) => link.send(message));
  const tls = ownTls(gateway);
  const link: Link = connectLink({
    url: gateway.url,
    hostname: gateway.hostname,
    get tls() {
      return tls();
    },
    subprotocol: 'countersign.v1',
    maxPayload: MAX_MESSAGE,
    heartbeatMs: HEARTBEAT_MS,
    onOpen: () => {
      context.ready();
      telemetry.linkUp();
    },
    onMessage: (message) => {
      if (isTelemetry(message)) return heard(telemetry, message, context);
      void device.handle(message, contact).then((answer) => link.send(answer));
    },
    onClose: (reason) => {
      telemetry.linkDown();
      context.log.warn('link-lost', { reason });
    },
    onFailed: (reason) => context.log.warn('gateway-unreachable', { reason }),
  });
  const beat = setInterval(() => void telemetry.beat(), BEAT_MS);
  context.onStop('link', () => {
    clearInterval(beat);
    link.close();
  });
  return { telemetry, link };
}

/** A refusal is for the maker of the device to read. What is no answer at all is dropped: it must not end the device. */
function heard(telemetry: Telemetry, message: Bytes, context: ProcessContext): void {
  try {
    const answer = telemetry.handle(message);
    if (answer.kind === 'refused')
      context.log.warn('telemetry-refused', { code: answer.code, reason: answer.field });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    context.log.warn('telemetry-malformed', { code: error.code, reason: error.field ?? '' });
  }
}
