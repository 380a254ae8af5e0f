import { AID, CLA_CHAINED, encodeResponse, INS, parseCommand, type ParsedCommand, SW } from './apdu.ts';
import { MAX_CARD_MESSAGE } from './apdu-exchange.ts';
import { type Bytes, concat, equal } from '../encoding/bytes.ts';

/** What a device does behind its NFC antenna. */
export interface AppletBehaviour {
  /** The applet was selected: a new session begins. */
  onSelect(): void;
  /** A whole message arrived; its answer has at most 16 KiB. A rejection becomes status 6F00. */
  onMessage(message: Bytes): Promise<Bytes>;
  /** The field went away or the card was reset. Persistent state must survive, everything else is gone. */
  onPowerLoss(): void;
}

const NOTHING: Bytes = new Uint8Array();

/**
 * The card's side of the exchange: SELECT by name, ENVELOPE (chained or extended) in, GET RESPONSE out.
 * Whatever is not exactly that gets a status word and changes nothing; a broken chain is forgotten.
 */
export class Applet {
  readonly #behaviour: AppletBehaviour;
  #selected = false;
  #chain: Bytes[] = [];
  #chained = 0;
  #answer: Bytes = NOTHING;
  /** Counts sessions, so that an answer computed before a power loss is not served after it. */
  #session = 0;

  constructor(behaviour: AppletBehaviour) {
    this.#behaviour = behaviour;
  }

  /** One command APDU in, one response APDU out. Call it for one command at a time. */
  async process(bytes: Bytes): Promise<Bytes> {
    const command = parseCommand(bytes);
    if (!command) return this.#no(SW.WRONG_LENGTH);
    if (command.cla !== 0 && command.cla !== CLA_CHAINED) return this.#no(SW.WRONG_CLA);
    if (command.cla === CLA_CHAINED && command.ins !== INS.ENVELOPE) return this.#no(SW.NO_CHAINING);
    switch (command.ins) {
      case INS.SELECT:
        return this.#select(command);
      case INS.ENVELOPE:
        return this.#envelope(command);
      case INS.GET_RESPONSE:
        return this.#getResponse(command);
      default:
        return this.#no(SW.WRONG_INS);
    }
  }

  /** Power off or reset: the next exchange starts with SELECT. */
  powerLoss(): void {
    this.#forget();
    this.#selected = false;
    this.#behaviour.onPowerLoss();
  }

  #select(command: ParsedCommand): Bytes {
    this.#forget();
    // Another application's name deselects this one: what follows is not meant for us.
    this.#selected = false;
    if (command.p1 !== 4 || command.p2 !== 0) return this.#no(SW.WRONG_P1P2);
    if (!equal(command.data, AID)) return this.#no(SW.NOT_FOUND);
    this.#selected = true;
    this.#behaviour.onSelect();
    return encodeResponse(SW.OK);
  }

  async #envelope(command: ParsedCommand): Promise<Bytes> {
    this.#answer = NOTHING;
    if (!this.#selected) return this.#no(SW.CONDITIONS);
    if (command.p1 !== 0 || command.p2 !== 0) return this.#no(SW.WRONG_P1P2);
    this.#chained += command.data.length;
    if (command.data.length === 0 || this.#chained > MAX_CARD_MESSAGE) return this.#no(SW.WRONG_LENGTH);
    this.#chain.push(command.data);
    if (command.cla === CLA_CHAINED) return encodeResponse(SW.OK);
    const message = concat(...this.#chain);
    this.#forget();
    const session = this.#session;
    let answer: Bytes;
    try {
      answer = await this.#behaviour.onMessage(message);
    } catch {
      return encodeResponse(SW.FAILED);
    }
    if (session !== this.#session || answer.length > MAX_CARD_MESSAGE) return encodeResponse(SW.FAILED);
    this.#answer = answer;
    return this.#serve(command.le ?? 0);
  }

  #getResponse(command: ParsedCommand): Bytes {
    this.#dropChain();
    if (command.p1 !== 0 || command.p2 !== 0) return this.#no(SW.WRONG_P1P2);
    if (command.data.length > 0 || command.le === undefined) return this.#no(SW.WRONG_LENGTH);
    const left = this.#answer.length;
    if (left === 0) return this.#no(SW.CONDITIONS);
    // Le 00 asks for whatever there is; any other Le beyond the end is told the right one.
    if (command.le > left && command.le < 256) return encodeResponse(SW.WRONG_LE | left);
    return this.#serve(command.le);
  }

  /** Hands out up to `room` bytes; 61xx tells how many wait. */
  #serve(room: number): Bytes {
    const data = this.#answer.slice(0, room);
    this.#answer = this.#answer.slice(room);
    const left = this.#answer.length;
    if (left === 0) return encodeResponse(SW.OK, data);
    return encodeResponse(SW.MORE | (left >= 256 ? 0 : left), data);
  }

  #no(sw: number): Bytes {
    this.#dropChain();
    return encodeResponse(sw);
  }

  #dropChain(): void {
    this.#chain = [];
    this.#chained = 0;
  }

  #forget(): void {
    this.#dropChain();
    this.#answer = NOTHING;
    this.#session++;
  }
}
