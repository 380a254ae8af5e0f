import { type Bytes, equal } from '../protocol/encoding/bytes.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Content, Metric } from '../protocol/telemetry/telemetry-content.ts';
import { LIMITS } from '../limits.ts';
import { HashRing } from './hash-ring.ts';

const ZERO: Bytes = new Uint8Array(32);
/** A clock that moved this far within a session was set, by somebody or something. */
const STEP_MS = 2_000;

/** What is known of a session when the gateway starts again. */
export interface ChainStart {
  readonly number: number;
  readonly hash: Bytes | undefined;
  readonly signed: number;
  readonly described: Extract<Content, { kind: 'describe' }> | undefined;
}

const FRESH: ChainStart = { number: 0, hash: ZERO, signed: 0, described: undefined };

/**
 * One session of a device, as far as its frames came: which number is next, what it has to be chained to, and what its
 * handles mean. Holds one device's word against its own earlier word; who speaks, TLS and the chain heads tell.
 */
export class Chain {
  readonly session: Bytes;
  number: number;
  /** Number of the newest frame that a verified head vouches for. */
  signed: number;
  simulated = false;
  metrics: ReadonlyMap<number, Metric> = new Map();
  /** The clock of the device was set by this many ms since the last frame; 0 when it was not. */
  stepped = 0;
  #hash: Bytes | undefined;
  #up = 0;
  #offset: number | undefined;
  readonly #ring = new HashRing();

  constructor(session: Bytes, start: ChainStart = FRESH) {
    this.session = session;
    this.number = start.number;
    this.signed = start.signed;
    this.#hash = start.hash;
    if (start.described) this.#describe(start.described);
  }

  /**
   * Takes the next frame, or recognises one that came before (`again`). Throws Refusal E_TELEMETRY for one that does not
   * follow, E_CLOCK for one whose time cannot be: nothing has changed then.
   */
  take(frame: TelemetryFrame, hash: Bytes, now: number): 'next' | 'again' {
    const { number, at, up } = frame;
    if (number <= this.number) {
      if (this.#ring.is(number, hash) === false) throw off('another frame with a number already used');
      return 'again';
    }
    if (number !== this.number + 1) throw off(`expected frame ${this.number + 1}`);
    if (this.#hash !== undefined && !equal(frame.previous, this.#hash))
      throw off('not chained to the frame before');
    if (up < this.#up) throw off('running time that goes back');
    if (at > now + LIMITS.telemetryAhead.max) throw new Refusal('E_CLOCK', 'from the future', 'telemetry.at');
    if (at < now - LIMITS.telemetryAge.max) throw new Refusal('E_CLOCK', 'too old', 'telemetry.at');
    this.#expectKnown(frame.contents);
    const offset = at - up;
    const moved = offset - (this.#offset ?? offset);
    this.stepped = Math.abs(moved) > STEP_MS ? moved : 0;
    this.#offset = offset;
    this.#up = up;
    this.number = number;
    this.#remember(number, hash);
    for (const content of frame.contents) if (content.kind === 'describe') this.#describe(content);
    return 'next';
  }

  /**
   * The device says that it will never send `first` to `next - 1`. Gives the number from which on frames are missing;
   * undefined when they came before, or it was said before. Throws Refusal E_TELEMETRY.
   */
  skip(first: number, next: number): number | undefined {
    const expected = this.number + 1;
    if (next <= expected) return undefined;
    if (first > expected) throw off(`expected frame ${expected}`);
    this.number = next - 1;
    this.#hash = undefined;
    return expected;
  }

  /** A head whose signature verified. Throws Refusal E_TELEMETRY when it is about other frames than came. */
  vouch(number: number, hash: Bytes): void {
    if (this.#ring.is(number, hash) !== true) throw off('signed is another frame than came');
    this.signed = Math.max(this.signed, number);
  }

  #remember(number: number, hash: Bytes): void {
    this.#hash = hash;
    this.#ring.set(number, hash);
  }

  #describe({ simulated, metrics }: Extract<Content, { kind: 'describe' }>): void {
    this.simulated = simulated;
    this.metrics = new Map(metrics.map((metric) => [metric.handle, metric]));
  }

  /** Every number belongs to a metric that was described, of the right kind. */
  #expectKnown(contents: readonly Content[]): void {
    let metrics = this.metrics;
    for (const content of contents) {
      if (content.kind === 'describe') metrics = new Map(content.metrics.map((each) => [each.handle, each]));
      const used =
        content.kind === 'numerics'
          ? content.numerics.map(({ handle }) => handle)
          : content.kind === 'wave'
            ? [content.wave.handle]
            : [];
      for (const handle of used) {
        const metric = metrics.get(handle);
        if (!metric || metric.period > 0 !== (content.kind === 'wave'))
          throw new Refusal('E_TELEMETRY', 'a handle that was not described', 'content.handle');
      }
    }
  }
}

const off = (why: string): Refusal => new Refusal('E_TELEMETRY', why, 'telemetry.number');
