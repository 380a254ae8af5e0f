import { type Bytes, equal } from '../encoding/bytes.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { keyNamed, open1, parseSign1, sign1 } from '../encoding/cose.ts';
import type { Crypto, PublicKey, Sha256, Signer } from '../crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, uint } from '../encoding/fields.ts';
import { deviceValue, type FleetDevice, type ListedDevice, parseDevice } from './fleet-device.ts';
import { inclusionPath, leafHash, nodeHash, treeRoot, verifyInclusion } from '../log/merkle.ts';
import { Refusal } from '../refusal.ts';

/**
 * The authority's word on one device, for who has to know that one alone: a tablet that shows its values, a stranger who reads
 * the evidence of a command. Without it the gateway could show a device of its own making.
 *
 * Beside each list the authority signs the root of the tree (RFC 9162 section 2.1.1) whose leaves are the list's rows:
 *
 *     COSE_Sign1 fleet-root { 1: version of this format, 2: list version, 3: issued (unix s), 4: rows, 5: root }
 *
 * A listing is one row with its way to that root: `[signed root, row, index, [path]]`.
 */
export interface Listing {
  /** Number of the list: a higher one is newer. */
  readonly version: number;
  /** Unix s. */
  readonly issued: number;
  /** Who signed the list: numbers of different keys are not compared. */
  readonly issuer: PublicKey;
  readonly device: FleetDevice;
}

/** What is said of a whole list, signed by itself. */
export interface FleetRoot {
  readonly version: number;
  readonly issued: number;
  readonly rows: number;
  readonly root: Bytes;
}

/** A root, a row with all its certificates, and a path of 14 hashes. */
export const MAX_LISTING = 4_096;
const MAX_ROOT = 512;
const MAX_ROW = 2_048;
/** The depth of a tree of sixteen thousand. */
const MAX_DEPTH = 14;
const CODE = 'E_NOT_ENROLLED';

type Numbered = Pick<FleetRoot, 'version' | 'issued'>;

/** The authority signs what its list comes to. */
export function issueRoot(
  sha256: Sha256,
  { version, issued }: Numbered,
  devices: readonly ListedDevice[],
  authority: Signer,
): Promise<Bytes> {
  const { root } = new Rows(sha256, devices);
  const said = new Map<number, Cbor>([[1, 1], [2, version], [3, issued], [4, devices.length], [5, root]]); // prettier-ignore
  return sign1('fleet-root', encode(said), authority);
}

/** A root that one of the `issuers` signed; throws Refusal E_NOT_ENROLLED or E_VERSION. */
export async function openRoot(
  crypto: Crypto,
  bytes: Bytes,
  issuers: readonly PublicKey[],
): Promise<FleetRoot & { readonly issuer: PublicKey }> {
  const message = parseSign1(bytes, 'fleet-root', MAX_ROOT, CODE);
  const issuer = keyNamed(issuers, message.kid, 'fleet-root', CODE);
  const payload = await open1(crypto, 'fleet-root', message, issuer, CODE);
  const said = decodeStrict(payload, 'fleet-root', MAX_ROOT, CODE);
  const f = Fields.of(said, 'fleet-root', [1, 2, 3, 4, 5], [], CODE);
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'format of the root', 'fleet-root.1');
  const root = f.bytes(5, 32);
  return {
    version: f.uint(2, 0xffff_ffff),
    issued: f.uint(3),
    rows: f.uint(4, 2 ** MAX_DEPTH),
    root,
    issuer,
  };
}

/** Throws Refusal E_NOT_ENROLLED when a signed root is not that of a list. */
export function checkRoot(
  sha256: Sha256,
  said: FleetRoot,
  list: Numbered & { readonly devices: readonly ListedDevice[] },
): void {
  const fits =
    said.version === list.version &&
    said.issued === list.issued &&
    said.rows === list.devices.length &&
    equal(said.root, new Rows(sha256, list.devices).root);
  if (!fits) throw new Refusal(CODE, 'the root is not that of this list', 'fleet.6');
}

/** One listing for each row, in the order of the list. */
export function listingsOf(sha256: Sha256, signedRoot: Bytes, devices: readonly ListedDevice[]): Bytes[] {
  const rows = new Rows(sha256, devices);
  return devices.map((device, at) => encode([signedRoot, encode(deviceValue(device)), at, rows.path(at)]));
}

/** The key that a listing says it is signed by; nothing of it is believed. Throws Refusal E_NOT_ENROLLED. */
export function listingSigner(bytes: Bytes): Bytes {
  const [signed] = arrayOf(decodeStrict(bytes, 'listing', MAX_LISTING, CODE), 'listing', 4, 4, CODE);
  return parseSign1(bytesOf(signed, 'listing', undefined, CODE), 'fleet-root', MAX_ROOT, CODE).kid;
}

/** Reads a listing: the row stands in a list that one of the `issuers` signed. Throws Refusal E_NOT_ENROLLED or E_VERSION. */
export async function openListing(
  crypto: Crypto,
  bytes: Bytes,
  issuers: readonly PublicKey[],
): Promise<Listing> {
  const at = 'listing';
  const parts = arrayOf(decodeStrict(bytes, at, MAX_LISTING, CODE), at, 4, 4, CODE);
  const signed = bytesOf(parts[0], at, undefined, CODE);
  const row = bytesOf(parts[1], at, undefined, CODE);
  const index = uint(parts[2], at, 2 ** MAX_DEPTH, CODE);
  const path = arrayOf(parts[3], at, 0, MAX_DEPTH, CODE).map((one) => bytesOf(one, at, 32, CODE));
  const { version, issued, issuer, rows, root } = await openRoot(crypto, signed, issuers);
  const leaf = leafHash(crypto.sha256, row);
  if (!verifyInclusion(crypto.sha256, { index, size: rows, leaf, path, root }))
    throw new Refusal(CODE, 'the device is not on the list that the authority signed', at);
  const device = parseDevice(crypto.sha256, decodeStrict(row, at, MAX_ROW, CODE), at);
  return { version, issued, issuer, device };
}

/** A listing of this very device (its EUI-64): the row of another one says nothing of it. Throws like `openListing`. */
export async function openListingOf(
  crypto: Crypto,
  bytes: Bytes,
  issuers: readonly PublicKey[],
  device: Bytes,
): Promise<Listing> {
  const listing = await openListing(crypto, bytes, issuers);
  if (!equal(listing.device.id, device)) throw new Refusal(CODE, 'the listing of another device', 'listing');
  return listing;
}

/** The tree over a list, each level once. */
class Rows {
  readonly #sha256: Sha256;
  readonly #levels: Bytes[][];

  constructor(sha256: Sha256, devices: readonly ListedDevice[]) {
    this.#sha256 = sha256;
    let level = devices.map((device) => leafHash(sha256, encode(deviceValue(device))));
    this.#levels = [level];
    for (; level.length > 1; this.#levels.push(level)) {
      const below = level;
      level = Array.from({ length: Math.floor(below.length / 2) }, (_, i) =>
        nodeHash(sha256, below[2 * i] ?? NOTHING, below[2 * i + 1] ?? NOTHING),
      );
    }
  }

  get #size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  get root(): Bytes {
    return treeRoot(this.#sha256, this.#node, this.#size);
  }

  path(index: number): Bytes[] {
    return inclusionPath(this.#sha256, this.#node, index, this.#size);
  }

  readonly #node = (level: number, index: number): Bytes => {
    const found = this.#levels[level]?.[index];
    if (!found) throw new RangeError(`no node ${index} on level ${level}`);
    return found;
  };
}

const NOTHING: Bytes = new Uint8Array();
