import { nodeCrypto } from '../../crypto.ts';
import { readAnchors } from '../../protocol/anchors.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { listingSigner } from '../../protocol/fleet/listing.ts';

/** Who may sign lists under anchors, by the bytes they were read from: evidence is made for many commands at a time. */
const known = new WeakMap<Bytes, ReadonlySet<string>>();

/**
 * What the authority says of a device, if that can be judged by these anchors. Evidence goes with the anchors of its time, and
 * the list of today may be by a key that was not among them.
 */
export function vouched(listing: Bytes | undefined, anchors: Bytes): Bytes | undefined {
  return listing && authoritiesOf(anchors).has(hex(listingSigner(listing))) ? listing : undefined;
}

function authoritiesOf(anchors: Bytes): ReadonlySet<string> {
  const found =
    known.get(anchors) ?? new Set(readAnchors(nodeCrypto, anchors).authorities.map(({ kid }) => hex(kid)));
  known.set(anchors, found);
  return found;
}
