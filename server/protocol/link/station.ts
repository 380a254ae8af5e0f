import { parseProof, proofValue, type ProvenCredential } from '../bundle.ts';
import { isPlainName } from '../encoding/plain-name.ts';
import { MAX_APDU, MAX_RESPONSE, MIN_COMMAND } from './apdu.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, textOf, uint } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';

/**
 * Messages between a reader station and the gateway: deterministic CBOR arrays, one per channel frame.
 *
 *     station -> gateway   [1, label, [reader name...]]        hello, and whenever the readers change
 *                          [2, session, reader index, ATR]     a card is on the reader
 *                          [3, session]                        it is gone
 *                          [4, request, response APDU]         an exchange answered
 *                          [5, request, reason]                an exchange failed; its outcome is unknown
 *                          [6, reason]                         why no card can be seen at all
 *                          [7, record]                         what the emergency door did: [message, receipt]
 *                          [8, signal, how]                    whether the reader showed itself
 *     gateway -> station   [10, request, session, command APDU]
 *                          [11, digest]                        SHA-256 of a record that is in the log now
 *                          [12, credential, proof]             somebody who may ask for the safe mode
 *                          [13, status]                        the revocation list
 *                          [14, signal]                        show which reader you are: blink and beep
 *
 * Sessions rise by one per card within a station's life, requests by one within a channel; neither is reused.
 */
export type FromStation =
  | { readonly kind: 'hello'; readonly label: string; readonly readers: readonly string[] }
  | { readonly kind: 'card'; readonly session: number; readonly reader: number; readonly atr: Bytes }
  | { readonly kind: 'gone'; readonly session: number }
  | { readonly kind: 'answer'; readonly request: number; readonly response: Bytes }
  | { readonly kind: 'failed'; readonly request: number; readonly reason: ExchangeFailure }
  | { readonly kind: 'trouble'; readonly reason: ReaderTrouble }
  | { readonly kind: 'acted'; readonly record: Bytes }
  | { readonly kind: 'signalled'; readonly signal: number; readonly how: Signalled };

export type ToStation =
  | {
      readonly kind: 'request';
      readonly request: number;
      readonly session: number;
      readonly command: Bytes;
    }
  | { readonly kind: 'logged'; readonly digest: Bytes }
  | { readonly kind: 'rescuer'; readonly proven: ProvenCredential }
  | { readonly kind: 'status'; readonly status: Bytes }
  | { readonly kind: 'signal'; readonly signal: number };

/** A two-way stream of whole frames. Each `on...` takes one listener; a later one replaces the earlier. */
export interface Channel {
  /** Sends one frame; silently nothing once the channel is closed. */
  send(frame: Bytes): void;
  close(): void;
  onMessage(listener: (frame: Bytes) => void): void;
  /** Called once; `reason` is for logs. */
  onClose(listener: (reason: string) => void): void;
}

/** Why an exchange has no answer. None of them tells whether the card acted. */
export const EXCHANGE_FAILURES = {
  'card-removed': 'the device left the reader during the exchange',
  'no-answer': 'the device did not answer in time',
  'reader-failed': 'the reader reported an error',
  'reader-lost': 'the reader, or the service behind it, went away',
  'not-this-card': 'that device is no longer on the reader',
  busy: 'another exchange with this device is under way',
  'bad-length': 'the command does not fit an APDU',
} as const;
export type ExchangeFailure = keyof typeof EXCHANGE_FAILURES;

/** Why a station sees no card, with what a person can do about it. */
export const READER_TROUBLES = {
  'no-reader': 'No card reader is plugged in.',
  'no-service': 'The smart card service (pcscd) is not running. Start it on the station.',
  'service-lost': 'The smart card service (pcscd) went away. The station keeps trying.',
  'in-use': 'Another program is using the card reader. Close it.',
  'not-installed': 'The reader software is not installed: apt-get install libpcsclite-dev, then npm rebuild.',
  hung: 'The reader stopped answering and is being restarted. Take the device off the reader.',
  'card-unreadable':
    'The reader cannot talk to what lies on it. Take everything off, and place one device alone.',
} as const;
export type ReaderTrouble = keyof typeof READER_TROUBLES;

/** What came of asking a reader to show itself. */
export const SIGNALS = {
  shown: 'The reader blinked and beeped.',
  unable: 'This reader has no light or sound that a program can use. Compare its label.',
  'no-reader': 'No card reader is plugged in at this station.',
} as const;
export type Signalled = keyof typeof SIGNALS;

/** pcscd itself knows at most 16 readers. */
export const MAX_READERS = 16;
const MAX_LABEL = 64;
/** MAX_READERNAME of pcsc-lite is 128. */
const MAX_READER_NAME = 128;
const MAX_U32 = 0xffff_ffff;
/** What the emergency door did: a message with one credential, and a receipt. */
const MAX_RECORD = 16_384;
/** The longest response plus array, numbers and lengths (at most 12 bytes), rounded up. */
export const MAX_STATION_FRAME = MAX_RESPONSE + 32;

/** Bytes of a message from the station. Throws RangeError for a field that does not fit its bounds. */
export function encodeFromStation(message: FromStation): Bytes {
  const bytes = encode(shape(message));
  if (bytes.length > MAX_STATION_FRAME) throw new RangeError('a station message is too long');
  return bytes;
}

function shape(message: FromStation): Cbor {
  switch (message.kind) {
    case 'hello':
      return [1, message.label, [...message.readers]];
    case 'card':
      return [2, message.session, message.reader, message.atr];
    case 'gone':
      return [3, message.session];
    case 'answer':
      return [4, message.request, message.response];
    case 'failed':
      return [5, message.request, message.reason];
    case 'trouble':
      return [6, message.reason];
    case 'acted':
      return [7, message.record];
    case 'signalled':
      return [8, message.signal, message.how];
    default:
      return message satisfies never;
  }
}

/** Reads a message from a station; throws Refusal (E_CMD_MALFORMED) on anything else. */
export function parseFromStation(bytes: Bytes): FromStation {
  const [kind, ...rest] = arrayOf(decodeStrict(bytes, 'station', MAX_STATION_FRAME), 'station', 2, 4);
  const [one, two, three] = rest;
  const fields = (count: number): void => {
    if (rest.length !== count) throw new Refusal('E_CMD_MALFORMED', 'wrong number of fields', 'station');
  };
  switch (uint(kind, 'station.kind')) {
    case 1:
      fields(2);
      return { kind: 'hello', label: name(one, 'label', MAX_LABEL), readers: readerNames(two) };
    case 2:
      fields(3);
      return {
        kind: 'card',
        session: u32(one, 'session'),
        reader: uint(two, 'station.reader', MAX_READERS - 1),
        atr: sized(three, 'atr', 2, 33),
      };
    case 3:
      fields(1);
      return { kind: 'gone', session: u32(one, 'session') };
    case 4:
      fields(2);
      return {
        kind: 'answer',
        request: u32(one, 'request'),
        response: sized(two, 'response', 2, MAX_RESPONSE),
      };
    case 5:
      fields(2);
      return { kind: 'failed', request: u32(one, 'request'), reason: word(two, isFailure) };
    case 6:
      fields(1);
      return { kind: 'trouble', reason: word(one, isTrouble) };
    case 7:
      fields(1);
      return { kind: 'acted', record: sized(one, 'record', 1, MAX_RECORD) };
    case 8:
      fields(2);
      return { kind: 'signalled', signal: u32(one, 'signal'), how: word(two, isSignalled) };
    default:
      throw new Refusal('E_CMD_MALFORMED', 'no such message', 'station.kind');
  }
}

/** Bytes of a message to a station. */
export function encodeToStation(message: ToStation): Bytes {
  switch (message.kind) {
    case 'request':
      return encode([10, message.request, message.session, message.command]);
    case 'logged':
      return encode([11, message.digest]);
    case 'rescuer':
      return encode([12, message.proven.credential, proofValue(message.proven.proof)]);
    case 'status':
      return encode([13, message.status]);
    case 'signal':
      return encode([14, message.signal]);
    default:
      return message satisfies never;
  }
}

/** Reads a message to a station; throws Refusal (E_CMD_MALFORMED) on anything else. */
export function parseToStation(bytes: Bytes): ToStation {
  const items = arrayOf(decodeStrict(bytes, 'station', MAX_STATION_FRAME), 'station', 2, 4);
  const [kind, one, two, three] = items;
  const size = kind === 10 ? 4 : kind === 12 ? 3 : 2;
  if (items.length !== size) throw new Refusal('E_CMD_MALFORMED', 'wrong number of fields', 'station');
  switch (kind) {
    case 10:
      return {
        kind: 'request',
        request: u32(one, 'request'),
        session: u32(two, 'session'),
        command: sized(three, 'command', MIN_COMMAND, MAX_APDU),
      };
    case 11:
      return { kind: 'logged', digest: sized(one, 'digest', 32, 32) };
    case 12:
      return {
        kind: 'rescuer',
        proven: { credential: bytesOf(one, 'station.credential'), proof: parseProof(two, 'station.proof') },
      };
    case 13:
      return { kind: 'status', status: bytesOf(one, 'station.status') };
    case 14:
      return { kind: 'signal', signal: u32(one, 'signal') };
    default:
      throw new Refusal('E_CMD_MALFORMED', 'no such message', 'station.kind');
  }
}

const u32 = (value: Cbor | undefined, field: string): number => uint(value, `station.${field}`, MAX_U32);

function sized(value: Cbor | undefined, field: string, min: number, max: number): Bytes {
  const bytes = bytesOf(value, `station.${field}`);
  if (bytes.length >= min && bytes.length <= max) return bytes;
  throw new Refusal('E_CMD_MALFORMED', `expected ${min} to ${max} bytes`, `station.${field}`);
}

/** Names end up on screens and in the log: printable, and no trick with direction or line ends. */
function name(value: Cbor | undefined, field: string, max: number): string {
  const text = textOf(value, `station.${field}`, max);
  if (isPlainName(text)) return text;
  throw new Refusal('E_CMD_MALFORMED', 'a name with characters that do not print', `station.${field}`);
}

const readerNames = (value: Cbor | undefined): readonly string[] =>
  arrayOf(value, 'station.readers', 0, MAX_READERS).map((item) => name(item, 'readers', MAX_READER_NAME));

const isFailure = (text: string): text is ExchangeFailure => Object.hasOwn(EXCHANGE_FAILURES, text);
const isSignalled = (text: string): text is Signalled => Object.hasOwn(SIGNALS, text);
const isTrouble = (text: string): text is ReaderTrouble => Object.hasOwn(READER_TROUBLES, text);

function word<Word extends string>(value: Cbor | undefined, known: (text: string) => text is Word): Word {
  const text = textOf(value, 'station.reason', MAX_LABEL);
  if (known(text)) return text;
  throw new Refusal('E_CMD_MALFORMED', 'no such reason', 'station.reason');
}
