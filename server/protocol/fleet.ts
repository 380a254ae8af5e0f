import { type Bytes, compare, equal, hex } from './bytes.ts';
import { type Cbor, encode } from './cbor.ts';
import { parseCoseKey } from './cose-key.ts';
import { keyNamed, open1, parseSign1, sign1 } from './cose.ts';
import type { Crypto, PublicKey, Signer } from './crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, textOf, uint } from './fields.ts';
import { isPlainName } from './plain-name.ts';
import { Refusal } from './refusal.ts';

/**
 * The authority's numbered list of everything that may connect: devices, and reader stations. Gateways read it;
 * devices do not.
 *
 *     COSE_Sign1 { 1: version of this format, 2: list version, 3: issued (unix s), 4: [device], 5: [station] }
 */
export interface Fleet {
  readonly version: number;
  readonly issued: number;
  /** Ascending by id. */
  readonly devices: readonly FleetDevice[];
  /** Ascending by label. */
  readonly stations: readonly FleetStation[];
}

/** `[id, serial, name, site, transport (1, 2), takes commands (0, 1), profile hash, COSE_Key, [certificate hash]]` */
export interface ListedDevice {
  /** EUI-64. */
  readonly id: Bytes;
  readonly serial: string;
  readonly name: string;
  readonly site: string;
  readonly transport: 'websocket' | 'nfc';
  readonly posture: 'enrolled' | 'monitor-only';
  /** SHA-256 of the payload of the profile that its maker signed. */
  readonly profile: Bytes;
  /** COSE_Key that it proves itself with. */
  readonly identityKey: Bytes;
  /** SHA-256 of each TLS certificate it may show. */
  readonly certificates: readonly Bytes[];
}

export interface FleetDevice extends ListedDevice {
  readonly identity: PublicKey;
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
/** While one is renewed there are two; a device that was away for long has a few more. */
export const MAX_CERTIFICATES = 8;
const MAX_NAME = 80;
const CODE = 'E_NOT_ENROLLED';

/** One row, encoded: what the log announces of an enrolment is its SHA-256. */
export const deviceValue = (device: ListedDevice): Cbor => [
  device.id,
  device.serial,
  device.name,
  device.site,
  device.transport === 'websocket' ? 1 : 2,
  device.posture === 'enrolled' ? 1 : 0,
  device.profile,
  device.identityKey,
  device.certificates,
];

const contentValue = ({ devices, stations }: FleetContent): readonly [Cbor, Cbor] => [
  devices.map(deviceValue),
  stations.map(({ label, certificates }) => [label, certificates]),
];

/** Do two lists say the same? */
export const sameFleet = (a: FleetContent, b: FleetContent): boolean =>
  equal(encode(contentValue(a)), encode(contentValue(b)));

/** The authority signs a list; rows have to be in order. */
export function issueFleet(
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
  ]);
  return sign1('fleet', encode(payload), authority);
}

/** A list that one of the `issuers` signed; throws Refusal E_NOT_ENROLLED. */
export async function openFleet(crypto: Crypto, bytes: Bytes, issuers: readonly PublicKey[]): Promise<Fleet> {
  const message = parseSign1(bytes, 'fleet', MAX_FLEET, CODE);
  const issuer = keyNamed(issuers, message.kid, 'fleet', CODE);
  return parseFleet(crypto, await open1(crypto, 'fleet', message, issuer, CODE));
}

/** Reads a list's payload and holds it against itself; throws Refusal E_NOT_ENROLLED or E_VERSION. */
export function parseFleet(crypto: Crypto, payload: Bytes): Fleet {
  const f = Fields.of(decodeStrict(payload, 'fleet', MAX_FLEET, CODE), 'fleet', [1, 2, 3, 4, 5], [], CODE);
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'format of the list', 'fleet.1');
  const devices = f.array(4, MAX_DEVICES).map((row) => parseDevice(crypto, row));
  const stations = f.array(5, MAX_STATIONS).map(parseStation);
  expectAscending(devices.map(({ id }) => id), 'fleet.4'); // prettier-ignore
  const labels = stations.map(({ label }) => label);
  if (labels.some((label, i) => i > 0 && label <= (labels[i - 1] ?? '')))
    throw new Refusal(CODE, 'out of order', 'fleet.5');
  const all = [...devices, ...stations].flatMap(({ certificates }) => certificates.map(hex));
  if (new Set(all).size < all.length) throw new Refusal(CODE, 'one certificate twice', 'fleet');
  return { version: f.uint(2, 0xffff_ffff), issued: f.uint(3), devices, stations };
}

function parseDevice(crypto: Crypto, row: Cbor): FleetDevice {
  const at = 'fleet.4';
  const [id, serial, name, site, transport, posture, profile, key, certificates] = arrayOf(
    row,
    at,
    9,
    9,
    CODE,
  );
  const identityKey = bytesOf(key, at, undefined, CODE);
  return {
    id: bytesOf(id, at, 8, CODE),
    serial: plain(serial, at),
    name: plain(name, at),
    site: plain(site, at),
    transport: oneOrTwo(transport, at) === 1 ? 'websocket' : 'nfc',
    posture: uint(posture, at, 1, CODE) === 1 ? 'enrolled' : 'monitor-only',
    profile: bytesOf(profile, at, 32, CODE),
    identityKey,
    identity: parseCoseKey(crypto.sha256, identityKey, at),
    certificates: hashes(certificates, at),
  };
}

function parseStation(row: Cbor): FleetStation {
  const [label, certificates] = arrayOf(row, 'fleet.5', 2, 2, CODE);
  return { label: plain(label, 'fleet.5'), certificates: hashes(certificates, 'fleet.5') };
}

const hashes = (value: Cbor | undefined, at: string): readonly Bytes[] =>
  arrayOf(value, at, 0, MAX_CERTIFICATES, CODE).map((one) => bytesOf(one, at, 32, CODE));

function plain(value: Cbor | undefined, at: string): string {
  const text = textOf(value, at, MAX_NAME);
  if (!isPlainName(text)) throw new Refusal(CODE, 'expected a name that can be printed', at);
  return text;
}

function oneOrTwo(value: Cbor | undefined, at: string): 1 | 2 {
  if (value === 1 || value === 2) return value;
  throw new Refusal(CODE, 'expected 1 or 2', at);
}

function expectAscending(ids: readonly Bytes[], at: string): void {
  ids.forEach((id, i) => {
    const before = ids[i - 1];
    if (before && compare(before, id) >= 0) throw new Refusal(CODE, 'out of order', at);
  });
}
