import { base64url, type Bytes, concat, utf8 } from '../protocol/encoding/bytes.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Refusal } from '../protocol/refusal.ts';

export interface SeenOnceRules {
  readonly sha256: Sha256;
  /** Remembered at one time, over all keys. */
  readonly most: number;
  /** Remembered at one time for one key: a single tablet cannot fill the memory of all. */
  readonly mostPerKey: number;
}

/**
 * What must not come twice: the identifiers of proofs that have verified, each under the key that made it (RFC 9449
 * section 11.1). Never the text of a proof: ECDSA gives one proof many spellings. Nothing that still counts is ever
 * forgotten for want of room; the newcomer is refused instead.
 */
export class SeenOnce {
  readonly #rules: SeenOnceRules;
  /** Digest -> its key and end; in the order of their ends, because all live equally long. */
  readonly #seen = new Map<string, { readonly key: string; readonly until: number }>();
  readonly #perKey = new Map<string, number>();

  constructor(rules: SeenOnceRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#seen.size;
  }

  /**
   * Counts an identifier once until `until` (Unix ms). Throws Refusal E_DPOP_REPLAY for the second time, E_RATE
   * when there is no room.
   */
  take(key: string, id: string, until: number, now: number): void {
    this.#sweep(now);
    const digest = base64url(this.#digest(key, id));
    if (this.#seen.has(digest)) throw new Refusal('E_DPOP_REPLAY', 'this proof was used before', 'dpop.jti');
    const count = this.#perKey.get(key) ?? 0;
    if (count >= this.#rules.mostPerKey || this.#seen.size >= this.#rules.most)
      throw new Refusal('E_RATE', 'too many proofs within a minute');
    this.#seen.set(digest, { key, until });
    this.#perKey.set(key, count + 1);
  }

  /** The first that still counts ends the sweep: after a clock was set back, what is behind it stays a little longer. */
  #sweep(now: number): void {
    for (const [digest, { key, until }] of this.#seen) {
      if (until >= now) return;
      this.#seen.delete(digest);
      const left = (this.#perKey.get(key) ?? 1) - 1;
      if (left > 0) this.#perKey.set(key, left);
      else this.#perKey.delete(key);
    }
  }

  #digest(key: string, id: string): Bytes {
    return this.#rules.sha256(concat(utf8(key), Uint8Array.of(0), utf8(id)));
  }
}
