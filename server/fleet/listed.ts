import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Anchors } from '../protocol/anchors.ts';
import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import { encode } from '../protocol/encoding/cbor.ts';
import type { Crypto } from '../protocol/crypto.ts';
import { deviceValue, type FleetDevice } from '../protocol/fleet/fleet-device.ts';
import { openFleet } from '../protocol/fleet/fleet.ts';
import { listingsOf } from '../protocol/fleet/listing.ts';
import { openProfile, type Profile } from '../protocol/profile.ts';
import { belongs, type EnrolledDevice, SIMULATED } from './registry.ts';

/** Everybody who may connect, as the authority signed it. */
export interface Listed {
  readonly version: number;
  /** When the authority signed it (unix s). */
  readonly issued: number;
  readonly devices: readonly ListedDevice[];
  /** Fingerprint of a certificate to device id, hexadecimal both. */
  readonly certificates: ReadonlyMap<string, string>;
  /** Fingerprint of a certificate to a station's label. */
  readonly stations: ReadonlyMap<string, string>;
  /** What could not be taken up, one line each. */
  readonly faults: readonly string[];
}

export interface ListedDevice {
  readonly device: EnrolledDevice;
  /** SHA-256 of its row: another one, and something about it changed. */
  readonly digest: Bytes;
}

/** The file that holds the list, in the folder of what the authority publishes. */
export const fleetFile = (folder: string): string => join(folder, 'fleet.bin');

/**
 * Reads a list that the authority signed, and finds the profile of each device among `profiles/*.bin`. A device whose
 * profile is not there is left out, and said. Throws Refusal when the list does not verify.
 */
export async function readListed(
  folder: string,
  bytes: Bytes,
  crypto: Crypto,
  anchors: Anchors,
): Promise<Listed> {
  const fleet = await openFleet(crypto, bytes, anchors.authorities);
  const profiles = await readProfiles(folder, crypto, anchors);
  const faults: string[] = [];
  const listings = fleet.root && listingsOf(crypto.sha256, fleet.root, fleet.devices);
  const devices = fleet.devices.flatMap((row, at) => {
    const known = profiles.get(hex(row.profile));
    const fault = !known ? 'its profile is not published' : belongs(known.profile, anchors) ? '' : SIMULATED;
    if (fault !== '') faults.push(`${row.name}: ${fault}`);
    return known && fault === ''
      ? [{ device: deviceOf(row, known, listings?.[at]), digest: crypto.sha256(encode(deviceValue(row))) }]
      : [];
  });
  return {
    version: fleet.version,
    issued: fleet.issued,
    devices,
    certificates: new Map(
      fleet.devices.flatMap(({ id, certificates }) => certificates.map((one) => [hex(one), hex(id)])),
    ),
    stations: new Map(
      fleet.stations.flatMap(({ label, certificates }) => certificates.map((one) => [hex(one), label])),
    ),
    faults,
  };
}

interface KnownProfile {
  readonly profile: Profile;
  readonly hash: Bytes;
  readonly bytes: Bytes;
}

/** Every profile there that its maker signed, by its hash; others are none. */
async function readProfiles(
  folder: string,
  crypto: Crypto,
  { profileMaker }: Anchors,
): Promise<ReadonlyMap<string, KnownProfile>> {
  const names = await readdir(join(folder, 'profiles')).catch(() => []);
  const known = new Map<string, KnownProfile>();
  for (const name of names.filter((one) => one.endsWith('.bin'))) {
    const bytes = new Uint8Array(await readFile(join(folder, 'profiles', name)));
    const opened = await openProfile(crypto, bytes, [profileMaker]).catch(() => undefined);
    if (opened) known.set(hex(opened.hash), { ...opened, bytes });
  }
  return known;
}

const deviceOf = (
  row: FleetDevice,
  { profile, hash, bytes }: KnownProfile,
  listing: Bytes | undefined,
): EnrolledDevice => ({
  id: row.id,
  hex: hex(row.id),
  name: row.name,
  model: profile.model,
  site: row.site,
  transport: row.transport,
  posture: row.posture,
  identity: row.identity,
  identityKey: row.identityKey,
  fingerprint: undefined,
  profile,
  profileHash: hash,
  profileBytes: bytes,
  listing,
});
