import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, Reader } from 'nfc-pcsc';
import { MAX_APDU, MIN_COMMAND } from '../../server/protocol/link/apdu.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { ReaderTrouble } from '../../server/protocol/link/station.ts';
import type { FromPcsc } from './pcsc-messages.ts';
import { exchangeReason, pcscReason } from './pcsc-reasons.ts';

/** Largest answer asked for: 65,536 bytes and the status word. With less, the card acts and then fails. */
const RESPONSE_ROOM = 65_538;
/** Between attempts to get a reader that another program holds. */
const IN_USE_MS = 500;
/** Attempts to open a card, then how often one card is opened again after a failed exchange. */
const ATTEMPTS = 3;
const SETTLE_MS = 100;

/** Answers of readers to escape commands are a few bytes. */
const ESCAPE_ROOM = 64;
/**
 * How families of readers are asked to beep and blink (CCID escape, PC_to_RDR_Escape): the makers' interface papers say
 * so for ACR1252U and its relatives (buzzer, 300 ms), and for ACR122U (red and green twice, with the buzzer). The virtual
 * reader answers like the first.
 */
const ESCAPES: readonly (readonly [RegExp, string])[] = [
  [/ACR12[58]|ACR155|Virtual/u, 'e0000028011e'],
  [/ACR122/u, 'ff0040d00402020201'],
];
const escapeOf = (name: string): string | undefined => ESCAPES.find(([family]) => family.test(name))?.[1];

/**
 * One reader of nfc-pcsc, made safe to use: connected exclusively from the first moment, one operation at a time
 * (concurrent calls reach the card out of order), and without the library's own reading of the card.
 */
export class Slot {
  readonly #device: Reader;
  readonly #say: (message: FromPcsc) => void;
  readonly #nextCard: () => number;
  #turn: Promise<unknown> = Promise.resolve();
  #card: number | undefined;
  #reopened = 0;
  #trouble: ReaderTrouble | undefined;

  constructor(device: Reader, nextCard: () => number, say: (message: FromPcsc) => void) {
    this.#device = device;
    this.#nextCard = nextCard;
    this.#say = say;
    device.autoProcessing = false;
    // The library would connect in shared mode, where another program may speak between our commands.
    device.connect = () => this.#inTurn(() => this.#connect());
    device.disconnect = () => this.#inTurn(() => this.#disconnect());
    device.on('card', () => {
      this.#reopened = 0;
      this.#announce();
    });
    device.on('card.off', () => {
      this.gone();
      this.#setTrouble(undefined);
    });
    device.on('end', () => this.gone());
  }

  get name(): string {
    return this.#device.name;
  }

  has(card: number): boolean {
    return this.#card === card;
  }

  /** The card cannot be spoken to any more, whatever the reason. */
  gone(): void {
    if (this.#card === undefined) return;
    const card = this.#card;
    this.#card = undefined;
    this.#say({ say: 'gone', card });
  }

  async transmit(request: number, card: number, command: Bytes): Promise<void> {
    if (command.length < MIN_COMMAND || command.length > MAX_APDU) {
      return this.#say({ say: 'failed', request, reason: 'bad-length' });
    }
    const inserted = this.#device.card;
    await this.#inTurn(async () => {
      if (card !== this.#card) return this.#say({ say: 'failed', request, reason: 'not-this-card' });
      try {
        const response = await this.#device.transmit(Buffer.from(command), RESPONSE_ROOM);
        if (response.length < 2) throw new Error('an answer without a status word');
        this.#say({ say: 'answer', request, response: new Uint8Array(response) });
      } catch (error) {
        this.#say({ say: 'failed', request, reason: exchangeReason(error) });
        this.gone();
      }
    });
    if (!this.has(card)) await this.#reopen(inserted);
  }

  /** Light and sound, where the reader has them and a program may use them; with a card on it or without. */
  async signal(): Promise<boolean> {
    const escape = escapeOf(this.name);
    if (!escape) return false;
    return this.#inTurn(async () => {
      const raw = this.#device.reader;
      const before = raw.connected;
      try {
        if (!before) {
          const direct = { share_mode: raw.SCARD_SHARE_DIRECT, protocol: 0 };
          await new Promise<void>((resolve, reject) => {
            raw.connect(direct, (error) => (error ? reject(error) : resolve()));
          });
        }
        return await new Promise<boolean>((resolve) => {
          const command = Buffer.from(escape, 'hex');
          raw.control(command, raw.IOCTL_CCID_ESCAPE, ESCAPE_ROOM, (error) => resolve(!error));
        });
      } catch {
        return false; // Another program holds it: the label still tells which one it is.
      } finally {
        if (!before) await this.#disconnect();
      }
    });
  }

  /** After a failed exchange the card may still lie there, and no event will say so: it gets a new session. */
  async #reopen(inserted: Reader['card']): Promise<void> {
    await pause(SETTLE_MS);
    if (this.#card !== undefined || !this.#stillThere(inserted)) return;
    if (++this.#reopened > ATTEMPTS) return this.#setTrouble('card-unreadable');
    try {
      await this.#device.connect();
    } catch {
      return; // #connect has told why
    }
    if (this.#card === undefined && this.#stillThere(inserted)) this.#announce();
  }

  #announce(): void {
    const atr = this.#device.card?.atr;
    if (!atr || this.#device.connection === null) return;
    this.gone();
    this.#card = this.#nextCard();
    this.#say({ say: 'card', card: this.#card, reader: this.name, atr: new Uint8Array(atr) });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Opens the card that lies on the reader now, for us alone; gives up when it is taken away. */
  async #connect(): Promise<Connection> {
    const inserted = this.#device.card;
    let failures = 0;
    while (this.#stillThere(inserted)) {
      try {
        const connection = await this.#connectOnce();
        this.#setTrouble(undefined);
        return connection;
      } catch (error) {
        if (pcscReason(error) === 'in-use') {
          this.#setTrouble('in-use');
          await pause(IN_USE_MS);
        } else if (++failures < ATTEMPTS) {
          await pause(SETTLE_MS);
        } else {
          this.#setTrouble('card-unreadable');
          throw error;
        }
      }
    }
    throw new Error('the card was taken away before it was opened');
  }

  async #connectOnce(): Promise<Connection> {
    // A connection left over from the card before would make connect() succeed without connecting.
    await this.#disconnect();
    const raw = this.#device.reader;
    const type = raw.SCARD_SHARE_EXCLUSIVE;
    const protocol = await new Promise<number | undefined>((resolve, reject) => {
      raw.connect({ share_mode: type }, (error, chosen) => (error ? reject(error) : resolve(chosen)));
    });
    if (protocol === undefined) throw new Error('a stale connection');
    this.#device.connection = { type, protocol };
    return this.#device.connection;
  }

  async #disconnect(): Promise<boolean> {
    const raw = this.#device.reader;
    this.#device.connection = null;
    // A failure means that the card is gone, which is what was wanted.
    if (raw.connected) {
      await new Promise<void>((done) => {
        raw.disconnect(raw.SCARD_UNPOWER_CARD, () => done());
      });
    }
    return true;
  }

  #stillThere(inserted: Reader['card']): boolean {
    return inserted !== null && this.#device.card === inserted;
  }

  #setTrouble(trouble: ReaderTrouble | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#say(trouble === undefined ? { say: 'well' } : { say: 'trouble', reason: trouble });
  }
}
