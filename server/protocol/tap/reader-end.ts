import type { Bytes } from '../bytes.ts';
import { type Identity, respond } from '../edhoc/handshake.ts';
import { broken } from '../edhoc/messages.ts';
import type { TapCrypto } from '../edhoc/primitives.ts';
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
  return {
    channel,
    exchange: async (message) =>
      toReader.unseal(await ask(carry, TAP.sealed, toDevice.seal(message), TAP.sealed)),
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
