import type { Bytes } from '../protocol/encoding/bytes.ts';
import { equal } from '../protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../protocol/crypto.ts';
import {
  claims,
  encodeVkey,
  LOG_KEY,
  type Note,
  type NoteKey,
  parseVkey,
  signNote,
  type NoteSignature,
  verifySignature,
} from '../protocol/log/note.ts';

export interface LogKeyOptions {
  readonly crypto: Crypto;
  readonly origin: string;
  /** The log's Ed25519 key. */
  readonly signer: Signer;
  /** Keys that signed this log before, or will: its last checkpoint may bear one of them (vkeys). */
  readonly others?: readonly string[];
}

/** The key that signs the log now, and all that may have signed what is stored or what a witness remembers. */
export class LogKeys {
  readonly #crypto: Crypto;
  readonly #origin: string;
  readonly #known: NoteKey[];
  #signer: Signer;

  /** Throws NoteError for a key that is none. */
  constructor({ crypto, origin, signer, others = [] }: LogKeyOptions) {
    this.#crypto = crypto;
    this.#origin = origin;
    this.#signer = signer;
    this.#known = others.map((vkey) => parseVkey(crypto.sha256, vkey)).filter(({ name }) => name === origin);
    this.#know(signer);
  }

  get all(): readonly NoteKey[] {
    return this.#known;
  }

  /** Signs with another key from the next checkpoint on; what the one before signed goes on counting here. */
  replace(signer: Signer): void {
    this.#know(signer);
    this.#signer = signer;
  }

  sign(body: string): Promise<NoteSignature> {
    return signNote(this.#crypto.sha256, body, this.#origin, this.#signer);
  }

  /** Does a note bear a valid signature of one of the log's keys? */
  async signed({ body, signatures }: Note): Promise<boolean> {
    for (const key of this.#known) {
      const own = signatures.find((each) => claims(key, each));
      if (own && (await verifySignature(this.#crypto, body, key, own)) !== null) return true;
    }
    return false;
  }

  /** Is this one of the log's keys? */
  has(raw: Bytes): boolean {
    return this.#known.some(({ key }) => equal(key.raw, raw));
  }

  #know(signer: Signer): void {
    const { sha256 } = this.#crypto;
    if (!this.has(signer.key.raw))
      this.#known.push(parseVkey(sha256, encodeVkey(sha256, this.#origin, LOG_KEY, signer.key.raw)));
  }
}
