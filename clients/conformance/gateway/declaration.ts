import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { type Anchors, openAnchors, readAnchors } from '../../../server/protocol/anchors.ts';
import { type Bytes, unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { openProfile, type Profile } from '../../../server/protocol/profile.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { ConfigFault, readConfigFile } from '../../common/process/config.ts';
import { nodeCrypto, signerFromPem } from '../../common/process/crypto.ts';
import { CLINICIANS, type Seats, seatsOf } from './people.ts';

const path = z.string().min(1);
const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));

const PLAYED = z.strictObject({
  id: hexOf(8).describe('EUI-64 of a device that the gateway knows, and that nobody else plays meanwhile.'),
  identityKey: path.describe('PEM of the key that signs attestations and receipts.'),
  profile: path.describe('The profile as its maker signed it.'),
  salt: hexOf(16),
  tag: hexOf(32),
  mrn: z.string().default('').describe('Record number and year of birth behind the tag, for the tablet.'),
  birthYear: z.int().default(0),
});
const TLS = { key: path, cert: path };

/** What somebody says of a gateway under test, and of the parties that the kit plays for it: `declaration.json`. */
export const GATEWAY_DECLARATION = z.strictObject({
  kind: z.literal('gateway'),
  name: z.string().min(1).max(80),
  keys: path.describe('Folder of the tester: its keys and its log. Made when it is not there.'),
  url: z
    .string()
    .regex(/^wss:\/\/[^/]+$/u, 'expected wss://ADDRESS:PORT')
    .describe('Where devices dial in.'),
  hostname: z.string().min(1).describe('The name that its certificate has to carry.'),
  ca: path.describe('PEM of the authority that certifies it.'),
  anchors: path.describe('The anchors that name its grant key, its log and its witnesses.'),
  device: PLAYED.extend(TLS).describe('The bedside device that the kit plays.'),
  unenrolled: z
    .strictObject(TLS)
    .optional()
    .describe('A certificate of the right authority that nobody enrolled.'),
  station: z.strictObject({ label: z.string().min(1), ...TLS }).optional(),
  card: PLAYED.optional().describe('The implant that the kit lays on the station’s reader.'),
  clinicians: CLINICIANS.optional(),
  answerMs: z.int().min(1).max(10_000).default(2_000).describe('An answer that takes longer is a warning.'),
});

/** A device that the kit plays for the gateway. */
export interface PlayedIdentity {
  readonly id: Bytes;
  readonly identity: Signer;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  readonly salt: Bytes;
  readonly tag: Bytes;
  readonly patient: { readonly mrn: string; readonly birthYear: number };
}

interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** The declaration with everything in it read. */
export interface GatewayDeclaration {
  readonly name: string;
  readonly folder: string;
  readonly keys: string;
  readonly door: { readonly url: string; readonly hostname: string; readonly ca: string };
  readonly anchors: Anchors;
  /** Digest of the anchors: SHA-256 over all their bytes. */
  readonly anchorsHash: Bytes;
  readonly device: PlayedIdentity & { readonly tls: Tls; readonly hex: string };
  readonly unenrolled: Tls | undefined;
  readonly station: (Tls & { readonly label: string }) | undefined;
  readonly card: PlayedIdentity | undefined;
  readonly seats: Seats;
  readonly answerMs: number;
}

/** Is this the declaration of a gateway? Says nothing of whether it is sound. */
export function isGateway(where: string): boolean {
  try {
    const said: unknown = JSON.parse(readFileSync(fileOf(where), 'utf8'));
    return z.looseObject({ kind: z.literal('gateway') }).safeParse(said).success;
  } catch {
    return false;
  }
}

const fileOf = (where: string): string =>
  existsSync(join(where, 'declaration.json')) ? join(where, 'declaration.json') : where;

/** Reads the declaration of a gateway, or that of a folder. Throws ConfigFault naming every fault. */
export async function readGatewayDeclaration(where: string): Promise<GatewayDeclaration> {
  const file = fileOf(where);
  const said = readConfigFile(file, GATEWAY_DECLARATION);
  const folder = dirname(resolve(file));
  const at = (name: string): string => (isAbsolute(name) ? name : join(folder, name));
  const faults: string[] = [];
  const attempt = async <T>(field: string, read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      faults.push(`${field}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const text = (name: string): string => readFileSync(at(name), 'utf8');
  const bytes = (name: string): Bytes => new Uint8Array(readFileSync(at(name)));
  const tlsOf = ({ key, cert }: Tls): Tls => ({ key: text(key), cert: text(cert) });

  const anchored = await attempt('anchors', () => anchorsIn(bytes(said.anchors)));
  const played = (each: z.output<typeof PLAYED>): Promise<PlayedIdentity> =>
    playedBy(each, text, bytes, anchored?.anchors);
  const device = await attempt('device', async () => ({
    ...(await played(said.device)),
    tls: tlsOf(said.device),
    hex: said.device.id,
  }));
  const ca = await attempt('ca', () => text(said.ca));
  const { unenrolled, station, card, clinicians } = said;
  const seats =
    clinicians && (await attempt('clinicians', () => seatsOf(clinicians, text, bytes(said.anchors))));
  const read = {
    unenrolled: unenrolled && (await attempt('unenrolled', () => tlsOf(unenrolled))),
    station: station && (await attempt('station', () => ({ ...tlsOf(station), label: station.label }))),
    card: card && (await attempt('card', () => played(card))),
  };
  if (faults.length > 0 || !anchored || !device || ca === undefined) throw new ConfigFault(file, faults);
  return {
    name: said.name,
    folder,
    keys: at(said.keys),
    door: { url: said.url, hostname: said.hostname, ca },
    ...anchored,
    device,
    ...read,
    seats: seats ?? {},
    answerMs: said.answerMs,
  };
}

async function anchorsIn(file: Bytes): Promise<Pick<GatewayDeclaration, 'anchors' | 'anchorsHash'>> {
  const anchors = await openAnchors(nodeCrypto, file, readAnchors(nodeCrypto, file));
  return { anchors, anchorsHash: nodeCrypto.sha256(file) };
}

async function playedBy(
  { id, identityKey, profile: file, salt, tag, mrn, birthYear }: z.output<typeof PLAYED>,
  text: (name: string) => string,
  bytes: (name: string) => Bytes,
  anchors: Anchors | undefined,
): Promise<PlayedIdentity> {
  if (!anchors) throw new Refusal('E_PROFILE', 'without anchors nobody knows whose profile it is');
  const { profile, hash } = await openProfile(nodeCrypto, bytes(file), [anchors.profileMaker]);
  return {
    id: unhex(id),
    identity: signerFromPem(text(identityKey)),
    profile,
    profileHash: hash,
    salt: unhex(salt),
    tag: unhex(tag),
    patient: { mrn, birthYear },
  };
}
