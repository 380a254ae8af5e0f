import { setImmediate } from 'node:timers/promises';
import { LIMITS } from '../limits.ts';
import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import { encode } from '../protocol/encoding/cbor.ts';
import { type Content, contentValue, type Metric } from '../protocol/telemetry/telemetry-content.ts';
import type { Op } from '../store/batch.ts';
import { StoreConflict, StoreUnavailable } from '../store/errors.ts';
import type { Store } from '../store/store.ts';
import { readDescription, readFrame } from './block.ts';
import { FrameLog } from './frame-log.ts';
import { blocksOf, type Source } from './packing.ts';

interface Open {
  readonly source: Source;
  readonly frames: FrameLog;
  metrics: ReadonlyMap<number, Metric>;
  packing: boolean;
  /** The device has begun another session. */
  ended: boolean;
}

interface Waiting {
  readonly ops: readonly Op[];
  readonly done: () => void;
}

export interface KeeperParts {
  readonly store: Store;
  readonly sha256: Sha256;
  readonly now: () => number;
  /** Is there room on the disk beside what commands and the log need? */
  readonly room: () => boolean;
  /** What keeps measurements from being stored; undefined when nothing does any more. */
  readonly fault: (why: Error | undefined) => void;
  /** Told of failures that nobody foresaw. */
  readonly surprised: (error: unknown) => void;
}

const FLUSH_MS = 100;
const AGAIN_MS = 1_000;
const BLOCK_MS = 60_000;
const PACK_MS = 25;
/** What was packed leaves the list of recent frames this often. */
const FORGET_MS = 1_000;
/** So many callers are told at a time that their frames are on the disk; between them whatever else waits has its turn. */
const TOLD = 64;
const MAX_CALL = 2_000;

/**
 * Puts frames on the disk, a tenth of a second of all devices in one transaction, and later packs each device's minute.
 * While the disk takes nothing, frames wait here: few, because a device stops when its frames are not acknowledged.
 */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #open = new Map<number, Open>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #beats: readonly NodeJS.Timeout[];
  #writing = false;
  /** Something was packed, and stands among the recent frames still. */
  #packed = false;
  #stopped = false;
  #nextFrame: number;
  #nextSource: number;
  #fault: string | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    const { store } = parts;
    const newest = (sql: string): number => Number(store.reader(sql).get()?.['n'] ?? 0);
    this.#nextFrame = newest('SELECT max(id) AS n FROM recent') + 1;
    this.#nextSource = newest('SELECT max(id) AS n FROM session') + 1;
    this.#load();
    this.#beats = [setInterval(() => this.#pack(), PACK_MS), setInterval(() => this.#forget(), FORGET_MS)];
  }

  /** Is there no room for more? */
  get tight(): boolean {
    return this.#fault !== undefined;
  }

  /** Is everything on the disk that was given? */
  get idle(): boolean {
    return this.#waiting.length === 0 && !this.#writing;
  }

  /** Frames of a session that are in no block yet. */
  recent(source: number): readonly TelemetryFrame[] {
    return (this.#open.get(source)?.frames.frames() ?? []).map(readFrame);
  }

  /** A new session of a device; its row is written with its first frame. */
  begin(device: Bytes, session: Bytes): { readonly source: Source; readonly op: Op } {
    for (const open of this.#open.values()) if (equal(open.source.device, device)) open.ended = true;
    const source = { id: this.#nextSource++, device, session };
    this.resume(source, new Map());
    const sql = 'INSERT INTO session (id, device, session, began) VALUES (?, ?, ?, ?)';
    return { source, op: { sql, params: [source.id, device, session, this.#parts.now()] } };
  }

  /** Stores a frame; calls back once it is on the disk. */
  keep(source: Source, number: number, bytes: Bytes, before: readonly Op[], done: () => void): void {
    const id = this.#nextFrame++;
    const received = this.#parts.now();
    const sql = 'INSERT INTO recent (id, source, number, received, bytes) VALUES (?, ?, ?, ?, ?)';
    const op: Op = { sql, params: [id, source.id, number, received, bytes] };
    this.write([...before, op], () => {
      this.#open.get(source.id)?.frames.push(id, received, bytes);
      done();
    });
  }

  /** What a session's handles mean. */
  describe(source: Source, described: Extract<Content, { kind: 'describe' }>): Op {
    const open = this.#open.get(source.id);
    if (open) open.metrics = new Map(described.metrics.map((metric) => [metric.handle, metric]));
    return {
      sql: 'UPDATE session SET described = ? WHERE id = ?',
      params: [encode(contentValue(described)), source.id],
    };
  }

  /** Stores anything else that belongs to measurements, in order with the frames. */
  write(ops: readonly Op[], done: () => void = () => undefined): void {
    if (this.#stopped) return;
    this.#waiting.push({ ops, done });
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS);
  }

  /** Stores what waits, if it can, and ends. */
  async stop(): Promise<void> {
    for (const beat of this.#beats) clearInterval(beat);
    clearTimeout(this.#timer);
    while (this.#writing) await new Promise((resolve) => setTimeout(resolve, 10));
    await this.#flush();
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    if (this.#writing || this.#waiting.length === 0) return;
    this.#writing = true;
    const batch = this.#waiting.splice(0, MAX_CALL);
    try {
      if (!this.#parts.room()) throw new StoreUnavailable('full', 'the disk is nearly full: make room');
      await this.#store(batch);
      this.#tell(undefined);
    } catch (error) {
      this.#waiting.unshift(...batch);
      this.#tell(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#writing = false;
    }
    if (this.#waiting.length > 0 && !this.#stopped)
      this.#timer ??= setTimeout(() => void this.#flush(), this.#fault === undefined ? 0 : AGAIN_MS);
  }

  /** One transaction for all. What contradicts the store is found alone, told, and not tried again. */
  async #store(batch: readonly Waiting[]): Promise<void> {
    const { store, surprised } = this.#parts;
    try {
      await store.write(
        batch.flatMap(({ ops }) => ops),
        true,
      );
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      const [one] = batch;
      if (batch.length === 1 && one) return surprised(error);
      for (const each of batch) await this.#store([each]);
      return;
    }
    for (const [i, { done }] of batch.entries()) {
      if (i % TOLD === TOLD - 1) await setImmediate();
      done();
    }
  }

  #tell(why: Error | undefined): void {
    if (why?.message === this.#fault) return;
    this.#fault = why?.message;
    this.#parts.fault(why);
  }

  /**
   * Packs the minutes that are over, a little of it at a time: devices that were switched on together are due together, and
   * whoever waits for a command must not wait for all of them.
   */
  #pack(): void {
    const before = this.#parts.now() - BLOCK_MS;
    let left = LIMITS.telemetryPacked.max;
    for (const open of this.#open.values()) {
      const { oldest, length, size } = open.frames;
      if (!oldest && open.ended) this.#open.delete(open.source.id);
      if (!oldest || oldest.received > before || open.packing) continue;
      open.packing = true;
      // More may be stored while these are packed.
      this.write(blocksOf(open.source, open.frames.frames(), open.metrics, this.#parts.sha256), () => {
        open.frames.drop(length);
        open.packing = false;
        this.#packed = true;
      });
      left -= size;
      if (left <= 0) break;
    }
  }

  /** What is in blocks leaves the list of recent frames, from its beginning on. */
  #forget(): void {
    if (!this.#packed) return;
    this.#packed = false;
    let oldest = this.#nextFrame;
    for (const { frames } of this.#open.values()) oldest = Math.min(oldest, frames.oldest?.id ?? oldest);
    this.write([{ sql: 'DELETE FROM recent WHERE id < ?', params: [oldest] }]);
  }

  /** After a start: frames that were stored and are in no block. */
  #load(): void {
    const { store } = this.#parts;
    const sql = `SELECT r.id, r.source, r.number, r.received, r.bytes, s.device, s.session, s.described
      FROM recent r JOIN session s ON s.id = r.source ORDER BY r.id`;
    const newest = store.reader('SELECT coalesce(max(last), 0) AS n FROM block WHERE source = ?');
    const packed = new Map<number, number>();
    for (const row of store.reader(sql).iterate()) {
      const { id, source, number, received, bytes, device, session, described } = row;
      if (!(bytes instanceof Uint8Array && device instanceof Uint8Array && session instanceof Uint8Array))
        continue;
      const key = Number(source);
      const until = packed.get(key) ?? Number(newest.get(key)?.['n']);
      packed.set(key, until);
      if (Number(number) <= until) continue;
      const open = this.#open.get(key) ?? this.#resume({ id: key, device, session }, metricsOf(described));
      open.frames.push(Number(id), Number(received), bytes);
    }
  }

  /** A session that is known, and goes on. */
  resume(source: Source, metrics: ReadonlyMap<number, Metric>): void {
    const known = this.#open.get(source.id);
    if (known) known.metrics = metrics;
    else this.#resume(source, metrics);
  }

  #resume(source: Source, metrics: ReadonlyMap<number, Metric>): Open {
    const open: Open = { source, frames: new FrameLog(), metrics, packing: false, ended: false };
    this.#open.set(source.id, open);
    return open;
  }
}

const metricsOf = (described: unknown): ReadonlyMap<number, Metric> =>
  new Map(readDescription(described)?.metrics.map((metric) => [metric.handle, metric]));
