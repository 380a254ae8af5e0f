import { type Anchors, openAnchors, readAnchors } from '../../../../server/protocol/anchors.ts';
import { type Bytes, equal } from '../../../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../../../server/protocol/crypto.ts';
import { Refusal } from '../../../../server/protocol/refusal.ts';
import type { Shelf } from './shelf.ts';

const NAME = 'anchors';

/**
 * The anchors this device judges with: those it met first, or newer ones that the keys of the ones before have signed, also
 * when it missed a version. A host that serves others changes nothing here, and one that is away (undefined) leaves what is
 * kept. Throws Refusal E_ANCHORS.
 */
export async function keptAnchors(
  shelf: Shelf,
  crypto: Crypto,
  offered: Bytes | undefined,
): Promise<Anchors> {
  const kept = await shelf.get(NAME);
  if (!(kept instanceof Uint8Array)) {
    if (!offered) throw new Refusal('E_ANCHORS', 'the host serves no anchors, and none are kept');
    const first = await openAnchors(crypto, offered, readAnchors(crypto, offered));
    await shelf.put(NAME, offered);
    return first;
  }
  const present = readAnchors(crypto, kept);
  if (!offered || equal(kept, offered)) return present;
  const next = await openAnchors(crypto, offered, present).catch(() => undefined);
  if (!next || next.version <= present.version)
    throw new Refusal('E_ANCHORS', 'the host serves other anchors than this tablet was set up with');
  await shelf.put(NAME, offered);
  return next;
}
