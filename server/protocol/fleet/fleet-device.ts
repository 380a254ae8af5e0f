import type { Bytes } from '../encoding/bytes.ts';
import type { Cbor } from '../encoding/cbor.ts';
import { parseCoseKey } from '../encoding/cose-key.ts';
import type { PublicKey, Sha256 } from '../crypto.ts';
import { arrayOf, bytesOf, textOf, uint } from '../encoding/fields.ts';
import { isPlainName } from '../encoding/plain-name.ts';
import { Refusal } from '../refusal.ts';

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

/** One row read; throws Refusal E_NOT_ENROLLED. @param at where it stands, for the refusal */
export function parseDevice(sha256: Sha256, row: Cbor, at: string): FleetDevice {
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
    identity: parseCoseKey(sha256, identityKey, at),
    certificates: hashes(certificates, at),
  };
}

/** SHA-256 of each TLS certificate. */
export const hashes = (value: Cbor | undefined, at: string): readonly Bytes[] =>
  arrayOf(value, at, 0, MAX_CERTIFICATES, CODE).map((one) => bytesOf(one, at, 32, CODE));

/** A name that can be printed; throws Refusal E_NOT_ENROLLED. */
export function plain(value: Cbor | undefined, at: string): string {
  const text = textOf(value, at, MAX_NAME);
  if (!isPlainName(text)) throw new Refusal(CODE, 'expected a name that can be printed', at);
  return text;
}

function oneOrTwo(value: Cbor | undefined, at: string): 1 | 2 {
  if (value === 1 || value === 2) return value;
  throw new Refusal(CODE, 'expected 1 or 2', at);
}
