import {
  AID,
  CLA_CHAINED,
  encodeCommand,
  INS,
  parseResponse,
  type Response,
  SHORT_DATA,
  SW,
} from './apdu.ts';
import { type Bytes, concat } from '../encoding/bytes.ts';

/** Carries one command APDU to the card and brings its response; rejects when the outcome is not known. */
export type Transmit = (command: Bytes) => Promise<Bytes>;

/** Longest message either way: a dual-control command is 1.3 KiB, a device profile 8 KiB. */
export const MAX_CARD_MESSAGE = 16 * 1024;

/** The card answered with a status word that ends the exchange. A hint only: receipts count. */
export class CardRefused extends Error {
  readonly sw: number;
  constructor(doing: string, sw: number) {
    super(`the card answered ${sw.toString(16).padStart(4, '0')} to ${doing}`);
    this.name = 'CardRefused';
    this.sw = sw;
  }
}

/** SELECTs the applet by its name. Throws CardRefused when the card has none, or answers with data. */
export async function selectApplet(transmit: Transmit): Promise<void> {
  const answer = await ask(transmit, { cla: 0, ins: INS.SELECT, p1: 4, p2: 0, data: AID });
  if (answer.sw !== SW.OK || answer.data.length > 0) throw new CardRefused('SELECT', answer.sw);
}

/**
 * Sends one message (1 byte to 16 KiB) and returns the card's answer (at most 16 KiB). Uses short APDUs only,
 * which every reader and card can carry: the message goes out as chained ENVELOPEs of 255 bytes, the answer is
 * fetched by GET RESPONSE (ISO 7816-4 sections 5.3.3 and 5.3.4). Throws CardRefused, or what `transmit` throws.
 */
export async function exchangeOverApdus(transmit: Transmit, message: Bytes): Promise<Bytes> {
  if (message.length === 0 || message.length > MAX_CARD_MESSAGE) {
    throw new RangeError(`a card message has 1 to ${MAX_CARD_MESSAGE} bytes`);
  }
  const envelope = { ins: INS.ENVELOPE, p1: 0, p2: 0 };
  let at = 0;
  for (; message.length - at > SHORT_DATA; at += SHORT_DATA) {
    const data = message.slice(at, at + SHORT_DATA);
    const part = await ask(transmit, { ...envelope, cla: CLA_CHAINED, data });
    if (part.sw !== SW.OK || part.data.length > 0) throw new CardRefused('ENVELOPE', part.sw);
  }
  return collect(transmit, await ask(transmit, { ...envelope, cla: 0, data: message.slice(at), le: 256 }));
}

/** Follows 61xx and 6Cxx until the answer is whole. */
async function collect(transmit: Transmit, first: Response): Promise<Bytes> {
  const parts: Bytes[] = [];
  let size = 0;
  let response = first;
  for (;;) {
    parts.push(response.data);
    size += response.data.length;
    if (size > MAX_CARD_MESSAGE) throw new CardRefused('ENVELOPE with too long an answer', response.sw);
    if (response.sw === SW.OK) return concat(...parts);
    if ((response.sw & 0xff00) !== SW.MORE) throw new CardRefused('ENVELOPE', response.sw);
    const next = await getResponse(transmit, response.sw & 0xff || 256);
    // Without progress a hostile card could keep the reader busy for ever.
    if (next.data.length === 0 && next.sw !== SW.OK) throw new CardRefused('GET RESPONSE', next.sw);
    response = next;
  }
}

async function getResponse(transmit: Transmit, le: number): Promise<Response> {
  const command = { cla: 0, ins: INS.GET_RESPONSE, p1: 0, p2: 0, data: new Uint8Array() };
  const answer = await ask(transmit, { ...command, le });
  if ((answer.sw & 0xff00) !== SW.WRONG_LE || answer.data.length > 0) return answer;
  // 6Cxx once: the card knows better how much it has. GET RESPONSE may be repeated, it changes nothing.
  return ask(transmit, { ...command, le: answer.sw & 0xff || 256 });
}

async function ask(transmit: Transmit, command: Parameters<typeof encodeCommand>[0]): Promise<Response> {
  const answer = parseResponse(await transmit(encodeCommand(command)));
  if (!answer) throw new CardRefused('a command, without a status word', 0);
  return answer;
}
