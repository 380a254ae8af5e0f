import { type Anchors, openNextAnchors, readAnchors } from '../../../server/protocol/anchors.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import { openProfile } from '../../../server/protocol/profile.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Budget } from './budget.ts';

/** The protocol version this program speaks. */
const SPOKEN = 1;

/**
 * The next anchors, when a device that adopts them could still start and still be spoken to: both keys signed
 * them, they do not ask for a newer protocol, and the profile the device holds is one of their maker's. Throws
 * Refusal E_ANCHORS, E_VERSION, E_PROFILE, or E_RATE when strangers have used up what forgeries may cost.
 */
export async function adoptable(
  bytes: Bytes,
  held: { readonly anchors: Anchors; readonly profile: Bytes },
  { crypto, strangers, tick }: { readonly crypto: Crypto; readonly strangers: Budget; readonly tick: number },
): Promise<Anchors> {
  readAnchors(crypto, bytes);
  if (!strangers.spend(tick)) throw new Refusal('E_RATE', 'too many messages that prove nothing', 'anchors');
  const next = await openNextAnchors(crypto, bytes, held.anchors);
  if (next.minimumProtocol > SPOKEN)
    throw new Refusal('E_VERSION', 'not spoken by this device', 'anchors.12');
  await openProfile(crypto, held.profile, [next.profileMaker]);
  strangers.refund();
  return next;
}
