import { type Bytes, hex, join, same, sha256, Wrong } from './bytes.ts';
import { read } from './cbor.ts';
import { bytes, fields, list, text, whole } from './fields.ts';
import { rootFrom } from './log.ts';
import { type Key, opened, readKey } from './signed.ts';

/** What the authority says of one device. */
export interface Listed {
  readonly device: Bytes;
  readonly name: string;
  readonly key: Key;
  /** SHA-256 of the profile it is listed with. */
  readonly profile: Bytes;
  /** Who signed the list (hexadecimal), and its number: the numbers of one key only grow. */
  readonly by: string;
  readonly version: number;
}

const MAX_32 = 0xffff_ffff;
const MOST = 16_384;

/**
 * Reads a listing (protocol, section 3.4): a row of the list, and its way to the root that the authority signed. Without it the
 * gateway could show a device of its own making. Throws Wrong.
 */
export async function readListing(listing: Bytes, authorities: readonly Key[]): Promise<Listed> {
  const [signed, raw, place, path] = list(read(listing), 4, 4);
  const [root, row] = [bytes(signed), bytes(raw)];
  const said = fields(await opened(root, 'fleet-root', authorities), [1, 2, 3, 4, 5]);
  if (said.get(1) !== 1) throw new Wrong('the list of devices is of another version');
  const siblings = list(path, 0, 14).map((item) => bytes(item, 32));
  const leaf = await sha256(join(Uint8Array.of(0), row));
  const found = await rootFrom(leaf, whole(place, 0, MOST), whole(said.get(4), 0, MOST), siblings);
  if (!same(found, bytes(said.get(5), 32)))
    throw new Wrong('the device is not on the list that the authority signed');
  const [device, , name, , , , profile, key] = list(read(row), 9, 9);
  const [top] = list(read(root), 4, 4);
  return {
    device: bytes(device, 8),
    name: text(name),
    key: await readKey(bytes(key)),
    profile: bytes(profile, 32),
    by: hex(bytes(fields(bytes(top), [1, 4]).get(4), 16)),
    version: whole(said.get(2), 0, MAX_32),
  };
}
