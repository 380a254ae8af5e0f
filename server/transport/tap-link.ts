import type { Identity } from '../protocol/edhoc/handshake.ts';
import type { TapCrypto } from '../protocol/edhoc/primitives.ts';
import { openTap } from '../protocol/tap/reader-end.ts';
import { type DeviceLink, LinkLost } from './link.ts';

/** What this gateway shows a device that is tapped, and the cryptography it does it with. */
export interface Tapping {
  readonly crypto: TapCrypto;
  readonly identity: Identity;
}

/**
 * An encrypted link over a plain one on a card reader: the station between sees ciphertext only. Rejects with Refusal
 * E_CHANNEL when the device will not talk to this gateway or somebody is in between, with LinkLost when it went away.
 */
export async function openTapLink(
  plain: DeviceLink,
  { crypto, identity }: Tapping,
  timeoutMs: number,
): Promise<DeviceLink> {
  let patience = timeoutMs;
  const tap = await openTap(crypto, identity, (message) => plain.exchange(message, patience));
  return {
    kind: plain.kind,
    place: plain.place,
    ...(plain.station !== undefined && { station: plain.station }),
    channel: tap.channel,
    async exchange(message, within) {
      patience = within;
      try {
        return await tap.exchange(message);
      } catch (error) {
        // The device may have acted on what it was asked: to the caller that is a lost answer like any other.
        plain.close();
        throw error instanceof LinkLost ? error : new LinkLost(said(error));
      }
    },
    get closed() {
      return plain.closed;
    },
    close: () => plain.close(),
    onClose: (listener) => plain.onClose(listener),
  };
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
