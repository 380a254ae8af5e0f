import type { Bytes } from '../protocol/encoding/bytes.ts';

/** Room for a minute of numbers, to begin with. */
const FIRST = 8_192;

interface Row {
  /** Row of the list of recent frames. */
  readonly id: number;
  /** Unix ms. */
  readonly received: number;
  /** Where the frame ends. */
  readonly end: number;
}

/**
 * Frames of one session that are on the disk and in no block yet, oldest first: one after the other in one piece of memory.
 * A minute of two thousand devices is a hundred thousand frames, and the collector looks at every object.
 */
export class FrameLog {
  #bytes = new Uint8Array(0);
  #rows: Row[] = [];

  get length(): number {
    return this.#rows.length;
  }

  /** Bytes of all its frames. */
  get size(): number {
    return this.#rows.at(-1)?.end ?? 0;
  }

  get oldest(): Pick<Row, 'id' | 'received'> | undefined {
    return this.#rows[0];
  }

  push(id: number, received: number, frame: Bytes): void {
    const at = this.size;
    const end = at + frame.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST, end + frame.length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#bytes.set(frame, at);
    this.#rows.push({ id, received, end });
  }

  /** The frames, each a copy of its own. */
  frames(): readonly Bytes[] {
    return this.#rows.map(({ end }, i) => this.#bytes.slice(this.#rows[i - 1]?.end ?? 0, end));
  }

  /** Forgets the oldest ones. */
  drop(count: number): void {
    const from = this.#rows[count - 1]?.end ?? 0;
    const rest = this.#bytes.slice(from, this.size);
    this.#rows = this.#rows.slice(count).map((row) => ({ ...row, end: row.end - from }));
    this.#bytes = rest;
  }
}
