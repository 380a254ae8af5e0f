import { statfsSync } from 'node:fs';
import { logEntry } from '../audit/log-writer.ts';
import type { LogWriter } from '../audit/log-writer.ts';
import type { Refusals } from '../broker/refusals.ts';
import { nodeCrypto } from '../crypto.ts';
import { LIMITS } from '../limits.ts';
import type { MonitorDesk } from '../edge/monitor-desk.ts';
import type { Session } from '../edge/desk.ts';
import type { Monitored } from '../monitor/bed.ts';
import { Intake } from '../monitor/intake.ts';
import { Keeper } from '../monitor/keeper.ts';
import { LiveHub } from '../monitor/live-hub.ts';
import type { Bytes } from '../protocol/bytes.ts';
import { openStore, type Store } from '../store/store.ts';
import { vitalsStore } from '../store/vitals-schema.ts';
import { MonitorRoom } from './monitor-room.ts';
import type { GatewayLog } from './program-log.ts';

export interface MonitoringParts {
  readonly folder: string;
  /** Who is enrolled: that changes while the gateway runs. */
  readonly registry: { readonly all: readonly Monitored[]; byId(id: string): Monitored | undefined };
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly refusals: Refusals;
  readonly now: () => number;
  readonly program: GatewayLog;
  /** May a session see a device (hexadecimal id)? */
  readonly maySee: (session: Session, device: string) => boolean;
  readonly surprised: (error: unknown) => void;
  /** Opens the store of measurements in a folder. */
  readonly vitals: (folder: string) => Store;
}

/** The monitoring side of the gateway: it shares the process with commands, and neither queue nor file nor writer. */
export interface Monitoring {
  /** A device on its own link is in contact; gives what ends that. */
  arrived(id: string, reply: (message: Bytes) => void): () => void;
  receive(id: string, message: Bytes): void;
  /** What people may ask of it. */
  readonly desk: MonitorDesk;
  stop(): Promise<void>;
}

/** The store of measurements in the gateway's folder. */
export const openVitals = (folder: string): Store =>
  openStore(folder, vitalsStore(LIMITS.telemetryStore.max));

export function openMonitoring(parts: MonitoringParts): Monitoring {
  const store = parts.vitals(parts.folder);
  const { now, log, program, surprised } = parts;
  const keeper = new Keeper({
    store,
    sha256: nodeCrypto.sha256,
    now,
    surprised,
    room: () => hasRoom(parts.folder),
    fault: (why) =>
      why === undefined
        ? program.info('measurements are stored again')
        : program.error('measurements are not stored', { reason: why }),
  });
  const intake = new Intake(parts.registry.all, {
    crypto: nodeCrypto,
    now,
    keeper,
    store,
    surprised,
    taken: (bed, frame) => hub.pass(bed, frame),
    refused: ({ device }, { code, why }) =>
      parts.refusals.record({ code, device: device.id, detail: `telemetry: ${why}` }),
    lost({ device }, number) {
      const entry = { type: 'alarm', time: now(), code: 'telemetry.gap', device: device.id, number } as const;
      log.appendDurable([logEntry(entry)]).catch(surprised);
    },
  });
  const hub: LiveHub = new LiveHub({ beds: intake.beds, now, raised: () => [] });
  const { maySee } = parts;
  return {
    desk: new MonitorRoom({ beds: intake.beds, hub, store, maySee }),
    arrived(id, reply) {
      const device = parts.registry.byId(id);
      if (device) intake.meet(device);
      return intake.arrived(id, reply);
    },
    receive: (id, message) => intake.receive(id, message),
    async stop() {
      hub.stop();
      await keeper.stop();
      await store.stop();
    },
  };
}

/** Measurements leave the last of the disk to commands and the log. */
function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > LIMITS.diskReserve.max;
}
