import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Anchors } from '../protocol/anchors.ts';
import { type Bytes, unhex } from '../protocol/encoding/bytes.ts';
import { parseCoseKey } from '../protocol/encoding/cose-key.ts';
import type { Crypto, PublicKey } from '../protocol/crypto.ts';
import { openProfile, type Profile } from '../protocol/profile.ts';

/** A device that the hospital enrolled: who it is, how it proves it, and what its maker says it can do. */
export interface EnrolledDevice {
  readonly id: Bytes;
  /** The same in hexadecimal. */
  readonly name: string;
  readonly hex: string;
  readonly model: string;
  readonly site: string;
  readonly transport: 'nfc' | 'websocket';
  readonly posture: 'enrolled' | 'monitor-only';
  readonly identity: PublicKey;
  readonly identityKey: Bytes;
  /** SHA-256 of its TLS certificate, for devices on the network. */
  readonly fingerprint: string | undefined;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  readonly profileBytes: Bytes;
  /** The authority's word on this device; undefined where a hospital has no authority, only files. */
  readonly listing: Bytes | undefined;
}

/** What is said of a device that does not belong. */
export const SIMULATED = 'it is a simulated device, and this hospital is none of a simulation';

/** Simulated devices, by the name their maker gave the model, are for simulations: nobody shall take one for real, or treat a person by it. */
export const belongs = (
  { model }: Pick<Profile, 'model'>,
  { development }: Pick<Anchors, 'development'>,
): boolean => development || !model.startsWith('SIM-');

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));

const FILE = z.array(
  z.object({
    id: hexOf(8),
    name: z.string().min(1).max(80),
    serial: z.string().min(1).max(80),
    model: z.string().min(1).max(80),
    site: z.string().min(1).max(80).default('ward'),
    transport: z.enum(['nfc', 'websocket']),
    posture: z.enum(['enrolled', 'monitor-only']).default('enrolled'),
    profile: z.string().min(1),
    identity: z.string().regex(/^[0-9a-f]+$/u),
    tlsFingerprint: hexOf(32).optional(),
  }),
);

/** Every enrolled device, by id and by certificate. */
export class Registry {
  #byId: ReadonlyMap<string, EnrolledDevice> = new Map();
  #byFingerprint: ReadonlyMap<string, EnrolledDevice> = new Map();

  constructor(devices: readonly EnrolledDevice[]) {
    this.replace(devices, fingerprintsOf(devices));
  }

  /** Everybody as they are now, with their certificates: fingerprint to device id. */
  replace(devices: readonly EnrolledDevice[], fingerprints: ReadonlyMap<string, string>): void {
    this.#byId = new Map(devices.map((device) => [device.hex, device]));
    this.certify(fingerprints);
  }

  byId(id: string): EnrolledDevice | undefined {
    return this.#byId.get(id);
  }

  byFingerprint(fingerprint: string): EnrolledDevice | undefined {
    return this.#byFingerprint.get(fingerprint);
  }

  /**
   * Certificates as they are now, fingerprint to device id: a new one for a known device, or none any more. Devices
   * that are new, or whose identity key changed, are none of this.
   */
  certify(fingerprints: ReadonlyMap<string, string>): void {
    this.#byFingerprint = new Map(
      [...fingerprints].flatMap(([fingerprint, id]) => {
        const device = this.#byId.get(id);
        return device ? [[fingerprint, device]] : [];
      }),
    );
  }

  get all(): readonly EnrolledDevice[] {
    return [...this.#byId.values()];
  }
}

const fingerprintsOf = (devices: readonly EnrolledDevice[]): ReadonlyMap<string, string> =>
  new Map(devices.flatMap(({ fingerprint, hex }) => (fingerprint ? [[fingerprint, hex]] : [])));

/** Certificates in the enrolment file: fingerprint to device id. Throws Error naming the file and the field. */
export async function readFingerprints(folder: string): Promise<ReadonlyMap<string, string>> {
  const rows = await readRows(folder);
  return new Map(rows.flatMap(({ id, tlsFingerprint }) => (tlsFingerprint ? [[tlsFingerprint, id]] : [])));
}

async function readRows(folder: string): Promise<z.output<typeof FILE>> {
  const file = join(folder, 'devices.json');
  const parsed = FILE.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * Reads the enrolment file and the maker-signed profiles it names. Throws Error with the file and the field when
 * anything is missing or does not verify: a gateway that half knows its devices does not start.
 */
export async function readRegistry(folder: string, crypto: Crypto, anchors: Anchors): Promise<Registry> {
  const file = join(folder, 'devices.json');
  const devices: EnrolledDevice[] = [];
  for (const row of await readRows(folder)) {
    const profileBytes = new Uint8Array(await readFile(join(folder, row.profile)));
    const { profile, hash } = await openProfile(crypto, profileBytes, [anchors.profileMaker]);
    if (!belongs(profile, anchors)) throw new Error(`${file} ${row.name}: ${SIMULATED}`);
    const identityKey = unhex(row.identity);
    devices.push({
      id: unhex(row.id),
      hex: row.id,
      name: row.name,
      model: row.model,
      site: row.site,
      transport: row.transport,
      posture: row.posture,
      identity: parseCoseKey(crypto.sha256, identityKey, `${file} ${row.name}`),
      identityKey,
      fingerprint: row.tlsFingerprint,
      profile,
      profileHash: hash,
      profileBytes,
      listing: undefined,
    });
  }
  return new Registry(devices);
}
