/** Samples a trace keeps: a strip of 10 s and a sweep, at 500 Hz. */
const KEPT = 8_192;

/** The newest samples of one waveform, each with the time at which its source took it. */
export class WaveBuffer {
  readonly #at = new Float64Array(KEPT);
  readonly #value = new Float32Array(KEPT);
  /** Samples taken so far; the newest KEPT of them are still here. */
  #count = 0;
  /** Milliseconds between samples. */
  readonly period: number;

  constructor(period: number) {
    this.period = period;
  }

  /** Source time of the newest sample (Unix ms); minus infinity when there is none. */
  get newest(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : (this.#at[(this.#count - 1) % KEPT] ?? 0);
  }

  /** Takes samples in a row, the first of them taken at `at`. What was taken before, or comes too late, is left out. */
  push(at: number, samples: ArrayLike<number>, divisor: number): void {
    const after = this.newest + this.period / 2;
    for (let i = 0; i < samples.length; i++) {
      const time = at + i * this.period;
      if (time < after) continue;
      this.#at[this.#count % KEPT] = time;
      this.#value[this.#count % KEPT] = (samples[i] ?? 0) / divisor;
      this.#count++;
    }
  }

  /**
   * Everything taken after `since` up to `until`, oldest first. `joined`: the sample before it is its neighbour. Between
   * two frames a device may count its samples anew, so that they are up to two periods apart.
   */
  between(since: number, until: number, each: (at: number, value: number, joined: boolean) => void): void {
    let i = this.#count;
    const oldest = Math.max(0, this.#count - KEPT);
    while (i > oldest && (this.#at[(i - 1) % KEPT] ?? 0) > since) i--;
    for (; i < this.#count; i++) {
      const at = this.#at[i % KEPT] ?? 0;
      if (at > until) return;
      const before = i > oldest ? (this.#at[(i - 1) % KEPT] ?? 0) : Number.NEGATIVE_INFINITY;
      each(at, this.#value[i % KEPT] ?? 0, at - before < this.period * 2.5);
    }
  }

  clear(): void {
    this.#count = 0;
  }
}
