import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Anchors, readAnchors } from '../../server/protocol/anchors.ts';
import type { Approval } from '../../server/protocol/approval.ts';
import { type Attestation, openAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, OPERATION } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { openProfile, type Parameter, type Profile } from '../../server/protocol/profile.ts';
import { prepareCommand, type Wish } from '../../server/protocol/seal.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { softwarePasskey } from '../ward/passkey.ts';
import { people, type PersonName } from '../ward/people.ts';

const INDEX = z.array(
  z.looseObject({ name: z.string(), id: z.string(), profile: z.string(), identity: z.string() }),
);
const PATIENTS = z.array(
  z.object({ mrn: z.string(), birthYear: z.number(), name: z.string(), device: z.string() }),
);

/** A device as honest people know it. */
export interface KnownDevice {
  readonly id: Bytes;
  readonly name: string;
  readonly identity: PublicKey;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  readonly patient: { readonly mrn: string; readonly birthYear: number; readonly name: string };
}

/**
 * The people who are not attacked through their own fault: shown a genuine attestation they sign what they want, with
 * their own passkeys, whoever carries it afterwards.
 */
export class Honest {
  readonly anchors: Anchors;
  readonly anchorsBytes: Bytes;
  readonly #folder: string;
  readonly #devices = new Map<string, KnownDevice>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.anchorsBytes = this.#file('keys/public/anchors.bin');
    this.anchors = readAnchors(nodeCrypto, this.anchorsBytes);
  }

  static async of(folder: string): Promise<Honest> {
    const honest = new Honest(folder);
    const text = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const patients = PATIENTS.parse(text('keys/ward/patients.json'));
    for (const { name, id, profile, identity } of INDEX.parse(text('keys/public/devices.json'))) {
      const signed = honest.#file(`keys/public/${profile}`);
      const opened = await openProfile(nodeCrypto, signed, [honest.anchors.profileMaker]);
      const patient = patients.find(({ device }) => device === name);
      if (!patient) continue;
      const key = parseCoseKey(nodeCrypto.sha256, unhex(identity), 'identity');
      const { profile: said, hash } = opened;
      honest.#devices.set(name, {
        id: unhex(id),
        name,
        identity: key,
        profile: said,
        profileHash: hash,
        patient,
      });
    }
    return honest;
  }

  device(name: string): KnownDevice {
    const found = this.#devices.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  /** Everything that must show up nowhere: names and record numbers of the patients. */
  get canaries(): readonly string[] {
    return [...this.#devices.values()].flatMap(({ patient }) => [patient.name, patient.mrn]);
  }

  /** What a device signed about itself. Throws Refusal for anything else. */
  believe(name: string, attestation: Bytes): Promise<Attestation> {
    return openAttestation(nodeCrypto, attestation, this.device(name).identity);
  }

  setting(name: string, called: string): Parameter {
    const found = this.device(name).profile.parameters.find((parameter) => parameter.name === called);
    if (!found) throw new Error(`${name} has no setting "${called}"`);
    return found;
  }

  /** The bytes for a wish, after a tablet's own checks. Throws Refusal. */
  prepare(name: string, attestation: Attestation, wish: Wish): Bytes {
    const { profile, profileHash, patient } = this.device(name);
    return prepareCommand(nodeCrypto.sha256, { attestation, profile, profileHash }, patient, wish).bytes;
  }

  /** The bytes that set one setting, in its own unit. */
  set(name: string, attestation: Attestation, called: string, value: number): Bytes {
    const { code, scale } = this.setting(name, called);
    const changes = new Map([[code, Math.round(value * 10 ** scale)]]);
    return this.prepare(name, attestation, { operation: OPERATION.program, changes });
  }

  /** A person's own signature. */
  approve(person: PersonName, bytes: Bytes, label: 'command' | 'statement' = 'command'): Promise<Approval> {
    const passkey = softwarePasskey(people(this.#folder)[person]);
    return passkey.approve(challengeFor(nodeCrypto.sha256, label, bytes));
  }

  #file(path: string): Bytes {
    return new Uint8Array(readFileSync(join(this.#folder, path)));
  }
}
