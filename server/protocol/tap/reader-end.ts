import { type Proof, proofValue } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import { type Identity, respond } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import type { TapCrypto } from '../edhoc/primitives.ts';
import { decodeStrict, uint } from '../encoding/fields.ts';
import { selfAsserted } from './identity.ts';
import { sealings } from './seal.ts';
import { CONNECTION, framed, TAP } from './tap.ts';

const NOTHING: Bytes = new Uint8Array();

/** A tap as the reader's side holds it: messages go out sealed, in turn. */
export interface Tap {
  /** Binds what the device signs to this very session. */
  readonly channel: Bytes;
  /** Sends one message of the device protocol; throws Refusal E_CHANNEL, or what carrying it throws. */
  exchange(message: Bytes): Promise<Bytes>;
  /**
   * Shows that the link credential was issued in the open: a device tells a gateway nothing before that. Resolves with
   * undefined, or with the version of its anchors under which the proof does not hold. Throws as `exchange` does.
   */
  prove(proof: Proof): Promise<number | undefined>;
}

/**
 * Begins a tap: `carry` brings one message to the card and its answer back. The device's own key is not looked up:
 * who it is, its attestation says, which signs the channel. Throws Refusal E_CHANNEL, or what `carry` throws.
 */
export async function openTap(
  crypto: TapCrypto,
  me: Identity,
  carry: (message: Bytes) => Promise<Bytes>,
): Promise<Tap> {
  const one = await ask(carry, TAP.begin, NOTHING, TAP.one);
  const responder = respond(crypto, me, CONNECTION, one);
  const three = await ask(carry, TAP.two, responder.message2, TAP.three);
  const session = await responder.finish(three, selfAsserted);
  const { toDevice, toReader, channel } = sealings(crypto, session);
  const exchange = async (message: Bytes, kind: number): Promise<Bytes> =>
    toReader.unseal(await ask(carry, kind, toDevice.seal(message), kind));
  return {
    channel,
    exchange: (message) => exchange(message, TAP.sealed),
    async prove(proof) {
      const held = decodeStrict(
        await exchange(encode(proofValue(proof)), TAP.proof),
        'proof',
        16,
        'E_CHANNEL',
      );
      return uint(held, 'proof', 0xffff_ffff) || undefined;
    },
  };
}

async function ask(
  carry: (message: Bytes) => Promise<Bytes>,
  kind: number,
  body: Bytes,
  expected: number,
): Promise<Bytes> {
  const answer = await carry(framed(kind, body));
  if (answer[0] !== expected) throw broken('the device ended the session', 'tap');
  return answer.slice(1);
}
