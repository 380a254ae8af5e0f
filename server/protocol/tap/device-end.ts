import type { Bytes } from '../bytes.ts';
import { initiate, type Initiator } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import type { TapCrypto } from '../edhoc/primitives.ts';
import { Refusal } from '../refusal.ts';
import { asserted, certificateIn, linkIdentity } from './identity.ts';
import { sealings } from './seal.ts';
import { CONNECTION, framed, TAP } from './tap.ts';

const NOTHING: Bytes = new Uint8Array();

/** How an encrypted tap reached the device: by way of a gateway, or by a reader station alone. */
export interface TapContact {
  readonly kind: 'nfc' | 'station';
  readonly channel: Bytes;
}

/** What the device has to decide and to do behind its antenna. */
export interface TapDevice {
  readonly crypto: TapCrypto;
  /** Takes the cost of one handshake; false when there have been too many. */
  afford(): boolean;
  /** May whoever shows this link credential talk to the device, and about what? Throws Refusal. */
  admit(certificate: Bytes): Promise<{ readonly x: Bytes; readonly as: 'nfc' | 'station' }>;
  /** Answers one message of the device protocol. */
  answer(message: Bytes, contact: TapContact): Promise<Bytes>;
}

interface Open extends ReturnType<typeof sealings> {
  readonly kind: TapContact['kind'];
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
    let as: 'nfc' | 'station' = 'station';
    const { message3, session } = await begun.finish(message2, async (id) => {
      const certificate = certificateIn(id);
      const admitted = await this.#device.admit(certificate);
      as = admitted.as;
      return { ...linkIdentity(certificate), x: admitted.x };
    });
    this.#open = { ...sealings(crypto, session), kind: as };
    return framed(TAP.three, message3);
  }

  async #sealed(open: Open, body: Bytes): Promise<Bytes> {
    const { kind, channel, toDevice, toReader } = open;
    return toReader.seal(await this.#device.answer(toDevice.unseal(body), { kind, channel }));
  }
}
