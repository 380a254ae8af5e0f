import { type Bytes, concat } from '../encoding/bytes.ts';
import { type Cbor, isArray } from '../encoding/cbor.ts';
import { bytesOf, decodeStrict } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';
import { HASH_LENGTH, MAC_LENGTH, sequence } from './primitives.ts';

/** Static keys on both sides (RFC 9528 section 3.2), and the one suite spoken here. */
export const METHOD = 3;
export const SUITE = 2;
/** The largest handshake message: a link credential by value, and room to grow. */
export const MAX_HANDSHAKE = 1024;

/** A connection identifier: one byte, as an integer of -24 to 23, or a byte string (RFC 9528 section 3.3). */
export type ConnectionId = number | Bytes;

/** Everything wrong in a handshake says the same, whatever it was. */
export const broken = (why: string, field: string): Refusal => new Refusal('E_CHANNEL', why, field);

/** message_1: method, suite, the Initiator's fresh key, its connection identifier. */
export interface Message1 {
  readonly x: Bytes;
  readonly connection: ConnectionId;
}

export const encodeMessage1 = ({ x, connection }: Message1): Bytes => sequence(METHOD, SUITE, x, connection);

/** Reads message_1; throws Refusal E_CHANNEL. A suite other than 2 is refused with `message.suites`. */
export function parseMessage1(bytes: Bytes): Message1 {
  const [method, suites, x, connection] = items(bytes, 4, 'message_1');
  if (method !== METHOD) throw broken('another method', 'message_1.method');
  if (!selectsOurs(suites)) throw broken('another cipher suite', 'message_1.suites');
  return {
    x: bytesOf(x, 'message_1.x', HASH_LENGTH, 'E_CHANNEL'),
    connection: connectionOf(connection, 'message_1'),
  };
}

/** SUITES_I is the selected suite, or at least two of which the last is selected (section 3.6). */
function selectsOurs(suites: Cbor | undefined): boolean {
  if (!isArray(suites)) return suites === SUITE;
  return suites.length >= 2 && suites.at(-1) === SUITE && suites.indexOf(SUITE) === suites.length - 1;
}

/** message_2 is one byte string: the Responder's fresh key and the ciphertext. */
export const encodeMessage2 = (x: Bytes, ciphertext: Bytes): Bytes => sequence(concat(x, ciphertext));

export function parseMessage2(bytes: Bytes): { readonly x: Bytes; readonly ciphertext: Bytes } {
  const [both] = items(bytes, 1, 'message_2');
  const joined = bytesOf(both, 'message_2', undefined, 'E_CHANNEL');
  if (joined.length <= HASH_LENGTH) throw broken('too short', 'message_2');
  return { x: joined.slice(0, HASH_LENGTH), ciphertext: joined.slice(HASH_LENGTH) };
}

export const encodeMessage3 = (ciphertext: Bytes): Bytes => sequence(ciphertext);

export function parseMessage3(bytes: Bytes): Bytes {
  const [ciphertext] = items(bytes, 1, 'message_3');
  return bytesOf(ciphertext, 'message_3', undefined, 'E_CHANNEL');
}

/** What PLAINTEXT_2 carries: connection identifier, who it is, proof of it. Nothing else may stand there. */
export function parsePlaintext2(bytes: Bytes) {
  const [connection, id, mac] = items(bytes, 3, 'plaintext_2');
  return {
    connection: connectionOf(connection, 'plaintext_2'),
    id: identity(id, 'plaintext_2'),
    mac: macOf(mac, 'plaintext_2'),
  };
}

export function parsePlaintext3(bytes: Bytes) {
  const [id, mac] = items(bytes, 2, 'plaintext_3');
  return { id: identity(id, 'plaintext_3'), mac: macOf(mac, 'plaintext_3') };
}

/** A kid alone travels without its map and, where it is one byte that reads as an integer, as that (section 3.5.3.2). */
function identity(item: Cbor | undefined, where: string): Cbor {
  if (item === undefined) throw broken('nobody is named', where);
  if (item instanceof Uint8Array && item.length === 1 && isShortInteger(item[0] ?? 0xff))
    throw broken('a key id that has a shorter form', where);
  if (item instanceof Map && item.size === 1 && item.get(KID) !== undefined)
    throw broken('a key id wrapped in a map', where);
  return item;
}

/** Header parameter `kid` of COSE. */
const KID = 4;

function connectionOf(item: Cbor | undefined, where: string): ConnectionId {
  if (typeof item === 'number' && item >= -24 && item <= 23) return item;
  if (
    item instanceof Uint8Array &&
    item.length <= 8 &&
    !(item.length === 1 && isShortInteger(item[0] ?? 0xff))
  )
    return item;
  throw broken('not a connection identifier', where);
}

/** Bytes 00-17 and 20-37 are the integers 0 to 23 and -1 to -24. */
const isShortInteger = (byte: number): boolean => byte <= 0x17 || (byte >= 0x20 && byte <= 0x37);

const macOf = (item: Cbor | undefined, where: string): Bytes =>
  bytesOf(item, `${where}.mac`, MAC_LENGTH, 'E_CHANNEL');

/** A sequence of exactly so many items, each in its shortest form: read as an array of that length. */
function items(bytes: Bytes, count: number, what: string): readonly Cbor[] {
  const read = decodeStrict(concat(Uint8Array.of(0x80 | count), bytes), what, MAX_HANDSHAKE, 'E_CHANNEL');
  if (!isArray(read)) throw broken('not a sequence', what);
  return read;
}
