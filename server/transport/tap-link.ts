import type { Proof } from '../protocol/bundle.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { Identity } from '../protocol/edhoc/handshake.ts';
import type { TapCrypto } from '../protocol/edhoc/primitives.ts';
import { Refusal } from '../protocol/refusal.ts';
import { openTap, type Tap } from '../protocol/tap/reader-end.ts';
import { encodeRequest, parseAnswer } from '../protocol/link/wire.ts';
import { type DeviceLink, LinkLost } from './link.ts';

/** What this gateway shows a device that is tapped, and the cryptography it does it with. */
export interface Tapping {
  readonly crypto: TapCrypto;
  readonly identity: Identity;
  /** That the credential in it was issued in the open; undefined while no witness has seen that. */
  readonly proof: Proof | undefined;
  /** Every version of the anchors known here: a device that was away believes in keys of before. */
  readonly anchors: ReadonlyMap<number, Bytes>;
}

/**
 * An encrypted link over a plain one on a card reader: the station between sees ciphertext only. Rejects with Refusal
 * E_CHANNEL when the device will not talk to this gateway or somebody is in between, with LinkLost when it went away.
 */
export async function openTapLink(
  plain: DeviceLink,
  tapping: Tapping,
  timeoutMs: number,
): Promise<DeviceLink> {
  let patience = timeoutMs;
  const { crypto, identity } = tapping;
  const tap = await openTap(crypto, identity, (message) => plain.exchange(message, patience));
  await introduce(tap, tapping);
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

/**
 * Shows a device that this gateway's link credential was issued in the open. One that was away while keys were replaced is
 * first brought the anchors that it missed. Rejects with Refusal E_LOG_PROOF when it does not believe it all the same.
 */
async function introduce(tap: Tap, { proof, anchors }: Tapping): Promise<void> {
  if (!proof)
    throw new Refusal(
      'E_LOG_PROOF',
      'the link credential of this gateway is not in the witnessed log yet',
      'tap',
    );
  const held = await tap.prove(proof);
  if (held === undefined) return;
  for (let version = held + 1; anchors.has(version); version++) {
    const message = encodeRequest({ kind: 'anchors', anchors: anchors.get(version) ?? new Uint8Array() });
    const answer = parseAnswer(await tap.exchange(message));
    if (answer.kind === 'refused')
      throw new Refusal(answer.code, 'the device keeps its anchors', answer.field);
  }
  if ((await tap.prove(proof)) !== undefined)
    throw new Refusal(
      'E_LOG_PROOF',
      'the device does not believe that this gateway was certified in the open',
      'tap',
    );
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
