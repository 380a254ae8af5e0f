import type { Bytes } from '../protocol/encoding/bytes.ts';

/** Hashes remembered for a chain head that comes a little late. */
const RING = 256;
const SIZE = 32;
const STRIDE = SIZE + 8;

/**
 * The newest hashes of a session, by number. In one piece of memory: a hospital has thousands of devices, and as many
 * objects as hashes would keep the collector busy while somebody waits for a command.
 */
export class HashRing {
  #bytes = new Uint8Array(0);

  set(number: number, hash: Bytes): void {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(RING * STRIDE);
    const at = (number % RING) * STRIDE;
    this.#bytes.set(hash, at);
    new DataView(this.#bytes.buffer).setFloat64(at + SIZE, number);
  }

  /** Was it this hash? Undefined when the number is not remembered, or was never there. */
  is(number: number, hash: Bytes): boolean | undefined {
    const at = (number % RING) * STRIDE;
    const kept = this.#bytes.length === 0 ? 0 : new DataView(this.#bytes.buffer).getFloat64(at + SIZE);
    if (number === 0 || kept !== number) return undefined;
    for (let i = 0; i < SIZE; i++) if (this.#bytes[at + i] !== hash[i]) return false;
    return true;
  }
}
