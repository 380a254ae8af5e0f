import type { WebSocket } from 'ws';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import {
  encodeToStation,
  EXCHANGE_FAILURES,
  parseFromStation,
  READER_TROUBLES,
} from '../../../server/protocol/link/station.ts';
import { Lost } from './contact.ts';

/** A card on the station's reader; its number is the station's. */
export interface Card {
  readonly session: number;
  readonly reader: string;
  readonly atr: Bytes;
}

/** The gateway's end of one reader station: APDUs out, answers back, one at a time. */
export class StationEnd {
  readonly #socket: WebSocket;
  #readers: readonly string[] = [];
  #card: Card | undefined;
  #trouble = 'no card lies on the reader';
  #request = 0;
  #waiting: { readonly request: number; settle(answer: Bytes | Lost): void } | undefined;
  readonly #comes: ((card: Card) => void)[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#told(new Uint8Array(data));
    });
    socket.on('close', () => this.#lost('the reader station went away'));
  }

  /** The card that lies there, or the next one. Rejects with what the station says is wrong. */
  card(withinMs: number): Promise<Card> {
    if (this.#card) return Promise.resolve(this.#card);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Lost(this.#trouble)), withinMs);
      this.#comes.push((card) => {
        clearTimeout(timer);
        resolve(card);
      });
    });
  }

  get present(): boolean {
    return this.#card !== undefined;
  }

  /** One command APDU, one response APDU. Rejects with Lost: the card may have acted. */
  async transmit(command: Bytes): Promise<Bytes> {
    const card = this.#card;
    if (!card) throw new Lost('no device lies on the reader');
    const request = ++this.#request;
    const answer = await new Promise<Bytes | Lost>((settle) => {
      this.#waiting = { request, settle };
      this.#socket.send(encodeToStation({ kind: 'request', request, session: card.session, command }));
    });
    this.#waiting = undefined;
    if (answer instanceof Lost) throw answer;
    return answer;
  }

  #told(bytes: Bytes): void {
    const message = parseFromStation(bytes);
    switch (message.kind) {
      case 'hello':
        this.#readers = message.readers;
        return;
      case 'card':
        this.#card = { ...message, reader: this.#readers[message.reader] ?? '' };
        for (const take of this.#comes.splice(0)) take(this.#card);
        return;
      case 'gone':
        if (this.#card?.session === message.session) this.#lost(EXCHANGE_FAILURES['card-removed']);
        return;
      case 'answer':
        if (this.#waiting?.request === message.request) this.#waiting.settle(message.response);
        return;
      case 'failed':
        if (this.#waiting?.request === message.request)
          this.#waiting.settle(new Lost(EXCHANGE_FAILURES[message.reason]));
        return;
      case 'trouble':
        this.#trouble = READER_TROUBLES[message.reason];
        return;
      case 'acted': // the emergency door of this station is not open
      case 'signalled': // and nobody asked the reader to show itself
        return;
      default:
        return message satisfies never;
    }
  }

  #lost(why: string): void {
    this.#card = undefined;
    this.#waiting?.settle(new Lost(why));
  }
}
