import type { Anchors } from '../check/anchors.ts';
import { type Bytes, same, unbase64url, unhex, Wrong } from '../check/bytes.ts';
import { readListing } from '../check/listing.ts';
import { type Profile, readProfile } from '../check/profile.ts';
import type { Key } from '../check/signed.ts';
import type { Gateway } from './gateway.ts';
import type { Lists } from './lists.ts';
import { listIn, numberIn, object, type Said, textIn } from './said.ts';

/** A device by what does not change: verified here, and not asked for anything. */
export interface Known {
  readonly id: Bytes;
  readonly name: string;
  readonly key: Key;
  readonly profile: Profile;
  /** Outside of which values the hospital asks for two people, by code: the gateway's word, and no limit of the device. */
  readonly ranges: ReadonlyMap<number, Range>;
}

/** In the setting's steps. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Key, name and profile of a device (its EUI-64, hexadecimal): as authority and maker signed them, whatever the gateway says.
 * Throws Refused, Away or Wrong.
 */
export async function knownDevice(
  gateway: Pick<Gateway, 'ask'>,
  anchors: Pick<Anchors, 'authorities' | 'maker'>,
  lists: Lists,
  device: string,
): Promise<Known> {
  const seen = await lists.seen();
  const said = object(await gateway.ask('GET', `/v1/devices/${device}`), 'device');
  const listed = await readListing(unbase64url(textIn(said, 'listing')), anchors.authorities);
  await lists.keep(seen, listed);
  const id = unhex(device);
  if (!same(listed.device, id)) throw new Wrong('the listing of another device');
  const profile = await readProfile(unbase64url(textIn(said, 'profile')), anchors.maker);
  if (!same(listed.profile, profile.hash)) throw new Wrong('the authority lists another profile');
  return { id, name: listed.name, key: listed.key, profile, ranges: rangesIn(said) };
}

function rangesIn(said: Said): ReadonlyMap<number, Range> {
  if (said['siteLimits'] === undefined) return new Map();
  const rows = listIn(said, 'siteLimits').map((row) => object(row, 'siteLimits'));
  return new Map(
    rows.map((row) => [numberIn(row, 'code'), { low: numberIn(row, 'low'), high: numberIn(row, 'high') }]),
  );
}
