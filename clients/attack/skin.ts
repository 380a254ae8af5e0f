import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { exchangeOverApdus, selectApplet } from '../../server/protocol/link/apdu-exchange.ts';
import type { Proof } from '../../server/protocol/bundle.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import type { Identity } from '../../server/protocol/edhoc/handshake.ts';
import { certificateIn } from '../../server/protocol/tap/identity.ts';
import { openTap, type Tap } from '../../server/protocol/tap/reader-end.ts';
import { tapCrypto } from '../common/process/tap-crypto.ts';

/** One APDU or its answer, as it passed between an implant and a reader. */
export interface Seen {
  readonly towards: 'device' | 'reader';
  readonly apdu: Bytes;
}

const POWER_OFF = 0;
const POWER_ON = 1;
const ANSWER_MS = 8_000;

/**
 * The few centimetres between an implant and a reader, in the attacker's hands. The implant lies on this socket
 * instead of the reader's; what passes is carried on to the reader, kept, delayed, changed or lost, or the
 * attacker is the reader.
 */
export class Skin {
  readonly seen: Seen[] = [];
  /** Changes what passes; the same bytes leave it alone, undefined takes the card away. */
  tamper: (apdu: Bytes, towards: Seen['towards']) => Bytes | undefined | Promise<Bytes | undefined> = (
    apdu,
  ) => apdu;
  /** The proof that a link credential was issued in the open, where it was: an attacker is given it. */
  issued: (certificate: Bytes) => Promise<Proof | undefined> = () => Promise.resolve(undefined);
  readonly #proofs = new Map<string, Proof>();
  readonly #reader: () => string | undefined;
  readonly #server: Server;
  #card: Socket | undefined;
  #upstream: Socket | undefined;
  #mine = false;
  #waiting: ((answer: Bytes | undefined) => void) | undefined;

  private constructor(reader: () => string | undefined) {
    this.#reader = reader;
    this.#server = createServer((card) => this.#accept(card));
  }

  /** @param reader socket of the legitimate reader, when there is one */
  static async open(socket: string, reader: () => string | undefined): Promise<Skin> {
    const skin = new Skin(reader);
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      skin.#server.once('error', reject).listen(socket, resolve);
    });
    return skin;
  }

  /** True while an implant is within reach. */
  get near(): boolean {
    return this.#card !== undefined;
  }

  /** The attacker's own reader takes the implant: the legitimate reader sees it leave. */
  take(): void {
    this.#mine = true;
    this.#upstream?.destroy();
    this.#upstream = undefined;
    this.power();
  }

  /** The implant lies on the legitimate reader again. */
  giveBack(): void {
    this.tamper = (apdu) => apdu;
    this.#mine = false;
    this.#upstream?.destroy();
    this.#write(this.#card, Uint8Array.of(POWER_OFF));
    this.#lay();
  }

  /** Switches the field off and on. */
  power(): void {
    this.#write(this.#card, Uint8Array.of(POWER_OFF));
    this.#write(this.#card, Uint8Array.of(POWER_ON));
  }

  /** One APDU of the attacker's own. Throws Error when the implant is gone or silent. */
  readonly transmit = async (apdu: Bytes): Promise<Bytes> => {
    if (!this.#card) throw new Error('the implant is out of reach');
    const answer = new Promise<Bytes | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
      this.#waiting = (bytes) => {
        clearTimeout(timer);
        resolve(bytes);
      };
    });
    this.#write(this.#card, apdu);
    const bytes = await answer;
    this.#waiting = undefined;
    if (!bytes) throw new Error('the implant does not answer');
    this.seen.push({ towards: 'device', apdu }, { towards: 'reader', apdu: bytes });
    return bytes;
  };

  /**
   * Selects the applet and shakes hands as `me`. Throws Refusal E_CHANNEL when the implant will not.
   *
   * @param changed what becomes of each message on its way
   */
  async tap(me: Identity | Promise<Identity>, changed = (message: Bytes): Bytes => message): Promise<Tap> {
    await selectApplet(this.transmit);
    const identity = await me;
    const tap = await openTap(tapCrypto, identity, (message) =>
      exchangeOverApdus(this.transmit, changed(message)),
    );
    const shown = certificateIn(identity.id);
    const proof = this.#proofs.get(hex(shown)) ?? (await this.issued(shown));
    if (!proof) return tap;
    this.#proofs.set(hex(shown), proof);
    await tap.prove(proof);
    return tap;
  }

  async close(): Promise<void> {
    this.#card?.destroy();
    this.#upstream?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(card: Socket): void {
    this.#card?.destroy();
    this.#card = card;
    card.on('error', () => card.destroy());
    card.on('close', () => {
      if (this.#card !== card) return;
      this.#card = undefined;
      this.#upstream?.destroy();
      this.#waiting?.(undefined);
    });
    frames(card, (body) => void this.#fromCard(body));
    if (this.#mine) this.power();
    else this.#lay();
  }

  #lay(): void {
    const at = this.#reader();
    if (at === undefined || !this.#card) return;
    const upstream = connect(at);
    this.#upstream = upstream;
    upstream.on('error', () => upstream.destroy());
    frames(upstream, (body) => void this.#fromReader(body));
  }

  async #fromReader(body: Bytes): Promise<void> {
    const passes = body.length === 1 ? body : await this.#passed(body, 'device');
    if (passes) this.#write(this.#card, passes);
    else this.#upstream?.destroy();
  }

  async #fromCard(body: Bytes): Promise<void> {
    if (this.#mine) return this.#waiting?.(body);
    const passes = await this.#passed(body, 'reader');
    if (passes) this.#write(this.#upstream, passes);
    else this.#upstream?.destroy();
  }

  async #passed(apdu: Bytes, towards: Seen['towards']): Promise<Bytes | undefined> {
    this.seen.push({ towards, apdu });
    return this.tamper(apdu, towards);
  }

  #write(socket: Socket | undefined, body: Bytes): void {
    if (!socket || socket.destroyed) return;
    socket.write(Buffer.concat([Uint8Array.of(body.length >> 8, body.length & 0xff), body]));
  }
}

/** Frames of the virtual reader: a 16-bit length and a body, both ways. */
function frames(socket: Socket, take: (body: Bytes) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const body = new Uint8Array(pending.subarray(2, end));
      pending = pending.subarray(end);
      take(body);
    }
  });
}
