import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { factoryState } from '../../clients/device/factory.ts';
import { Device } from '../../clients/device/sdk/device.ts';
import { memorySlots, twoSlots } from '../../clients/device/sdk/slots.ts';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { connectLink } from '../../clients/common/link/link.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import { deviceFile, ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';

// Many simulated pumps in one process: the same SDK, links and storage as one pump in its own.

const config = ownConfig({ names: z.array(z.string()), storage: z.enum(['files', 'memory']) });
const keys = join(config.folder, 'keys');
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(keys, path)));
const text = (path: string): string => readFileSync(join(keys, path), 'utf8');
const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));

async function start(name: string): Promise<void> {
  const { id, profile, patient } = deviceFile(config.folder, name);
  const factory = await factoryState(nodeCrypto, {
    anchors: bytes('public/anchors.bin'),
    profile: bytes(`public/profiles/${profile}.bin`),
    patientSalt: unhex(patient.salt),
    patient: unhex(patient.tag),
    time: Math.floor(Date.now() / 1000),
    emergencyNonce: random(16),
  });
  const folder = join(config.folder, 'devices', name);
  const device = await Device.start({
    id: unhex(id),
    identity: signerFromPem(text(`devices/${name}/identity.key.pem`)),
    crypto: nodeCrypto,
    storage: config.storage === 'files' ? twoSlots(folder) : memorySlots(),
    therapy: new SimulatedTherapy(),
    random,
    uptime: () => performance.now() / 1000,
    firmware: random(32),
    factory: () => factory,
  });
  await new Promise<void>((resolve) => {
    const link = connectLink({
      url: `wss://127.0.0.1:${config.ports['gateway-devices']}/device`,
      hostname: 'gate.localhost',
      tls: {
        key: text(`devices/${name}/tls.key.pem`),
        cert: text(`devices/${name}/tls.cert.pem`),
        ca: text('public/ca/service-ca.cert.pem'),
      },
      subprotocol: 'countersign.v1',
      maxPayload: MAX_MESSAGE,
      heartbeatMs: 10_000,
      onOpen: () => resolve(),
      onMessage: (message) => {
        void device
          .handle(message, { kind: 'websocket', channel: new Uint8Array(32) })
          .then((answer) => link.send(answer));
      },
    });
  });
}

// A few at a time: the gateway's door lets in only so many strangers at once.
for (let at = 0; at < config.names.length; at += 16) {
  await Promise.all(config.names.slice(at, at + 16).map(start));
}
answering({});
