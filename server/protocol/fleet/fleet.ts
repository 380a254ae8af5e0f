import { type Bytes, compare, equal, hex } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { keyNamed, open1, parseSign1, sign1 } from '../encoding/cose.ts';
import type { Crypto, PublicKey, Sha256, Signer } from '../crypto.ts';
import { arrayOf, decodeStrict, Fields } from '../encoding/fields.ts';
import {
  deviceValue,
  type FleetDevice,
  hashes,
  type ListedDevice,
  parseDevice,
  plain,
} from './fleet-device.ts';
import { checkRoot, issueRoot, openRoot } from './listing.ts';
import { Refusal } from '../refusal.ts';

/**
 * The authority's numbered list of everything that may connect: devices, and reader stations. Gateways read it;
 * devices do not.
 *
 *     COSE_Sign1 { 1: version of this format, 2: list version, 3: issued (unix s), 4: [device], 5: [station],
 *                  ? 6: signed root over the devices }
 */
export interface Fleet {
  readonly version: number;
  readonly issued: number;
  /** Ascending by id. */
  readonly devices: readonly FleetDevice[];
  /** Ascending by label. */
  readonly stations: readonly FleetStation[];
  /** By which one device is shown to stand here; undefined in lists from before there were such. */
  readonly root: Bytes | undefined;
}

/** `[label, [certificate hash]]` */
export interface FleetStation {
  readonly label: string;
  readonly certificates: readonly Bytes[];
}

/** What a list says, beside its number. */
export interface FleetContent {
  readonly devices: readonly ListedDevice[];
  readonly stations: readonly FleetStation[];
}

/** Sixteen thousand devices of at most 500 bytes. */
export const MAX_FLEET = 8 * 1024 * 1024;
const MAX_DEVICES = 16_000;
const MAX_STATIONS = 1_000;
const CODE = 'E_NOT_ENROLLED';

const contentValue = ({ devices, stations }: FleetContent): readonly [Cbor, Cbor] => [
  devices.map(deviceValue),
  stations.map(({ label, certificates }) => [label, certificates]),
];

/** Do two lists say the same? */
export const sameFleet = (a: FleetContent, b: FleetContent): boolean =>
  equal(encode(contentValue(a)), encode(contentValue(b)));

/** The authority signs a list, and what its devices come to; rows have to be in order. */
export async function issueFleet(
  sha256: Sha256,
  fleet: FleetContent & Pick<Fleet, 'version' | 'issued'>,
  authority: Signer,
): Promise<Bytes> {
  const [devices, stations] = contentValue(fleet);
  const payload = new Map<number, Cbor>([
    [1, 1],
    [2, fleet.version],
    [3, fleet.issued],
    [4, devices],
    [5, stations],
    [6, await issueRoot(sha256, fleet, fleet.devices, authority)],
  ]);
  return sign1('fleet', encode(payload), authority);
}

/** A list that one of the `issuers` signed; throws Refusal E_NOT_ENROLLED. */
export async function openFleet(crypto: Crypto, bytes: Bytes, issuers: readonly PublicKey[]): Promise<Fleet> {
  const message = parseSign1(bytes, 'fleet', MAX_FLEET, CODE);
  const issuer = keyNamed(issuers, message.kid, 'fleet', CODE);
  const fleet = parseFleet(crypto, await open1(crypto, 'fleet', message, issuer, CODE));
  if (fleet.root) checkRoot(crypto.sha256, await openRoot(crypto, fleet.root, [issuer]), fleet);
  return fleet;
}

/** Reads a list's payload and holds it against itself, but for its root; throws Refusal E_NOT_ENROLLED or E_VERSION. */
export function parseFleet({ sha256 }: Crypto, payload: Bytes): Fleet {
  const f = Fields.of(decodeStrict(payload, 'fleet', MAX_FLEET, CODE), 'fleet', [1, 2, 3, 4, 5], [6], CODE);
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'format of the list', 'fleet.1');
  const devices = f.array(4, MAX_DEVICES).map((row) => parseDevice(sha256, row, 'fleet.4'));
  const stations = f.array(5, MAX_STATIONS).map(parseStation);
  expectAscending(devices.map(({ id }) => id), 'fleet.4'); // prettier-ignore
  const labels = stations.map(({ label }) => label);
  if (labels.some((label, i) => i > 0 && label <= (labels[i - 1] ?? '')))
    throw new Refusal(CODE, 'out of order', 'fleet.5');
  const all = [...devices, ...stations].flatMap(({ certificates }) => certificates.map(hex));
  if (new Set(all).size < all.length) throw new Refusal(CODE, 'one certificate twice', 'fleet');
  const root = f.has(6) ? f.bytes(6) : undefined;
  return { version: f.uint(2, 0xffff_ffff), issued: f.uint(3), devices, stations, root };
}

function parseStation(row: Cbor): FleetStation {
  const [label, certificates] = arrayOf(row, 'fleet.5', 2, 2, CODE);
  return { label: plain(label, 'fleet.5'), certificates: hashes(certificates, 'fleet.5') };
}

function expectAscending(ids: readonly Bytes[], at: string): void {
  ids.forEach((id, i) => {
    const before = ids[i - 1];
    if (before && compare(before, id) >= 0) throw new Refusal(CODE, 'out of order', at);
  });
}
