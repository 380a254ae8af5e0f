import { createHmac } from 'node:crypto';
import { base64url, type Bytes } from '../protocol/encoding/bytes.ts';

/** A nonce is good for the slot it was given in and the next: one to two minutes. */
const SLOT_MS = 60_000;

/**
 * Nonces for proofs (RFC 9449 section 8), without memory: each is a keyed hash of a slot of time. The key is new
 * with every start, so a restart that forgets which proofs were seen also forgets every nonce they were made over.
 */
export class Nonces {
  readonly #key: Bytes;
  readonly #now: () => number;
  #slot = 0;

  /** @param key 32 random bytes */
  constructor(key: Bytes, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  /** The nonce to use now. */
  current(): string {
    return this.#of(this.#advance());
  }

  /** Is this nonce one of ours, and still good? */
  accepts(nonce: string): boolean {
    const slot = this.#advance();
    return nonce === this.#of(slot) || nonce === this.#of(slot - 1);
  }

  /** Slots only go forward: with the clock set back, an old nonce would come back, and with it forgotten proofs. */
  #advance(): number {
    this.#slot = Math.max(this.#slot, Math.floor(this.#now() / SLOT_MS));
    return this.#slot;
  }

  #of(slot: number): string {
    return base64url(
      new Uint8Array(createHmac('sha256', this.#key).update(`countersign/dpop-nonce/v1 ${slot}`).digest()),
    ).slice(0, 22);
  }
}
