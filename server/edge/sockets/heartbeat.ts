/** A connection that is asked now and then whether it is still there. */
export interface Beating {
  beat(): void;
}

/** Pings of 16,000 devices at once would hold up a command for a tenth of a second; a twentieth at a time does not. */
const SLOTS = 20;

/** One timer for all connections of a server; each is asked once in `everyMs`. */
export class Heartbeat {
  readonly #slots: readonly Set<Beating>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #now = 0;

  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#tick(), everyMs / SLOTS);
  }

  add(one: Beating): void {
    this.#slots[this.#next]?.add(one);
    this.#next = (this.#next + 1) % SLOTS;
  }

  remove(one: Beating): void {
    for (const slot of this.#slots) if (slot.delete(one)) return;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#now = (this.#now + 1) % SLOTS;
    for (const one of this.#slots[this.#now] ?? []) one.beat();
  }
}
