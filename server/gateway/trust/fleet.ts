import { readFile, stat } from 'node:fs/promises';
import { logEntry } from '../../audit/log-writer.ts';
import type { Sequencer } from '../../audit/sequencer.ts';
import { Bedside } from '../../broker/bedside.ts';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import { fleetFile, type Listed, readListed } from '../../fleet/listed.ts';
import { type EnrolledDevice, readRegistry, Registry } from '../../fleet/registry.ts';
import { LIMITS } from '../../limits.ts';
import { type Bytes, equal, hex, unhex } from '../../protocol/encoding/bytes.ts';
import { encode } from '../../protocol/encoding/cbor.ts';
import { decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { KnownPeers } from './known-peers.ts';
import type { LiveTrust } from './live-trust.ts';
import type { Memory } from '../opening/memory.ts';
import type { GatewayLog } from '../watch/program-log.ts';
import type { Trust } from './trust.ts';

export interface FleetParts {
  readonly config: Pick<Config, 'trust' | 'hospital'>;
  readonly live: Pick<LiveTrust, 'anchors'>;
  /** Stations of the hospital's own list, which counts while there is no signed one. */
  readonly trust: Pick<Trust, 'stations'>;
  readonly memory: Memory;
  readonly log: Pick<Sequencer, 'appendDurable'>;
  readonly program: GatewayLog;
  /** Unix ms. */
  readonly now: () => number;
}

/** The number of the list in force, in the gateway's own memory: an older one is never taken again. */
const VERSION = 'fleet version';
/** SHA-256 of the row by which a device was enrolled, under this and its id; nothing once it was removed. */
const ROW = 'enrolled ';

/**
 * Who may connect. The authority's signed list says so as soon as there is one, from then on alone; without an authority
 * the files do that the hospital wrote. The list is followed while the gateway runs: who goes is dropped at once, who
 * comes is let in when that stands in the log.
 */
export class Fleet {
  readonly registry: Registry;
  readonly peers: KnownPeers;
  readonly #parts: FleetParts;
  readonly #bedsides: Map<string, Bedside>;
  #meet: (id: string, fresh: Bedside) => void = () => undefined;
  /** What the file in force looked like: its inode and the time it was written. */
  #taken = '';
  #fault = '';

  private constructor(parts: FleetParts, registry: Registry) {
    this.#parts = parts;
    this.registry = registry;
    this.peers = new KnownPeers(parts.config, registry, parts.trust.stations);
    this.#bedsides = new Map(registry.all.map((device) => [device.hex, new Bedside(device)]));
  }

  /** Throws Error when the hospital's files do not fit; a signed list that does not hold lets nobody in, and is said. */
  static async open(parts: FleetParts): Promise<Fleet> {
    const { config, live } = parts;
    if (!(await signedListIn(parts)))
      return new Fleet(parts, await readRegistry(config.trust, nodeCrypto, live.anchors));
    const fleet = new Fleet({ ...parts, trust: { stations: new Map() } }, new Registry([]));
    await fleet.refresh();
    return fleet;
  }

  /** Everybody who is enrolled, or was since the start. */
  get bedsides(): ReadonlyMap<string, Bedside> {
    return this.#bedsides;
  }

  /** The device with an id (hexadecimal), while it is enrolled. */
  readonly bedside = (id: string): Bedside | undefined => this.registry.byId(id) && this.#bedsides.get(id);

  /** The same for what is to be recorded about it, which has to be possible when it was removed in the meantime. */
  readonly known = (device: Bytes): Bedside => {
    const found = this.#bedsides.get(hex(device));
    if (!found) throw new Refusal('E_SCOPE', 'not found, or not yours to see', 'device');
    return found;
  };

  /** Who has to be told of a device that was not there before, so that it is remembered what became of it. */
  onMeet(meet: (id: string, fresh: Bedside) => void): void {
    this.#meet = meet;
  }

  /** Follows the list. What is wrong with it is said once, and leaves what is in force. */
  async refresh(): Promise<void> {
    const fault = await this.#follow().catch((error: unknown) => reasonOf(error));
    if (fault !== '' && fault !== this.#fault) this.#parts.program.warn('devices', { reason: fault });
    this.#fault = fault;
  }

  /** Gives what could not be taken up; throws when nothing could. */
  async #follow(): Promise<string> {
    const { config, live, memory, program } = this.#parts;
    if (!(await signedListIn(this.#parts))) {
      await this.peers.refresh();
      return '';
    }
    const file = fleetFile(config.trust);
    const { ino, mtimeMs } = await stat(file);
    const mark = `${ino} ${mtimeMs}`;
    if (mark === this.#taken) return this.#fault;
    const listed = await readListed(
      config.trust,
      new Uint8Array(await readFile(file)),
      nodeCrypto,
      live.anchors,
    );
    const kept = numberOf(memory.recall(VERSION));
    if (listed.version < kept) throw new Error(`${file}: version ${listed.version} is older than ${kept}`);
    this.#drop(listed);
    await this.#announce(listed);
    this.#letIn(listed);
    if (listed.faults.length === 0) this.#taken = mark; // A profile that is missing may still come.
    if (listed.version > kept) program.info('devices taken', { count: listed.version });
    return listed.faults.join('; ');
  }

  /** Who is not listed goes, at once: devices, certificates, stations; who shall only be read takes nothing more. */
  #drop({ devices, certificates, stations }: Listed): void {
    const next = new Map(devices.map(({ device }) => [device.hex, device]));
    const staying = this.registry.all.flatMap((before) => {
      const device = next.get(before.hex);
      if (!device || !equal(device.identityKey, before.identityKey)) return [];
      return [device.posture === 'monitor-only' ? { ...before, posture: device.posture } : before];
    });
    const known = [...certificates].filter(([fingerprint]) => this.peers.device(fingerprint));
    this.registry.replace(staying, new Map(known));
    this.peers.follow(new Map([...stations].filter(([fingerprint]) => this.peers.station(fingerprint))));
    this.#situate(staying);
  }

  #letIn({ devices, certificates, stations }: Listed): void {
    const all = devices.map(({ device }) => device);
    this.registry.replace(all, certificates);
    this.peers.follow(stations);
    this.#situate(all);
  }

  /** Gives each device its bedside, and ends the conversation with those who are not enrolled any more. */
  #situate(all: readonly EnrolledDevice[]): void {
    for (const device of all) {
      const at = this.#bedsides.get(device.hex);
      if (at) at.device = device;
      else {
        const fresh = new Bedside(device);
        this.#bedsides.set(device.hex, fresh);
        this.#meet(device.hex, fresh);
      }
    }
    for (const [id, at] of this.#bedsides) if (!this.registry.byId(id)) at.conversation?.link.close();
  }

  /** Puts what changed into the log, with what makes that known after a restart, each batch in one transaction. */
  async #announce({ version, devices }: Listed): Promise<void> {
    const { memory, log, now } = this.#parts;
    const before = memory.named(ROW);
    const rows = new Map(devices.map(({ device, digest }) => [device.hex, digest]));
    const come = [...rows].filter(([id, digest]) => !equal(before.get(ROW + id) ?? NOTHING, digest));
    const gone = [...before].flatMap(([name, digest]) => {
      const id = name.slice(ROW.length);
      return rows.has(id) || digest.length === 0 ? [] : [[id, digest] as const];
    });
    const changes = [
      ...gone.map(([id, digest]) => ({ id, digest, result: 0 })),
      ...come.map(([id, digest]) => ({ id, digest, result: 1 })),
    ];
    for (let at = 0; at < changes.length; at += LIMITS.logBatch.max) {
      const batch = changes.slice(at, at + LIMITS.logBatch.max);
      await log.appendDurable(
        batch.map(({ id, digest, result }) =>
          logEntry({ type: 'enrolment', device: unhex(id), digest, result, time: now() }),
        ),
        batch.map(({ id, digest, result }) => memory.mark(ROW + id, result === 1 ? digest : NOTHING)),
      );
    }
    if (version > numberOf(memory.recall(VERSION))) await memory.keep(VERSION, encode(version));
  }
}

const NOTHING: Bytes = new Uint8Array();

/** Is there a signed list, or was there ever? Without it nobody falls back to what anybody can write. */
async function signedListIn({ config, memory }: FleetParts): Promise<boolean> {
  if (memory.recall(VERSION)) return true;
  return stat(fleetFile(config.trust)).then(
    () => true,
    () => false,
  );
}

const numberOf = (kept: Bytes | undefined): number =>
  kept ? uint(decodeStrict(kept, VERSION, 16), VERSION) : 0;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
