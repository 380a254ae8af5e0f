import * as z from 'zod/mini';
import { type Attestation, openAttestation, patientTag } from '../../../server/protocol/attestation.ts';
import { type Bytes, equal, hex, unbase64url, unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../../server/protocol/crypto.ts';
import { checkFirmware } from '../../../server/protocol/firmware.ts';
import { openListingOf } from '../../../server/protocol/fleet/listing.ts';
import { openProfile, type Profile } from '../../../server/protocol/profile.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import type { GatewayStream } from '../../common/page/gate/gateway-stream.ts';
import { read } from '../../common/page/gate/json.ts';
import { keepDevice } from './known-devices.ts';
import { keepList, listsSeen } from './known-lists.ts';
import { birthYearOf, type Patient, SAFETY, type Safety } from '../patient/patients.ts';
import type { World } from '../../common/page/gate/world.ts';

/** A device as this tablet verified it, at one moment. */
export interface Reading extends Safety {
  /** EUI-64, hexadecimal. */
  readonly id: string;
  readonly device: Bytes;
  readonly name: string;
  readonly transport: 'nfc' | 'websocket';
  readonly identity: PublicKey;
  readonly attestation: Attestation;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  /** Unix ms, this tablet's clock. */
  readonly at: number;
  /** Does the device say that it belongs to this patient? */
  readonly belongs: boolean;
  /** The gateway's word: hash of the command whose outcome is open. */
  readonly unknown: string | undefined;
  /** The gateway's word: hash of the emergency command that waits for a review. */
  readonly review: string | undefined;
  /**
   * The gateway's word: outside of which values the hospital asks for two people, by code. One that lies can hide a range; it
   * lifts no limit of the device, and the log shows what it took from one person.
   */
  readonly siteRanges?: ReadonlyMap<number, SiteRange>;
  /** The gateway's word: below which charge the hospital changes nothing. */
  readonly stopBelowPercent?: number | undefined;
}

/** In steps of the setting. */
export interface SiteRange {
  readonly low: number;
  readonly high: number;
}

/** What a tablet needs of its world to read a device. */
interface ReadingWorld extends Pick<World, 'crypto' | 'shelf'> {
  readonly anchors: Pick<World['anchors'], 'authorities' | 'profileMaker'>;
  readonly place: Pick<World['place'], 'environment'>;
}

const DETAIL = z.object({
  id: z.string(),
  reader: z.optional(z.string()),
  unknown: z.optional(z.string()),
  review: z.optional(z.string()),
  ...SAFETY,
  siteLimits: z.optional(z.array(z.object({ code: z.int(), low: z.int(), high: z.int() }))),
  stopBelowPercent: z.optional(z.int()),
  profile: z.string(),
  listing: z.optional(z.string()),
});

/**
 * Opens a device and verifies what it says with this tablet's own anchors: its key by the authority, its profile by the maker,
 * its attestation by itself, and that it is the device that was asked for. Throws Refusal; the gateway's own word counts for
 * nothing here.
 *
 * @param bound label of the reader beside this tablet: an implant on any other one is not read
 */
export async function readDevice(
  { crypto, anchors, place, shelf }: ReadingWorld,
  http: Pick<GatewayHttp, 'json'>,
  stream: Pick<GatewayStream, 'call'>,
  id: string,
  patient: Patient,
  bound: string | undefined,
  now: number,
): Promise<Reading> {
  const seen = await listsSeen(shelf); // Before anything is asked: what is answered after that is at least as new.
  const detail = read(DETAIL, await http.json('GET', `/v1/devices/${id}`), 'the device');
  const said = unbase64url(detail.listing ?? '');
  const listing = await openListingOf(crypto, said, anchors.authorities, unhex(id));
  await keepList(shelf, seen, listing);
  const { name, transport, identity, identityKey } = listing.device;
  if (transport === 'nfc' && detail.reader !== undefined && detail.reader !== bound)
    throw new Refusal('E_READER', 'the device lies on another reader', 'device.reader');
  const { profile, hash } = await openProfile(crypto, unbase64url(detail.profile), [anchors.profileMaker]);
  if (place.environment === 'production' && profile.model.startsWith('SIM-'))
    throw new Refusal('E_PROFILE', 'a simulated device in a real hospital', 'profile.model');
  if (!equal(listing.device.profile, hash))
    throw new Refusal('E_PROFILE', 'the authority lists another profile', 'listing');
  const reply = await stream.call({ kind: 'open', device: unhex(id) });
  if (reply.kind !== 'opened') throw new Refusal('E_DEVICE_IDENTITY', 'no attestation', 'device');
  const attestation = await openAttestation(crypto, reply.attestation, identity);
  if (hex(attestation.device) !== id)
    throw new Refusal('E_DEVICE_IDENTITY', 'another device answered', 'attestation.device');
  if (!equal(attestation.profile, hash))
    throw new Refusal('E_PROFILE', 'the device runs another profile', 'attestation.profile');
  checkFirmware(profile, attestation);
  await keepDevice(shelf, id, identityKey, unbase64url(detail.profile));
  const mrn = patient.wristband ?? patient.mrn ?? '';
  const tag = patientTag(crypto.sha256, attestation.patientSalt, mrn, birthYearOf(patient));
  return {
    id,
    device: unhex(id),
    name,
    transport,
    identity,
    attestation,
    profile,
    profileHash: hash,
    at: now,
    unknown: detail.unknown,
    review: detail.review,
    safeSince: detail.safeSince,
    reviewDue: detail.reviewDue,
    rescuer: detail.rescuer,
    siteRanges: new Map(detail.siteLimits?.map(({ code, ...range }) => [code, range])),
    stopBelowPercent: detail.stopBelowPercent,
    // Nobody else's wristband vouches for the person whose name stands above it.
    belongs: equal(tag, attestation.patient) && (patient.mrn ?? mrn) === mrn,
  };
}
