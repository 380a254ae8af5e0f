import { MAX_CARD_MESSAGE } from '../link/apdu-exchange.ts';
import { parseProof, type Proof } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import { initiate, type Initiator } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import type { TapCrypto } from '../edhoc/primitives.ts';
import { decodeStrict } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';
import { asserted, certificateIn, linkIdentity } from './identity.ts';
import { sealings } from './seal.ts';
import { CONNECTION, framed, TAP } from './tap.ts';

const NOTHING: Bytes = new Uint8Array();

/**
 * How an encrypted tap reached the device: by way of a gateway, which has shown that its link credential was issued in the
 * open or not yet (`unproven`), or by a reader station alone.
 */
export interface TapContact {
  readonly kind: 'nfc' | 'unproven' | 'station';
  readonly channel: Bytes;
}

/** What the device has to decide and to do behind its antenna. */
export interface TapDevice {
  readonly crypto: TapCrypto;
  /** Takes the cost of one handshake; false when there have been too many. */
  afford(): boolean;
  /** May whoever shows this link credential talk to the device, and about what? Throws Refusal. */
  admit(certificate: Bytes): Promise<{ readonly x: Bytes; readonly as: 'gateway' | 'station' }>;
  /**
   * Was this link credential issued in the open? Resolves with undefined, or with the version of the anchors under which
   * the proof does not hold: whoever has newer ones can bring them. Throws Refusal when that was asked too often.
   */
  prove(certificate: Bytes, proof: Proof): Promise<number | undefined>;
  /** Answers one message of the device protocol. */
  answer(message: Bytes, contact: TapContact): Promise<Bytes>;
}

interface Open extends ReturnType<typeof sealings> {
  kind: TapContact['kind'];
  /** The link credential of whoever is at the other end. */
  readonly shown: Bytes;
}

/** The device's end of the tap: nothing in the clear but the handshake, and a session dies of its first fault. */
export class TapEnd {
  readonly #device: TapDevice;
  #begun: Initiator | undefined;
  #open: Open | undefined;

  constructor(device: TapDevice) {
    this.#device = device;
  }

  /** A new selection, or no power: whatever was agreed is forgotten. */
  reset(): void {
    this.#begun = undefined;
    this.#open = undefined;
  }

  /** Answers one message on the card. Never rejects: a fault of any kind is answered the same. */
  async receive(message: Bytes): Promise<Bytes> {
    const [begun, open] = [this.#begun, this.#open];
    this.#begun = undefined; // Each step is taken once.
    try {
      const body = message.slice(1);
      switch (message[0]) {
        case TAP.begin:
          this.#open = undefined;
          return this.#begin(body);
        case TAP.two:
          if (!begun) break;
          return await this.#finish(begun, body);
        case TAP.sealed:
          if (!open) break;
          return framed(TAP.sealed, await this.#sealed(open, body));
        case TAP.proof:
          if (!open) break;
          return framed(TAP.proof, await this.#proven(open, body));
        default: // not one of ours, or not now
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    this.reset();
    return framed(TAP.no, NOTHING);
  }

  #begin(body: Bytes): Bytes {
    if (body.length > 0 || !this.#device.afford()) throw broken('not now', 'tap');
    const { crypto } = this.#device;
    this.#begun = initiate(crypto, asserted(crypto), CONNECTION);
    return framed(TAP.one, this.#begun.message1);
  }

  async #finish(begun: Initiator, message2: Bytes): Promise<Bytes> {
    const { crypto } = this.#device;
    const other: { as: 'gateway' | 'station'; shown: Bytes } = { as: 'station', shown: NOTHING };
    const { message3, session } = await begun.finish(message2, async (id) => {
      const certificate = certificateIn(id);
      const admitted = await this.#device.admit(certificate);
      Object.assign(other, { as: admitted.as, shown: certificate });
      return { ...linkIdentity(certificate), x: admitted.x };
    });
    const kind = other.as === 'gateway' ? 'unproven' : 'station';
    this.#open = { ...sealings(crypto, session), kind, shown: other.shown };
    return framed(TAP.three, message3);
  }

  async #proven(open: Open, body: Bytes): Promise<Bytes> {
    const { shown, toDevice, toReader } = open;
    const proof = parseProof(decodeStrict(toDevice.unseal(body), 'proof', MAX_CARD_MESSAGE), 'proof');
    const held = open.kind === 'unproven' ? await this.#device.prove(shown, proof) : undefined;
    if (open.kind === 'unproven' && held === undefined) open.kind = 'nfc';
    return toReader.seal(encode(held ?? 0));
  }

  async #sealed(open: Open, body: Bytes): Promise<Bytes> {
    const { kind, channel, toDevice, toReader } = open;
    return toReader.seal(await this.#device.answer(toDevice.unseal(body), { kind, channel }));
  }
}
