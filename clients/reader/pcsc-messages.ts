import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import {
  EXCHANGE_FAILURES,
  type ExchangeFailure,
  READER_TROUBLES,
  type ReaderTrouble,
  SIGNALS,
  type Signalled,
} from '../../server/protocol/link/station.ts';

/** What the process with nfc-pcsc tells its supervisor. `card` numbers the insertions within one process. */
export type FromPcsc =
  | { readonly say: 'alive' }
  | { readonly say: 'readers'; readonly names: readonly string[] }
  | { readonly say: 'card'; readonly card: number; readonly reader: string; readonly atr: Bytes }
  | { readonly say: 'gone'; readonly card: number }
  | { readonly say: 'answer'; readonly request: number; readonly response: Bytes }
  | { readonly say: 'failed'; readonly request: number; readonly reason: ExchangeFailure }
  | { readonly say: 'signalled'; readonly how: Signalled }
  | { readonly say: 'trouble'; readonly reason: ReaderTrouble }
  /** The trouble reported last is over. */
  | { readonly say: 'well' };

/** What the supervisor asks of it: an exchange with a card, or that the readers show themselves. */
export type ToPcsc =
  { readonly request: number; readonly card: number; readonly command: Bytes } | { readonly signal: true };

/** Milliseconds between signs of life; without them the process counts as hung. */
export const ALIVE_EVERY_MS = 500;

type Shape = Readonly<Record<string, unknown>>;

const isShape = (value: unknown): value is Shape => typeof value === 'object' && value !== null;
const isFailure = (value: unknown): value is ExchangeFailure =>
  typeof value === 'string' && Object.hasOwn(EXCHANGE_FAILURES, value);
const isTrouble = (value: unknown): value is ReaderTrouble =>
  typeof value === 'string' && Object.hasOwn(READER_TROUBLES, value);
const isSignalled = (value: unknown): value is Signalled =>
  typeof value === 'string' && Object.hasOwn(SIGNALS, value);
const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** Reads a message over Node's IPC; undefined for what is none. */
export function readFromPcsc(value: unknown): FromPcsc | undefined {
  if (!isShape(value)) return undefined;
  const { say, card, reader, atr, request, response, reason, names, how } = value;
  if (say === 'alive' || say === 'well') return { say };
  if (say === 'readers' && isNames(names)) return { say, names };
  if (say === 'signalled' && isSignalled(how)) return { say, how };
  if (say === 'trouble' && isTrouble(reason)) return { say, reason };
  if (typeof card === 'number') {
    if (say === 'gone') return { say, card };
    if (say === 'card' && typeof reader === 'string' && atr instanceof Uint8Array)
      return { say, card, reader, atr };
  }
  if (typeof request === 'number') {
    if (say === 'answer' && response instanceof Uint8Array) return { say, request, response };
    if (say === 'failed' && isFailure(reason)) return { say, request, reason };
  }
  return undefined;
}

/** Reads a request over Node's IPC; undefined for what is none. */
export function readToPcsc(value: unknown): ToPcsc | undefined {
  if (!isShape(value)) return undefined;
  const { request, card, command, signal } = value;
  if (signal === true) return { signal };
  if (typeof request !== 'number' || typeof card !== 'number') return undefined;
  return command instanceof Uint8Array ? { request, card, command } : undefined;
}
