import { MAX_CARD_MESSAGE } from '../link/apdu-exchange.ts';
import { type Bytes, equal, utf8 } from '../encoding/bytes.ts';
import { encode, isArray, isMap } from '../encoding/cbor.ts';
import type { Session } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import { KEY_LENGTH, NONCE_LENGTH, type TapCrypto } from '../edhoc/primitives.ts';
import { bytesOf, decodeStrict } from '../encoding/fields.ts';

/** Labels for the exporter, from the range for private use (RFC 9528 section 10.2). */
const LABEL = { toDevice: 32_768, toReader: 32_769, ivToDevice: 32_770, ivToReader: 32_771, channel: 32_772 };
/** AES-CCM-16-64-128 (RFC 9053 section 4.2), as the only protected header. */
const PROTECTED = encode(new Map([[1, 10]]));
const AAD = encode(['Encrypt0', PROTECTED, utf8('countersign/tap/v1')]);
/** Lengths tell devices apart: every message is filled up to a multiple of this, one byte at least. */
const FILL = 256;
const FILLED = 0x80;
const NOTHING: Bytes = new Uint8Array();

/** One direction's key. Messages are strictly in order; the number of a message never travels. */
export class Sealing {
  readonly #crypto: TapCrypto;
  readonly #key: Bytes;
  readonly #iv: Bytes;
  #number = 0;

  constructor(crypto: TapCrypto, session: Session, keyLabel: number, ivLabel: number) {
    this.#crypto = crypto;
    this.#key = session.exporter(keyLabel, NOTHING, KEY_LENGTH);
    this.#iv = session.exporter(ivLabel, NOTHING, NONCE_LENGTH);
  }

  seal(message: Bytes): Bytes {
    const size = Math.ceil((message.length + 1) / FILL) * FILL;
    const plain = new Uint8Array(size);
    plain.set(message);
    plain[message.length] = FILLED;
    const sealed = this.#crypto.seal(this.#key, this.#nonce(), AAD, plain);
    return encode([PROTECTED, new Map(), sealed]);
  }

  /** Throws Refusal E_CHANNEL for anything but the next message of the other side. */
  unseal(bytes: Bytes): Bytes {
    const parts = decodeStrict(bytes, 'sealed', MAX_CARD_MESSAGE, 'E_CHANNEL');
    if (!isArray(parts) || parts.length !== 3) throw broken('not a COSE_Encrypt0', 'sealed');
    const [header, open, ciphertext] = parts;
    if (!(header instanceof Uint8Array) || !equal(header, PROTECTED))
      throw broken('another algorithm', 'sealed.protected');
    if (!isMap(open) || open.size > 0) throw broken('unprotected headers', 'sealed.unprotected');
    const sealed = bytesOf(ciphertext, 'sealed.ciphertext', undefined, 'E_CHANNEL');
    const plain = this.#crypto.unseal(this.#key, this.#nonce(), AAD, sealed);
    if (!plain) throw broken('altered, repeated, out of order or from another session', 'sealed.ciphertext');
    let end = plain.length - 1;
    while (end > 0 && plain[end] === 0) end--;
    if (plain[end] !== FILLED) throw broken('not filled up', 'sealed.ciphertext');
    return plain.slice(0, end);
  }

  /** The IV with the message's number folded in, as RFC 9052 section 3.1 does with a partial IV. */
  #nonce(): Bytes {
    const nonce = Uint8Array.from(this.#iv);
    let left = this.#number++;
    for (let at = NONCE_LENGTH - 1; left > 0; at--) {
      nonce[at] = (nonce[at] ?? 0) ^ (left & 0xff);
      left = Math.floor(left / 256);
    }
    return nonce;
  }
}

/** The two directions of a session and what binds other things to it. */
export function sealings(crypto: TapCrypto, session: Session) {
  return {
    toDevice: new Sealing(crypto, session, LABEL.toDevice, LABEL.ivToDevice),
    toReader: new Sealing(crypto, session, LABEL.toReader, LABEL.ivToReader),
    channel: session.exporter(LABEL.channel, NOTHING, 32),
  };
}
