import type { Bytes } from '../protocol/encoding/bytes.ts';

/** For a link that is authenticated by itself. */
export const NO_CHANNEL: Bytes = new Uint8Array(32);

/** One device within reach, whatever carries the bytes: one message out, its answer back, never two at once. */
export interface DeviceLink {
  readonly kind: 'nfc' | 'websocket';
  /** Where the device is, for people: the reader it lies on, or the network it came from. */
  readonly place: string;
  /** Label of the reader station that carries the bytes; none for a device on its own network link. */
  readonly station?: string;
  /** What an attestation over this link has to name; zero where the link itself is authenticated. */
  readonly channel: Bytes;
  /**
   * Sends one message and resolves with the device's answer. Rejects with LinkLost when no answer is certain to
   * belong to it within `timeoutMs`; the link is closed then, because a late answer could be taken for another.
   */
  exchange(message: Bytes, timeoutMs: number): Promise<Bytes>;
  readonly closed: boolean;
  close(): void;
  /** Calls `listener` once, when the link has closed; at once if it already has. */
  onClose(listener: () => void): void;
}

/** The message may or may not have reached the device, and the device may or may not have acted on it. */
export class LinkLost extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`the link to the device was lost: ${reason}`);
    this.name = 'LinkLost';
    this.reason = reason;
  }
}
