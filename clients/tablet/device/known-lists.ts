import { hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Listing } from '../../../server/protocol/fleet/listing.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Shelf } from '../../common/page/gate/shelf.ts';

/** The newest list of each authority's key that this tablet has seen: key id (hexadecimal) to number. */
export type ListsSeen = ReadonlyMap<string, number>;

const NAME = 'lists';

/** What is remembered; the kept value is this page's own, and whatever else stands there counts as nothing. */
export async function listsSeen(shelf: Shelf): Promise<ListsSeen> {
  const kept = await shelf.get(NAME);
  return kept instanceof Map ? kept : new Map();
}

/** Remembers a list. Throws Refusal E_NOT_ENROLLED for one that is older than what was seen: who is not listed any more stays away. */
export async function keepList(
  shelf: Shelf,
  seen: ListsSeen,
  { issuer, version }: Pick<Listing, 'issuer' | 'version'>,
): Promise<void> {
  const key = hex(issuer.kid);
  const newest = seen.get(key) ?? 0;
  if (version < newest)
    throw new Refusal('E_NOT_ENROLLED', 'an older list than this tablet has seen', 'listing');
  if (version > newest) await shelf.put(NAME, new Map(seen).set(key, version));
}
