import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';

/** A device under test, in contact: one message, one answer, in order. */
export interface Contact {
  readonly kind: 'websocket' | 'nfc';
  /** What the device's attestation has to carry; zero where the link itself is authenticated. */
  readonly channel: Bytes;
  /** Rejects with {@link Lost} when there is no answer in time, or the device went away. */
  exchange(message: Bytes): Promise<Bytes>;
  /** Sends what is no proper message, and gives what comes back within a short while; `undefined` for nothing. */
  raw(what: Uint8Array | string): Promise<Bytes | undefined>;
  readonly closed: boolean;
  close(): void;
}

/** No answer: the device is silent, or gone. */
export class Lost extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Lost';
  }
}

/** Longest wait for one answer: a device signs in milliseconds, a slow reader carries 16 KiB in three seconds. */
export const ANSWER_MS = 10_000;
/** How long silence has to last until it counts as no answer to what deserves none. */
export const SILENCE_MS = 400;
