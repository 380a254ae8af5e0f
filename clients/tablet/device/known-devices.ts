import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { parseCoseKey } from '../../../server/protocol/encoding/cose-key.ts';
import type { Crypto, PublicKey } from '../../../server/protocol/crypto.ts';
import { parseSign1 } from '../../../server/protocol/encoding/cose.ts';
import { MAX_PROFILE, parseProfile, type Profile } from '../../../server/protocol/profile.ts';
import type { Shelf } from '../../common/page/gate/shelf.ts';

/** What a tablet still knows of a device when nobody can be asked: its key and its profile, both verified before. */
export interface KnownDevice {
  readonly identity: PublicKey;
  readonly profile: Profile;
}

const nameOf = (id: string): string => `device ${id}`;

/** Keeps key and profile of a device that was read: public bytes, and nothing about its patient. */
export const keepDevice = (shelf: Shelf, id: string, identity: Bytes, profile: Bytes): Promise<void> =>
  shelf.put(nameOf(id), [identity, profile]);

/** What is kept of a device; undefined for one that this tablet never read. */
export async function knownDevice(
  shelf: Shelf,
  { sha256 }: Crypto,
  id: string,
): Promise<KnownDevice | undefined> {
  const kept = await shelf.get(nameOf(id));
  if (!Array.isArray(kept)) return undefined;
  const parts: readonly unknown[] = kept;
  const [identity, profile] = parts.map((one): Bytes => (one instanceof Uint8Array ? one : new Uint8Array()));
  if (!identity || !profile) return undefined;
  const { payload } = parseSign1(profile, 'profile', MAX_PROFILE, 'E_PROFILE');
  return { identity: parseCoseKey(sha256, identity, 'identity'), profile: parseProfile(payload) };
}
