import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { connectLink, type Link } from '../../clients/common/link/link.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { factoryState } from '../../clients/device/factory.ts';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { MONITOR_METRICS } from '../../clients/device/monitor/patient-monitor.ts';
import { Device } from '../../clients/device/sdk/device.ts';
import { memorySlots } from '../../clients/device/sdk/slots.ts';
import { Telemetry } from '../../clients/device/sdk/telemetry.ts';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { packSamples } from '../../server/protocol/telemetry/samples.ts';
import { isTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import type { Content } from '../../server/protocol/telemetry/telemetry-content.ts';
import { MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import { deviceFile, ownConfig } from './bench-ward.ts';
import { answering } from './processes.ts';
import { pause } from './stats.ts';

// Many devices that report: numbers once a second, the first of them three waveforms of 250 Hz as well.

const config = ownConfig({ names: z.array(z.string()), waves: z.number() });
const keys = join(config.folder, 'keys');
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(keys, path)));
const text = (path: string): string => readFileSync(join(keys, path), 'utf8');
const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
const NUMERICS = MONITOR_METRICS.filter(({ period }) => period === 0);
const PART_MS = 500;

interface Reporting {
  readonly telemetry: Telemetry;
  readonly patient: SimulatedPatient;
  readonly waves: boolean;
  described: boolean;
}

async function start(name: string, number: number): Promise<Reporting> {
  const { id, profile, patient } = deviceFile(config.folder, name);
  const identity = signerFromPem(text(`devices/${name}/identity.key.pem`));
  const factory = await factoryState(nodeCrypto, {
    anchors: bytes('public/anchors.bin'),
    profile: bytes(`public/profiles/${profile}.bin`),
    patientSalt: unhex(patient.salt),
    patient: unhex(patient.tag),
    time: Math.floor(Date.now() / 1000),
    emergencyNonce: random(16),
  });
  const device = await Device.start({
    id: unhex(id),
    identity,
    crypto: nodeCrypto,
    storage: memorySlots(),
    therapy: new SimulatedTherapy(),
    random,
    uptime: () => performance.now() / 1000,
    firmware: random(32),
    factory: () => factory,
  });
  const telemetry = new Telemetry({
    device: unhex(id),
    identity,
    crypto: nodeCrypto,
    random,
    now: () => Date.now(),
    uptime: () => performance.now(),
    send: (message) => link.send(message),
  });
  let link: Link;
  await new Promise<void>((resolve) => {
    link = connectLink({
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
      onOpen: () => {
        telemetry.linkUp();
        resolve();
      },
      onClose: () => telemetry.linkDown(),
      onMessage(message) {
        if (isTelemetry(message)) {
          telemetry.handle(message);
          return;
        }
        const contact = { kind: 'websocket', channel: new Uint8Array(32) } as const;
        void device.handle(message, contact).then((answer) => link.send(answer));
      },
    });
  });
  return { telemetry, patient: new SimulatedPatient(number), waves: number < config.waves, described: false };
}

function report(one: Reporting, withNumbers: boolean): void {
  const now = Date.now();
  const contents: Content[] = [];
  if (!one.described) contents.push({ kind: 'describe', simulated: true, metrics: MONITOR_METRICS });
  one.described = true;
  if (one.waves) {
    const count = PART_MS / 4;
    const at = (i: number): number => now / 1_000 - (count - i) * 0.004;
    const part = (handle: number, signal: (seconds: number) => number): Content => {
      const data = packSamples(Array.from({ length: count }, (_, i) => Math.round(signal(at(i)))));
      return { kind: 'wave', wave: { handle, offset: PART_MS, count, quality: 'valid', data } };
    };
    const { patient } = one;
    contents.push(
      part(1, (s) => 100 * patient.ecg(s)),
      part(2, (s) => patient.pleth(s)),
      part(3, (s) => 100 * patient.respiration(s)),
    );
  }
  if (withNumbers) {
    const numerics = NUMERICS.map(({ handle }) => ({
      handle,
      value: 60 + (now % 7),
      quality: 'valid' as const,
    }));
    contents.push({ kind: 'numerics', numerics });
  }
  one.telemetry.report(contents);
}

const fleet: Reporting[] = [];
for (let at = 0; at < config.names.length; at += 16)
  fleet.push(...(await Promise.all(config.names.slice(at, at + 16).map((name, i) => start(name, at + i)))));

answering({
  /** Begins to report, devices spread over the second as they are in a hospital. */
  async report() {
    for (const [i, one] of fleet.entries()) {
      const period = one.waves ? PART_MS : 1_000;
      let turn = 0;
      setTimeout(
        () => {
          setInterval(() => report(one, !one.waves || turn++ % 2 === 0), period);
          setInterval(() => void one.telemetry.beat(), 1_000);
        },
        (i * 1_000) / fleet.length,
      );
    }
    await pause(3_000);
    return fleet.length;
  },
  waiting: () => Promise.resolve(Math.max(...fleet.map(({ telemetry }) => telemetry.waiting))),
});
