import type { Bytes } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { open1, parseSign1, sign1 } from '../encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from '../crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf, uint } from '../encoding/fields.ts';
import { codeOf, Refusal, REFUSALS, type RefusalCode } from '../refusal.ts';
import { type Content, contentValue, parseContent } from './telemetry-content.ts';

/**
 * One frame of what a device measures. Frames of a session are numbered from 1 and chained: each names the SHA-256 of
 * the one before (zero in the first), so that a signature over one vouches for all before it.
 */
export interface TelemetryFrame {
  /** Drawn anew whenever the device is switched on. */
  readonly session: Bytes;
  readonly number: number;
  readonly previous: Bytes;
  /** Unix ms by the device's clock. */
  readonly at: number;
  /** Ms since the session began, by a clock that nobody sets. */
  readonly up: number;
  readonly contents: readonly Content[];
}

/** What a device signs every 30 s, and when a read-out ends: everything up to this frame is its own. */
export interface ChainHead {
  readonly device: Bytes;
  readonly session: Bytes;
  readonly number: number;
  /** SHA-256 of that frame. */
  readonly hash: Bytes;
  readonly at: number;
}

/** From a device, besides answers to requests. */
export type FromDevice =
  | { readonly kind: 'frame'; readonly frame: TelemetryFrame }
  | { readonly kind: 'head'; readonly head: Bytes }
  /** Frames `first` to `next - 1` never come: the device's buffer was full. */
  | { readonly kind: 'lost'; readonly session: Bytes; readonly first: number; readonly next: number };

/** To a device. */
export type ToDevice =
  /** Every frame up to `number` is on the disk: the device may forget it. */
  | { readonly kind: 'stored'; readonly session: Bytes; readonly number: number }
  /** Frame `number` was not taken. The device goes on from it, or, where that is of no use, without it. */
  | {
      readonly kind: 'refused';
      readonly session: Bytes;
      readonly number: number;
      readonly code: RefusalCode;
      readonly field: string;
    };

const FRAME = 201;
const HEAD = 202;
const LOST = 203;
const STORED = 211;
const NOT_TAKEN = 212;

/** Largest frame: two seconds of six waveforms at 500 Hz. */
export const MAX_FRAME = 16_384;
/** What may be under way without an answer: a command never waits behind more than this. */
export const WINDOW = { frames: 32, bytes: 98_304 } as const;
/** The chain's newest frame is signed at least this often. */
export const HEAD_MS = 30_000;
const MAX_HEAD = 512;
const TIME = Number.MAX_SAFE_INTEGER;
const U32 = 0xffff_ffff;

/** Is this telemetry, and not the answer to a request? Looks at the first three bytes alone. */
export const isTelemetry = (message: Bytes): boolean =>
  ((message[0] ?? 0) & 0xe0) === 0x80 && message[1] === 0x18 && (message[2] ?? 0) > 200;

export const encodeTelemetry = ({ session, number, previous, at, up, contents }: TelemetryFrame): Bytes =>
  encode([FRAME, session, number, previous, at, up, contents.map(contentValue)]);

export const encodeHead = (head: Bytes): Bytes => encode([HEAD, head]);
export const encodeLost = (session: Bytes, first: number, next: number): Bytes =>
  encode([LOST, session, first, next]);

/** Reads what a device sends by itself; throws Refusal E_CMD_MALFORMED, E_CMD_SCHEMA or E_ROUTE. */
export function parseFromDevice(bytes: Bytes): FromDevice {
  const items = arrayOf(decodeStrict(bytes, 'telemetry', MAX_FRAME), 'telemetry', 2, 7);
  const sized = (size: number): readonly Cbor[] => arrayOf(items, 'telemetry', size, size);
  switch (items[0]) {
    case FRAME: {
      const [, session, number, previous, at, up, contents] = sized(7);
      const frame = {
        session: bytesOf(session, 'telemetry.session', 8),
        number: uint(number, 'telemetry.number', U32),
        previous: bytesOf(previous, 'telemetry.previous', 32),
        at: uint(at, 'telemetry.at', TIME),
        up: uint(up, 'telemetry.up', TIME),
        contents: arrayOf(contents, 'telemetry.contents', 0, 64).map(parseContent),
      };
      if (frame.number === 0) throw new Refusal('E_CMD_MALFORMED', 'frames count from 1', 'telemetry.number');
      return { kind: 'frame', frame };
    }
    case HEAD:
      return { kind: 'head', head: bytesOf(sized(2)[1], 'telemetry.head') };
    case LOST: {
      const [, session, first, next] = sized(4);
      const lost = { first: uint(first, 'lost.first', U32), next: uint(next, 'lost.next', U32) };
      if (lost.first === 0 || lost.next <= lost.first)
        throw new Refusal('E_CMD_MALFORMED', 'nothing is lost', 'lost');
      return { kind: 'lost', session: bytesOf(session, 'lost.session', 8), ...lost };
    }
    default:
      throw new Refusal('E_ROUTE', 'no such telemetry', 'telemetry.0');
  }
}

export function encodeToDevice(answer: ToDevice): Bytes {
  if (answer.kind === 'stored') return encode([STORED, answer.session, answer.number]);
  const { session, number, code, field } = answer;
  return encode([NOT_TAKEN, session, number, REFUSALS[code].number, field.slice(0, 120)]);
}

/** Reads what the gateway says about telemetry; throws Refusal E_CMD_MALFORMED. */
export function parseToDevice(bytes: Bytes): ToDevice {
  const [kind, session, number, code, field] = arrayOf(decodeStrict(bytes, 'answer', 256), 'answer', 3, 5);
  const about = {
    session: bytesOf(session, 'answer.session', 8),
    number: uint(number, 'answer.number', U32),
  };
  if (kind === STORED && code === undefined) return { kind: 'stored', ...about };
  const named = codeOf(uint(code, 'answer.code', 0xffff));
  if (kind !== NOT_TAKEN || named === undefined)
    throw new Refusal('E_CMD_MALFORMED', 'no such answer', 'answer.0');
  return { kind: 'refused', ...about, code: named, field: textOf(field, 'answer.field', 120) };
}

/** `COSE_Sign1 { 1: device, 2: session, 3: number, 4: hash, 5: time in ms }`. */
export function issueHead({ device, session, number, hash, at }: ChainHead, signer: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, device],
    [2, session],
    [3, number],
    [4, hash],
    [5, at],
  ]);
  return sign1('telemetry', encode(payload), signer);
}

/** A chain head that this device signed; throws Refusal E_DEVICE_IDENTITY. */
export async function openHead(crypto: Crypto, bytes: Bytes, device: PublicKey): Promise<ChainHead> {
  const message = parseSign1(bytes, 'head', MAX_HEAD, 'E_DEVICE_IDENTITY');
  const payload = await open1(crypto, 'telemetry', message, device, 'E_DEVICE_IDENTITY');
  const f = Fields.of(decodeStrict(payload, 'head', MAX_HEAD), 'head', [1, 2, 3, 4, 5]);
  return {
    device: f.bytes(1, 8),
    session: f.bytes(2, 8),
    number: f.uint(3, U32),
    hash: f.bytes(4, 32),
    at: f.uint(5),
  };
}
