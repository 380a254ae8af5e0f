import { Refusal } from '../protocol/refusal.ts';
import type { Op } from '../store/batch.ts';
import type { Store } from '../store/store.ts';

/** One limit, for one combination of people and things: `count` at once, refilled evenly over `seconds`. */
export interface Bucket {
  /** Names the bucket in memory and in the store. */
  readonly name: string;
  readonly count: number;
  readonly seconds: number;
  /** What is counted together, for the person who was refused: `person x device x class`. */
  readonly axis: string;
}

/** Why somebody has to wait. */
export interface RateAnswer {
  readonly limit: number;
  readonly windowSeconds: number;
  readonly retryAfterSeconds: number;
  readonly axis: string;
}

/** A Refusal E_RATE that carries its answer. Not a class of its own: the code is what callers go by. */
const ANSWERS = new WeakMap<Refusal, RateAnswer>();

/** The numbers behind an E_RATE refusal of `take`; undefined for any other. */
export const rateAnswer = (refusal: Refusal): RateAnswer | undefined => ANSWERS.get(refusal);

/** Buckets held at once: each person with each device in use, a few limits each. A bucket lives one window. */
const MAX_BUCKETS = 100_000;

const NO_BUCKET: Bucket = { name: '', count: 0, seconds: 0, axis: '' };

const UPSERT =
  'INSERT INTO rate (bucket, tat) VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET tat = max(tat, excluded.tat)';

/**
 * Rate limits by the generic cell rate algorithm (ITU-T I.371): one number per bucket, the theoretical arrival
 * time, here in microseconds so that a thousand in a second still has an exact interval. Memory decides, in one
 * tick; the store makes it survive a restart.
 */
export class RateLimits {
  readonly #store: Pick<Store, 'write'>;
  readonly #arrival = new Map<string, number>();
  readonly #max: number;

  private constructor(store: Pick<Store, 'write'>, max: number) {
    this.#store = store;
    this.#max = max;
  }

  /** Takes up what the store remembers; `now` in Unix ms. */
  static async open(
    store: Pick<Store, 'write' | 'reader'>,
    now: number,
    max: number = MAX_BUCKETS,
  ): Promise<RateLimits> {
    const limits = new RateLimits(store, max);
    await store.write([{ sql: 'DELETE FROM rate WHERE tat <= ?', params: [now * 1000] }]);
    for (const row of store.reader('SELECT bucket, tat FROM rate LIMIT ?').all(max)) {
      limits.#arrival.set(String(row['bucket']), Number(row['tat']));
    }
    return limits;
  }

  /** Spends, and records it before this resolves; rejects with StoreUnavailable when it could not, and it stays spent. */
  async take(buckets: readonly Bucket[], now: number): Promise<void> {
    await this.record(this.spend(buckets, now));
  }

  /** Makes what was spent durable by itself, when nothing else is written at once. Rejects with StoreUnavailable. */
  async record(spent: readonly Op[]): Promise<void> {
    if (spent.length > 0) await this.#store.write(spent);
  }

  /**
   * Spends one of every bucket, or of none; gives what records it. Throws Refusal E_RATE (see `rateAnswer`), naming
   * the bucket with the longest wait.
   */
  spend(buckets: readonly Bucket[], now: number): readonly Op[] {
    const micros = now * 1000;
    const next = buckets.map((bucket) => ({ bucket, ...this.#ask(bucket, micros) }));
    const slowest = next.reduce((a, b) => (b.wait > a.wait ? b : a), { wait: 0, bucket: NO_BUCKET });
    if (slowest.wait > 0) throw tooOften(slowest.bucket, slowest.wait);
    this.#makeRoom(buckets, micros);
    return next.map(({ bucket, tat }) => {
      this.#arrival.set(bucket.name, tat);
      return { sql: UPSERT, params: [bucket.name, tat] };
    });
  }

  /** How many of a bucket could be taken now, and the seconds until it is full again. Spends nothing. */
  look(bucket: Bucket, now: number): { readonly remaining: number; readonly resetSeconds: number } {
    const micros = now * 1000;
    const { from, window, interval } = this.#state(bucket, micros);
    return {
      remaining: Math.floor((window - (from - micros)) / interval),
      resetSeconds: Math.ceil((from - micros) / 1e6),
    };
  }

  #state(bucket: Bucket, micros: number): { from: number; window: number; interval: number } {
    const window = bucket.seconds * 1e6;
    const known = this.#arrival.get(bucket.name) ?? micros;
    // Never further ahead than a full window: a clock that went back must not block people for longer.
    // Rounded down, `count` intervals fit the window; with at most a thousand in a second, no further one does.
    const interval = Math.floor(window / bucket.count);
    return { from: Math.min(Math.max(known, micros), micros + window), window, interval };
  }

  #ask(bucket: Bucket, micros: number): { tat: number; wait: number } {
    const { from, window, interval } = this.#state(bucket, micros);
    const tat = from + interval;
    return { tat, wait: Math.max(0, tat - (micros + window)) };
  }

  #makeRoom(buckets: readonly Bucket[], micros: number): void {
    if (this.#arrival.size + buckets.length <= this.#max) return;
    for (const [name, tat] of this.#arrival) if (tat <= micros) this.#arrival.delete(name);
    const fresh = buckets.filter(({ name }) => !this.#arrival.has(name)).length;
    // Forgetting a bucket would lift its limit, so a full house refuses.
    if (this.#arrival.size + fresh > this.#max) throw tooOften({ ...NO_BUCKET, axis: 'gateway' }, 1e6);
  }
}

function tooOften(bucket: Bucket, waitMicros: number): Refusal {
  const answer: RateAnswer = {
    limit: bucket.count,
    windowSeconds: bucket.seconds,
    retryAfterSeconds: Math.ceil(waitMicros / 1e6),
    axis: bucket.axis,
  };
  const why = `${answer.limit} in ${answer.windowSeconds} s for ${answer.axis}; again in ${answer.retryAfterSeconds} s`;
  const refusal = new Refusal('E_RATE', why);
  ANSWERS.set(refusal, answer);
  return refusal;
}
