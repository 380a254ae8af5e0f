import { randomBytes, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseConfig } from '../clients/common/process/config.ts';
import { nodeCrypto, publicKeyFromPem } from '../clients/common/process/crypto.ts';
import { patientTag } from '../server/protocol/attestation.ts';
import { hex } from '../server/protocol/encoding/bytes.ts';
import { coseKey } from '../server/protocol/encoding/cose-key.ts';
import type { Item, KeyFolder } from './key-folder.ts';
import { CA, certificateItem, certificateOf, keyItem, KEYS, YEAR_SECONDS } from './parties.ts';
import { addPatients, PATIENTS, patientOf } from './patients.ts';
import { profileSource, type ProfileName, PROFILES } from './trust.ts';
import { readProfileFile } from './profile-file.ts';

export interface NewDevice {
  /** Like `pump-2`: lower case, digits and hyphens. */
  readonly name: string;
  readonly profile: ProfileName;
}

const digits = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));

/** `devices/<name>/device.json`: what a device knows of itself when it leaves the bench. Hexadecimal is lower case. */
export const DEVICE_FILE = z.strictObject({
  id: digits(8).describe('EUI-64.'),
  name: z.string(),
  serial: z.string().startsWith('SIM-'),
  model: z.string(),
  profile: z.enum(PROFILES),
  transport: z.enum(['nfc', 'websocket']),
  patient: z.strictObject({ salt: digits(16), tag: digits(32) }),
});
export type DeviceFile = z.infer<typeof DEVICE_FILE>;

export const DEVICES_INDEX = 'public/devices.json';
const TRANSPORT = { pacemaker: 'nfc', pump: 'websocket', monitor: 'websocket', watch: 'websocket' } as const;
const at = (name: string, file: string): string => `devices/${name}/${file}`;

const readDevice = (folder: KeyFolder, name: string): DeviceFile => {
  const path = at(name, 'device.json');
  return parseConfig(folder.text(path), DEVICE_FILE, path);
};

/** Names of the devices that are asked for, and of those made earlier. */
export const deviceNames = (folder: KeyFolder, wanted: readonly NewDevice[]): readonly string[] => [
  ...new Set([
    ...wanted.map(({ name }) => name),
    ...folder.list('devices').filter((name) => folder.has(at(name, 'device.json'))),
  ]),
];

/** Device names that cannot be used, or that already belong to a device of another kind. */
export function deviceFaults(folder: KeyFolder, wanted: readonly NewDevice[]): readonly string[] {
  return wanted.flatMap(({ name, profile }) => {
    if (!/^[a-z][a-z0-9-]{0,30}$/u.test(name)) {
      return [`a device is named like pump-2, not ${JSON.stringify(name)}`];
    }
    if (!folder.has(at(name, 'device.json'))) return [];
    const kept = readDevice(folder, name);
    return kept.profile === profile ? [] : [`${name} is a ${kept.profile}; choose another name`];
  });
}

/** Two keys, two certificates and the description of each device. `now` in unix seconds. */
export function deviceItems(folder: KeyFolder, now: number, wanted: readonly NewDevice[]): readonly Item[] {
  const profiles = new Map(wanted.map(({ name, profile }) => [name, profile]));
  return deviceNames(folder, wanted).flatMap((name) => {
    const description = at(name, 'device.json');
    const profile = profiles.get(name);
    const subject = () => {
      const { id, serial } = readDevice(folder, name);
      return { commonName: id, serial, notBefore: now, notAfter: now + YEAR_SECONDS };
    };
    return [
      {
        path: description,
        needs: [PATIENTS],
        make: () => `${JSON.stringify(describe(folder, name, profile), null, 2)}\n`,
      },
      keyItem(at(name, 'identity.key.pem')),
      keyItem(at(name, 'tls.key.pem')),
      certificateItem(
        folder,
        at(name, 'identity.key.pem'),
        { key: KEYS.identityCa, certificate: CA.identity },
        () => ({ ...subject(), use: 'identity' }),
        [description],
      ),
      certificateItem(
        folder,
        at(name, 'tls.key.pem'),
        { key: KEYS.deviceCa, certificate: CA.device },
        () => {
          const leaf = subject();
          return { ...leaf, use: 'client', uri: `urn:countersign:device:${leaf.commonName}` };
        },
        [description],
      ),
    ];
  });
}

function describe(folder: KeyFolder, name: string, profile: ProfileName | undefined): DeviceFile {
  if (profile === undefined) throw new Error(`${name} has no description, and no profile was asked for`);
  const id = randomBytes(8);
  id[0] = ((id[0] ?? 0) & 0xfc) | 0x02; // locally administered: it borrows no maker's range of numbers
  const salt = new Uint8Array(randomBytes(16));
  const { mrn, birthYear } = patientOf(folder, name);
  return {
    id: hex(id),
    name,
    serial: `SIM-${hex(id)}`,
    model: readProfileFile(profileSource(profile)).model,
    profile,
    transport: TRANSPORT[profile],
    patient: { salt: hex(salt), tag: hex(patientTag(nodeCrypto.sha256, salt, mrn, birthYear)) },
  };
}

/** Writes `public/devices.json`: every device with its public keys, by name. */
export function indexDevices(folder: KeyFolder): void {
  const devices = deviceNames(folder, []).map((name) => {
    const device = readDevice(folder, name);
    const { alg, raw } = publicKeyFromPem(folder.text(at(name, 'identity.key.pem')));
    const tls = new X509Certificate(folder.text(certificateOf(at(name, 'tls.key.pem'))));
    return {
      ...device,
      profile: `profiles/${device.profile}.bin`,
      identity: hex(coseKey(alg, raw)),
      tlsFingerprint: tls.fingerprint256.replaceAll(':', '').toLowerCase(),
    };
  });
  folder.index(DEVICES_INDEX, devices);
}

/** Gives each device that is asked for a simulated patient. */
export function admitPatients(folder: KeyFolder, wanted: readonly NewDevice[]): void {
  addPatients(
    folder,
    wanted.map(({ name }) => name),
  );
}
