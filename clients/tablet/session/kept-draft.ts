import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../../server/protocol/encoding/cbor.ts';
import { decodeStrict, Fields } from '../../../server/protocol/encoding/fields.ts';
import type { Draft } from '../change/draft.ts';

/** Whoever comes back later than this begins anew: too much may have happened to the patient. */
const KEPT_MS = 15 * 60_000;
/** Bytes of a draft: twice what a note and sixty settings come to. */
const MAX = 16_384;
/** A hash, and the ranges of the 64 settings that a profile has at most. */
const MAX_LIMITS = 4_096;

/** What somebody was doing when the screen was locked. */
export interface KeptPlace {
  /** Opaque name of the patient, and what was read from the wristband. */
  readonly patient: string;
  readonly wristband: string | undefined;
  /** EUI-64, hexadecimal. */
  readonly device: string;
  readonly draft: Draft;
}

interface Sealed {
  readonly owner: string;
  /** By the clock that cannot be set (ms). */
  readonly until: number;
  readonly iv: BufferSource;
  readonly text: Promise<ArrayBuffer>;
}

/**
 * A draft behind a locked screen: for its owner alone, for a quarter of an hour, and sealed under a key that no script can
 * read. It never leaves the memory of this page.
 */
export class KeptDraft {
  #sealed: Sealed | undefined;
  readonly #key = crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);

  /** Is there one for this person, still? */
  isFor(owner: string | undefined): boolean {
    if (this.#sealed && this.#sealed.until < performance.now()) this.#sealed = undefined;
    return owner !== undefined && this.#sealed?.owner === owner;
  }

  keep(owner: string, { draft, ...place }: KeptPlace): void {
    const { operation, changes, from, limits, reason, note, order } = draft;
    const plain = new Map<number, Cbor>([
      [1, place.patient],
      [2, place.device],
      [3, operation],
      [4, changes],
      [5, from],
      [6, reason],
      [7, note],
      [8, order],
      [10, limits],
      ...(place.wristband === undefined ? [] : [[9, place.wristband] as const]),
    ]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const bytes = Uint8Array.from(encode(plain));
    const text = this.#key.then((key) => crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes));
    this.#sealed = { owner, until: performance.now() + KEPT_MS, iv, text };
  }

  /** Gives it to its owner, once. */
  async take(owner: string): Promise<KeptPlace | undefined> {
    const sealed = this.isFor(owner) ? this.#sealed : undefined;
    if (!sealed) return undefined;
    this.#sealed = undefined;
    const { iv, text } = sealed;
    const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await this.#key, await text);
    return placeOf(new Uint8Array(bytes));
  }

  drop(): void {
    this.#sealed = undefined;
  }
}

function placeOf(bytes: Bytes): KeptPlace {
  const what = 'kept draft';
  const f = Fields.of(decodeStrict(bytes, what, MAX), what, [1, 2, 3, 4, 5, 6, 7, 8, 10], [9]);
  return {
    patient: f.text(1),
    wristband: f.has(9) ? f.text(9) : undefined,
    device: f.text(2),
    draft: {
      operation: f.uint(3),
      changes: f.settings(4),
      from: f.settings(5),
      reason: f.text(6),
      note: f.text(7, 1_000),
      order: f.text(8),
      limits: f.text(10, MAX_LIMITS),
    },
  };
}
