import { type Bytes, concat } from '../encoding/bytes.ts';

/**
 * Command and response APDUs (ISO 7816-4:2013 section 5), in both length forms, and nothing else.
 *
 *     command   CLA INS P1 P2 | Lc data | Le        short: Lc, Le one byte, Le 00 means 256
 *                                                   extended: 00 Lc Lc, Le Le, Le 0000 means 65536
 *     response  data | SW1 SW2
 */
export interface Command {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /** Empty when the command carries no data (cases 1 and 2). */
  readonly data: Bytes;
  /** How many bytes of answer are welcome, 1 to 65,536; undefined when none are (cases 1 and 3). */
  readonly le?: number | undefined;
}

export interface ParsedCommand extends Command {
  readonly extended: boolean;
}

export interface Response {
  readonly data: Bytes;
  /** SW1 SW2 as one number, for example 0x9000. */
  readonly sw: number;
}

/** The applet's name: proprietary registration (F0), "CSIGN", version 1. */
export const AID: Bytes = Uint8Array.of(0xf0, 0x43, 0x53, 0x49, 0x47, 0x4e, 0x01);

/** ISO 14443-4 card without historical bytes (PC/SC part 3 section 3.1.3.2.3): nothing to fingerprint. */
export const ATR: Bytes = Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01);

export const INS = { SELECT: 0xa4, GET_RESPONSE: 0xc0, ENVELOPE: 0xc2 } as const;

/** Bit 5 of CLA: this command continues in the next one (ISO 7816-4 section 5.3.3). */
export const CLA_CHAINED = 0x10;

/** Status words this applet uses (ISO 7816-4 section 5.6). */
export const SW = {
  OK: 0x9000,
  /** 61xx: xx more bytes wait for GET RESPONSE, 00 meaning 256 or more. */
  MORE: 0x6100,
  /** 6Cxx: repeat the same command with Le = xx. */
  WRONG_LE: 0x6c00,
  WRONG_LENGTH: 0x6700,
  NO_CHAINING: 0x6884,
  CONDITIONS: 0x6985,
  NOT_FOUND: 0x6a82,
  WRONG_P1P2: 0x6a86,
  WRONG_INS: 0x6d00,
  WRONG_CLA: 0x6e00,
  FAILED: 0x6f00,
} as const;

/** The longest command, and the longest response our cards give: the virtual reader counts in 16 bits. */
export const MAX_APDU = 65_535;
/** The longest response a reader may bring: 65,536 bytes (extended Le 0000) and the status word. */
export const MAX_RESPONSE = 65_538;
/** CLA INS P1 P2. Shorter ones have crashed and hung reader drivers, so they never leave this module. */
export const MIN_COMMAND = 4;
/** What one short command carries. */
export const SHORT_DATA = 255;

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xff;

/** Bytes of a command: short form when data and Le fit it, else extended. RangeError when neither fits. */
export function encodeCommand(command: Command): Bytes {
  const { cla, ins, p1, p2, data, le } = command;
  if (![cla, ins, p1, p2].every(isByte)) throw new RangeError('APDU header is not four bytes');
  if (le !== undefined && !(Number.isInteger(le) && le >= 1 && le <= 65_536)) {
    throw new RangeError('Le is not within 1 and 65536');
  }
  const header = Uint8Array.of(cla, ins, p1, p2);
  const short = data.length <= SHORT_DATA && (le ?? 1) <= 256;
  const lc = data.length === 0 ? [] : short ? [data.length] : [0, data.length >> 8, data.length & 0xff];
  const end = le === undefined ? [] : short ? [le & 0xff] : [(le >> 8) & 0xff, le & 0xff];
  // An extended Le without data needs the 00 that marks the form (case 2E).
  if (!short && data.length === 0) end.unshift(0);
  const bytes = concat(header, Uint8Array.from(lc), data, Uint8Array.from(end));
  if (bytes.length > MAX_APDU || data.length > 0xffff) throw new RangeError('APDU is too long');
  return bytes;
}

/** Reads a command; undefined when its lengths do not add up (a card answers 6700). */
export function parseCommand(bytes: Bytes): ParsedCommand | undefined {
  const [cla, ins, p1, p2, first, high, low] = bytes;
  if (bytes.length > MAX_APDU) return undefined;
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined) return undefined;
  const header = { cla, ins, p1, p2 };
  const body = bytes.length - 4;
  if (first === undefined) return { ...header, data: new Uint8Array(), extended: false };
  if (body === 1) return { ...header, data: new Uint8Array(), le: first || 256, extended: false };
  if (first !== 0) {
    const data = bytes.slice(5, 5 + first);
    if (body === 1 + first) return { ...header, data, extended: false };
    if (body === 2 + first) return { ...header, data, le: bytes[5 + first]! || 256, extended: false };
    return undefined;
  }
  if (high === undefined || low === undefined) return undefined;
  const length = (high << 8) | low;
  if (body === 3) return { ...header, data: new Uint8Array(), le: length || 65_536, extended: true };
  if (length === 0) return undefined;
  const data = bytes.slice(7, 7 + length);
  if (body === 3 + length) return { ...header, data, extended: true };
  if (body !== 5 + length) return undefined;
  const le = (bytes[7 + length]! << 8) | bytes[8 + length]!;
  return { ...header, data, le: le || 65_536, extended: true };
}

/** Bytes of a response. RangeError when it is longer than a reader can carry. */
export function encodeResponse(sw: number, data: Bytes = new Uint8Array()): Bytes {
  if (data.length + 2 > MAX_APDU) throw new RangeError('response APDU is too long');
  return concat(data, Uint8Array.of(sw >> 8, sw & 0xff));
}

/** Reads a response; undefined when it lacks a status word or cannot have come through a reader. */
export function parseResponse(bytes: Bytes): Response | undefined {
  const [sw1, sw2] = bytes.slice(-2);
  if (sw1 === undefined || sw2 === undefined || bytes.length > MAX_RESPONSE) return undefined;
  return { data: bytes.slice(0, -2), sw: (sw1 << 8) | sw2 };
}
