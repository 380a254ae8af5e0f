/** How often an address may try: so many in a minute, counted anew each minute. */
export class Tries {
  readonly #perMinute: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { count: number; readonly since: number }>();

  /** @param most addresses remembered; the oldest give way @param now ms */
  constructor(perMinute: number, most: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#most = most;
    this.#now = now;
  }

  take(address: string): boolean {
    const now = this.#now();
    const before = this.#seen.get(address);
    if (before && Math.abs(now - before.since) < 60_000) return ++before.count <= this.#perMinute;
    this.#seen.delete(address);
    this.#seen.set(address, { count: 1, since: now });
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > this.#most && !oldest.done) this.#seen.delete(oldest.value);
    return true;
  }
}
