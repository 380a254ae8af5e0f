import { statfsSync } from 'node:fs';
import { logEntry } from '../../audit/log-writer.ts';
import type { LogWriter } from '../../audit/log-writer.ts';
import type { Refusals } from '../../broker/refusals.ts';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { MonitorDesk } from '../../edge/desks/monitor-desk.ts';
import type { HealthPart, Session } from '../../edge/desks/desk.ts';
import type { DraftPatient } from '../../edge/desks/inbox-desk.ts';
import type { BoardNames } from '../../authorize/policy-file.ts';
import { LIMITS } from '../../limits.ts';
import { AlarmBook } from '../../monitor/alarm-book.ts';
import { AlarmWatch, type Called } from '../../monitor/alarm-watch.ts';
import type { Monitored } from '../../monitor/bed.ts';
import { Damage } from '../../monitor/damage.ts';
import type { Hl7Patient } from '../../monitor/hl7.ts';
import { Intake } from '../../monitor/intake.ts';
import { Keeper } from '../../monitor/keeper.ts';
import { LiveHub } from '../../monitor/live-hub.ts';
import { dueToLeave } from '../../monitor/retention.ts';
import { SignWatch } from '../../monitor/signs.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Entry } from '../../protocol/log/entry.ts';
import { encodeHead } from '../../protocol/telemetry/telemetry.ts';
import type { Bedside } from '../../broker/bedside.ts';
import { isDamage } from '../../store/errors.ts';
import { markDamaged } from '../../store/set-aside.ts';
import type { Store } from '../../store/store.ts';
import type { Conversation } from '../../transport/conversation.ts';
import { VITALS_NAME } from '../../store/vitals-schema.ts';
import { MonitorRoom } from '../desks/monitor-room.ts';
import type { GatewayLog } from './program-log.ts';
import { safetyOf } from '../devices/safety.ts';
import { openReporting } from './reporting.ts';
import { type SuspectParts, Suspects } from '../devices/suspects.ts';

export interface MonitoringParts extends SuspectParts {
  readonly folder: string;
  /** Who is enrolled: that changes while the gateway runs. */
  readonly registry: { readonly all: readonly Monitored[]; byId(id: string): Monitored | undefined };
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly refusals: Refusals;
  readonly program: GatewayLog;
  /** May a session see a device (hexadecimal id)? */
  readonly maySee: (session: Session, device: string) => boolean;
  /** Where measurements go as HL7 v2; without it, nowhere. */
  readonly engine: Config['engine'];
  readonly patientNamed: (device: string) => Hl7Patient | undefined;
  readonly patientOf: (session: Session, device: string) => DraftPatient | undefined;
  readonly boardNames: () => BoardNames;
  readonly signerName: (kid: Bytes) => string | undefined;
  /** Writes into the log what a session read, once. */
  readonly read: (session: Session, what: string) => Promise<void>;
  /** Tells everybody who watches and may see this device; or of them one subject alone. */
  readonly announce: (event: string, device: Bytes, only?: string) => void;
  /** Whom the hospital's roster names for a device (hexadecimal). */
  readonly second: (device: string) => Called | undefined;
  readonly surprised: (error: unknown) => void;
  /** Opens the store of measurements in a folder. @param now Unix ms */
  readonly vitals: (folder: string, now: number) => Store;
}

/** The monitoring side of the gateway: it shares the process with commands, and neither queue nor file nor writer. */
export interface Monitoring {
  /** A device on its own link is in contact; gives what ends that. */
  arrived(id: string, reply: (message: Bytes) => void): () => void;
  receive(id: string, message: Bytes): void;
  /** Reads an implant out that is in contact. Rejects with LinkLost when it went away. */
  readOut(bedside: Bedside, conversation: Pick<Conversation, 'ask'>): Promise<void>;
  /** A device knocked at a door that is not for it. */
  strayed(device: Bytes): void;
  /** What people may ask of it. */
  readonly desk: MonitorDesk;
  /** Whether measurements are stored, and what of them was lost. Never `bad`: commands do not lean on it. */
  health(): readonly HealthPart[];
  stop(): Promise<void>;
}

const LOOK_MS = 1_000;
const CLEAR_MS = 60_000;

export function openMonitoring(parts: MonitoringParts): Monitoring {
  const { now, log, program, maySee, registry } = parts;
  const store = parts.vitals(parts.folder, now());
  const record = (entry: Entry): void => void log.appendDurable([logEntry(entry)]).catch(surprised);
  let unstored: Error | undefined;
  /** The next start puts a file aside that turned out to be damaged while it was used. */
  const surprised = (error: unknown): void => {
    if (isDamage(error)) markDamaged(parts.folder, VITALS_NAME);
    parts.surprised(error);
  };
  const keeper = new Keeper({
    store,
    sha256: nodeCrypto.sha256,
    now,
    surprised,
    room: () => hasRoom(parts.folder),
    fault(why) {
      unstored = why;
      if (isDamage(why)) markDamaged(parts.folder, VITALS_NAME);
      if (why === undefined) program.info('measurements are stored again');
      else program.error('measurements are not stored', { reason: why.message });
    },
  });
  const damage = new Damage({
    store,
    keeper,
    now,
    devices: registry.all,
    log: record,
    warn: (what, count) =>
      program.error('stored measurements are damaged: put aside', { reason: what, count }),
  });
  const book = new AlarmBook(keeper, store, record);
  const alarms: AlarmWatch = new AlarmWatch({
    now,
    announce: (bed) => hub.announce(bed),
    second: parts.second,
    happened(event) {
      book.write(event);
      if (event.priority !== 'low') parts.announce(`alarm-${event.change}`, event.device);
      if (event.to !== undefined) parts.announce('alarm-called', event.device, event.to);
    },
  });
  const suspects = new Suspects(parts, store);
  const signs = new SignWatch(now, (sign) => {
    const { device, at, kind, reason } = sign;
    const sql = 'INSERT INTO sign (device, at, kind, reason) VALUES (?, ?, ?, ?)';
    keeper.write([{ sql, params: [device, at, kind, reason] }]);
    record({ type: 'alarm', time: at, code: `sign.${kind}`, device, detail: reason });
    suspects.found(sign);
    parts.announce('sign', device);
  });
  const intake = new Intake(registry.all, {
    crypto: nodeCrypto,
    now,
    keeper,
    store,
    surprised,
    taken(bed, frame, hash, size) {
      signs.frame(bed, frame, size);
      alarms.frame(bed, frame, hash);
      hub.pass(bed, frame);
    },
    refused({ device }, { code, why, field }, message) {
      parts.refusals.record(
        { code, device: device.id, detail: `telemetry: ${why}` },
        { why, field, message },
      );
      signs.refused(device.id, code);
    },
    lost: ({ device }, number) =>
      record({ type: 'alarm', time: now(), code: 'telemetry.gap', device: device.id, number }),
  });
  const hub: LiveHub = new LiveHub({ beds: intake.beds, now, raised: (bed) => alarms.raised(bed) });
  const looking = setInterval(() => {
    for (const bed of intake.beds.values()) alarms.look(bed);
    suspects.look();
  }, LOOK_MS);
  const settingsOf = (id: string): ReadonlyMap<number, number> =>
    parts.bedside(id)?.seen?.attestation.settings ?? new Map<number, number>();
  const { engine } = parts;
  const reporting =
    engine && openReporting({ ...parts, surprised, engine, keeper, store, beds: intake.beds, settingsOf });
  const clearing = setInterval(() => keeper.write(dueToLeave(now(), keeper.tight)), CLEAR_MS);
  return {
    desk: new MonitorRoom({
      beds: intake.beds,
      hub,
      history: { store, keeper, sha256: nodeCrypto.sha256, damaged: (block) => damage.block(block) },
      settingsOf,
      patientOf: (session, device) => parts.patientOf(session, device),
      devices: () => registry.all,
      safetyOf(device) {
        const at = parts.bedside(device);
        return at ? safetyOf(at, parts.signerName) : {};
      },
      names: () => parts.boardNames(),
      read: (session, what) => parts.read(session, what),
      book,
      maySee,
    }),
    health: () => [storing(unstored), damage.health() ?? []].flat(),
    strayed: (device) => signs.strayed(device),
    async readOut({ device }, conversation) {
      const answer = await conversation.ask({ kind: 'read-out' });
      if (answer.kind !== 'measured') return; // it has nothing to tell, or is asked too often: the next time
      intake.meet(device);
      intake.receive(device.hex, answer.frame);
      intake.receive(device.hex, encodeHead(answer.head));
    },
    arrived(id, reply) {
      const device = registry.byId(id);
      if (device) intake.meet(device);
      return intake.arrived(id, reply);
    },
    receive: (id, message) => intake.receive(id, message),
    async stop() {
      clearInterval(looking);
      clearInterval(clearing);
      reporting?.stop();
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

function storing(why: Error | undefined): HealthPart {
  const name = 'storing measurements';
  if (why === undefined) return { name, state: 'ok', says: 'they are' };
  const mend = isDamage(why)
    ? 'start the gateway again when it suits: it puts the damaged file aside, keeps it, and begins a new one'
    : 'make room, or check the disk; what devices measure waits in them, and commands go on';
  return { name, state: 'warning', says: why.message.slice(0, 200), mend };
}
