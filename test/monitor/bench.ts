import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Telemetry } from '../../clients/device/sdk/telemetry.ts';
import type { Bed } from '../../server/monitor/bed.ts';
import { Intake } from '../../server/monitor/intake.ts';
import { Keeper } from '../../server/monitor/keeper.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import type { Refusal } from '../../server/protocol/refusal.ts';
import type { TelemetryFrame } from '../../server/protocol/telemetry/telemetry.ts';
import type { Content, Metric } from '../../server/protocol/telemetry/telemetry-content.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { vitalsStore } from '../../server/store/vitals-schema.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';

export const DEVICE: Bytes = testBytes('monitored device', 8);
export const HEART: Metric = {
  handle: 1,
  code: TERMS.heartRate.code,
  unit: '/min',
  scale: 0,
  period: 0,
  low: 0,
  high: 300,
  name: 'Heart rate',
};
export const DESCRIBE: Extract<Content, { kind: 'describe' }> = {
  kind: 'describe',
  simulated: true,
  metrics: [HEART],
};
export const beats = (value: number): Content => ({
  kind: 'numerics',
  numerics: [{ handle: 1, value, quality: 'valid' }],
});

/** A clock that tests move. */
export interface Clock {
  now: number;
}

export interface Received {
  readonly frames: TelemetryFrame[];
  readonly refused: Refusal[];
  lost: number;
  readonly faults: (string | undefined)[];
}

/** The gateway's side of monitoring on a real store, for one device. */
export interface Side {
  readonly intake: Intake;
  readonly keeper: Keeper;
  readonly store: Store;
  readonly bed: Bed;
  readonly received: Received;
  stop(): Promise<void>;
}

export function openSide(folder: string, clock: Clock, identity: Signer, maxBytes = 64 * 1024 * 1024): Side {
  const store = openStore(folder, vitalsStore(maxBytes));
  const received: Received = { frames: [], refused: [], lost: 0, faults: [] };
  const now = (): number => clock.now;
  const keeper = new Keeper({
    store,
    sha256: nodeCrypto.sha256,
    now,
    room: () => true,
    fault: (why) => received.faults.push(why?.message),
    surprised: (error) => received.faults.push(String(error)),
  });
  const device = {
    id: DEVICE,
    hex: hex(DEVICE),
    name: 'monitor-1',
    model: 'PM1',
    identity: identity.key,
    transport: 'websocket',
    profile: { deviceClass: 69_965 },
  } as const;
  const intake = new Intake([device], {
    crypto: nodeCrypto,
    now,
    keeper,
    store,
    taken: (_bed, frame) => received.frames.push(frame),
    refused: (_bed, refusal) => received.refused.push(refusal),
    lost: (_bed, frames) => void (received.lost += frames),
    surprised: (error) => {
      throw error;
    },
  });
  const bed = intake.beds.get(device.hex);
  if (!bed) throw new Error('no bed');
  return {
    intake,
    keeper,
    store,
    bed,
    received,
    async stop() {
      await keeper.stop();
      await store.stop();
    },
  };
}

/** A device whose messages go to whichever side is there. `pass` may change, drop or repeat them. */
export interface Reporter {
  readonly telemetry: Telemetry;
  side: Side | undefined;
  pass: (message: Bytes) => readonly Bytes[];
  connect(side: Side): void;
  cut(): void;
}

export function reporter(clock: Clock, identity: Signer, bufferBytes?: number): Reporter {
  let drawn = 0;
  const self: Reporter = {
    side: undefined,
    pass: (message) => [message],
    telemetry: new Telemetry({
      device: DEVICE,
      identity,
      crypto: nodeCrypto,
      random: (size) => testBytes(`session ${drawn++}`, size),
      now: () => clock.now,
      uptime: () => clock.now,
      ...(bufferBytes !== undefined && { bufferBytes }),
      send(message) {
        const { side } = self;
        if (!side) return false;
        for (const each of self.pass(message)) side.intake.receive(hex(DEVICE), each);
        return true;
      },
    }),
    connect(side) {
      self.side = side;
      side.intake.arrived(hex(DEVICE), (message) =>
        queueMicrotask(() => void self.telemetry.handle(message)),
      );
      self.telemetry.linkUp();
    },
    cut() {
      self.side = undefined;
      self.telemetry.linkDown();
    },
  };
  return self;
}

export const testFolder = (): { readonly folder: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), 'cs-vitals-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

export const identity = testSigner('device', -7);
/** Resolves once everything that was given to a side is on its disk, and acknowledged. */
export async function written({ keeper }: Side): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 20));
  while (!keeper.idle);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
