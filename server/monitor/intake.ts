import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';
import {
  encodeToDevice,
  type FromDevice,
  openHead,
  parseFromDevice,
  type TelemetryFrame,
} from '../protocol/telemetry/telemetry.ts';
import { LIMITS } from '../limits.ts';
import type { Op } from '../store/batch.ts';
import type { Store } from '../store/store.ts';
import { Bed, type Monitored } from './bed.ts';
import { Chain } from './chain.ts';
import type { Keeper } from './keeper.ts';
import { isKnownSession, resumeChain } from './sessions.ts';

export interface IntakeParts {
  readonly crypto: Crypto;
  readonly now: () => number;
  readonly keeper: Keeper;
  readonly store: Pick<Store, 'reader'>;
  /** A frame was taken, and is about to be stored. */
  readonly taken: (bed: Bed, frame: TelemetryFrame, hash: Bytes, size: number) => void;
  /** What the device sent was not taken. */
  readonly refused: (bed: Bed, refusal: Refusal, bytes: Bytes) => void;
  /** Frames of a device are lost for good. */
  readonly lost: (bed: Bed, frames: number) => void;
  /** Told of failures that nobody foresaw. */
  readonly surprised: (error: unknown) => void;
}

/** A quarter of the window, or the frames of two seconds. */
const ACKNOWLEDGE_FRAMES = 8;
const ACKNOWLEDGE_MS = 2_000;
const NO_SESSION: Bytes = new Uint8Array(8);

/** What devices send by themselves: each frame is taken once, in order, or refused with the reason. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #beds: Map<string, Bed>;
  readonly #spent = new Map<string, { second: number; frames: number }>();

  constructor(devices: readonly Monitored[], parts: IntakeParts) {
    this.#parts = parts;
    this.#beds = new Map(devices.map((device) => [device.hex, this.#bedOf(device)]));
  }

  get beds(): ReadonlyMap<string, Bed> {
    return this.#beds;
  }

  /** A device as it is enrolled now; one that was not there before gets its bed. */
  meet(device: Monitored): void {
    const bed = this.#beds.get(device.hex);
    if (bed) bed.device = device;
    else this.#beds.set(device.hex, this.#bedOf(device));
  }

  /** A device is in contact; gives what ends that again. */
  arrived(id: string, reply: (message: Bytes) => void): () => void {
    const bed = this.#beds.get(id);
    if (!bed) return () => undefined;
    bed.reply = reply;
    return () => {
      if (bed.reply === reply) bed.reply = undefined;
    };
  }

  /** Something a device sent by itself, over its authenticated link. Never throws: the device is told what is wrong. */
  receive(id: string, bytes: Bytes): void {
    const bed = this.#beds.get(id);
    if (!bed) return;
    let message: FromDevice | undefined;
    try {
      this.#spend(bed);
      message = parseFromDevice(bytes);
      this.#take(bed, message, bytes);
    } catch (error) {
      if (!(error instanceof Refusal)) return this.#parts.surprised(error);
      this.#refuse(bed, message, error, bytes);
    }
  }

  #bedOf(device: Monitored): Bed {
    const bed = new Bed(device);
    const known = resumeChain(this.#parts.store, this.#parts.crypto.sha256, device.id);
    if (!known) return bed;
    bed.begin(known.chain, known.source, 0);
    this.#parts.keeper.resume(known.source, known.chain.metrics);
    return bed;
  }

  #spend(bed: Bed): void {
    const second = Math.floor(this.#parts.now() / 1_000);
    const spent = this.#spent.get(bed.device.hex);
    if (spent?.second !== second) this.#spent.set(bed.device.hex, { second, frames: 1 });
    else if (++spent.frames > LIMITS.telemetryRate.max)
      throw new Refusal('E_RATE', 'more frames than a device has', 'telemetry');
  }

  #take(bed: Bed, message: FromDevice, bytes: Bytes): void {
    switch (message.kind) {
      case 'frame':
        return this.#frame(bed, message.frame, bytes);
      case 'lost':
        return this.#lost(bed, message);
      case 'head':
        void this.#head(bed, message.head, bytes);
        return;
      default:
        message satisfies never;
    }
  }

  #frame(bed: Bed, frame: TelemetryFrame, bytes: Bytes): void {
    const { crypto, now, keeper } = this.#parts;
    if (bed.unstored >= LIMITS.telemetryWindow.max)
      throw new Refusal('E_RATE', 'more frames than may wait', 'telemetry');
    const hash = crypto.sha256(bytes);
    const received = now();
    const same = bed.chain !== undefined && equal(bed.chain.session, frame.session);
    const chain = same && bed.chain ? bed.chain : this.#newChain(bed, frame.session);
    if (chain.take(frame, hash, received) === 'again') return this.#acknowledge(bed);
    const before: Op[] = [];
    if (!same) {
      const { source, op } = keeper.begin(bed.device.id, frame.session);
      bed.begin(chain, source, received);
      bed.stored = 0;
      before.push(op);
    } else if (bed.since === 0) bed.since = received;
    const { source } = bed;
    if (!source) throw new Error('a chain without its source');
    for (const content of frame.contents)
      if (content.kind === 'describe') before.push(keeper.describe(source, content));
    bed.apply(frame, received);
    bed.unstored++;
    keeper.keep(source, frame.number, bytes, before, () => {
      bed.unstored--;
      if (bed.source !== source) return;
      bed.stored = Math.max(bed.stored, frame.number);
      this.#stored(bed);
    });
    this.#parts.taken(bed, frame, hash, bytes.length);
  }

  /** Throws Refusal E_TELEMETRY for a session that was over before. */
  #newChain(bed: Bed, session: Bytes): Chain {
    if (isKnownSession(this.#parts.store, bed.device.id, session))
      throw new Refusal('E_TELEMETRY', 'a session that is over', 'telemetry.session');
    return new Chain(session);
  }

  /** One word for several frames: it costs as much as one frame does. */
  #stored(bed: Bed): void {
    const { number, at } = bed.acknowledged;
    const early = this.#parts.now() - at < ACKNOWLEDGE_MS;
    if (early && bed.stored >= number && bed.stored - number < ACKNOWLEDGE_FRAMES) return;
    this.#acknowledge(bed);
  }

  /** Tells the device what it may forget. */
  #acknowledge(bed: Bed): void {
    if (!bed.chain || bed.stored === 0) return;
    bed.acknowledged = { number: bed.stored, at: this.#parts.now() };
    bed.reply?.(encodeToDevice({ kind: 'stored', session: bed.chain.session, number: bed.stored }));
  }

  /** Frames that never come: the gap is kept, and shown as one. */
  #lost(bed: Bed, { session, first, next }: Extract<FromDevice, { kind: 'lost' }>): void {
    const { now, keeper } = this.#parts;
    const same = bed.chain !== undefined && equal(bed.chain.session, session);
    const chain = same && bed.chain ? bed.chain : this.#newChain(bed, session);
    const missing = chain.skip(first, next);
    if (missing === undefined) return this.#acknowledge(bed);
    const before: Op[] = [];
    if (!same) {
      const { source, op } = keeper.begin(bed.device.id, session);
      bed.begin(chain, source, now());
      before.push(op);
    }
    const sql = 'INSERT INTO gap (device, source, first, next, since, until) VALUES (?, ?, ?, ?, ?, ?)';
    const params = [bed.device.id, bed.source?.id ?? 0, missing, next, bed.at, now()];
    keeper.write([...before, { sql, params }]);
    this.#parts.lost(bed, next - missing);
  }

  async #head(bed: Bed, bytes: Bytes, whole: Bytes): Promise<void> {
    const { crypto, now, keeper } = this.#parts;
    try {
      const head = await openHead(crypto, bytes, bed.device.identity);
      const { chain, source } = bed;
      if (!equal(head.device, bed.device.id))
        throw new Refusal('E_DEVICE_IDENTITY', 'signed for another device', 'head.1');
      if (!chain || !source || !equal(head.session, chain.session))
        throw new Refusal('E_TELEMETRY', 'signed is another session', 'head.2');
      chain.vouch(head.number, head.hash);
      bed.vouched = now();
      const sql = 'UPDATE session SET signed = max(signed, ?), head = ? WHERE id = ?';
      keeper.write([{ sql, params: [head.number, bytes, source.id] }]);
    } catch (error) {
      if (error instanceof Refusal) this.#refuse(bed, undefined, error, whole);
      else this.#parts.surprised(error);
    }
  }

  #refuse(bed: Bed, message: FromDevice | undefined, refusal: Refusal, bytes: Bytes): void {
    const about =
      message?.kind === 'frame'
        ? { session: message.frame.session, number: message.frame.number }
        : { session: bed.chain?.session ?? NO_SESSION, number: 0 };
    const { code, field = '' } = refusal;
    bed.reply?.(encodeToDevice({ kind: 'refused', ...about, code, field }));
    this.#parts.refused(bed, refusal, bytes);
  }
}
