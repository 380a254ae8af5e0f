import { randomBytes } from 'node:crypto';
import type { Approval } from '../../../server/protocol/approval.ts';
import type { Attestation } from '../../../server/protocol/attestation.ts';
import { type Bundle, encodeEmergency, type ProvenCredential } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../../server/protocol/command.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import type { Entry } from '../../../server/protocol/log/entry.ts';
import { type Grant, issueGrant } from '../../../server/protocol/grant.ts';
import { leafHash } from '../../../server/protocol/log/merkle.ts';
import { type Profile, settingsHash } from '../../../server/protocol/profile.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { KitLog } from './kit-log.ts';
import { approve, type Gesture, type Person } from './people.ts';

const { sha256 } = nodeCrypto;
const ZERO = new Uint8Array(32);
/** Ticks that a grant of the kit lets a command travel. */
const DELIVERY_TICKS = 60;

/** What every bundle of a run is built from. */
export interface Facts {
  readonly profile: Profile;
  readonly log: KitLog;
  readonly grantKey: Signer;
  /** The revocation list that travels along, signed. */
  readonly status: Bytes;
  /** What the device last said of itself. */
  readonly attestation: Attestation;
  /** Unix seconds. */
  readonly now: number;
}

/** The ways in which a bundle can differ from the one a gateway should deliver. */
export interface BundleChanges {
  readonly command?: Partial<Command>;
  /** Other bytes in place of the command's, signed and granted like them. */
  readonly bytes?: (genuine: Bytes) => Bytes;
  readonly people?: readonly Person[];
  readonly gestures?: readonly Gesture[];
  readonly entry?: Partial<Entry>;
  readonly log?: KitLog;
  /** Unix seconds; `null` leaves the witness out. */
  readonly witnessedAt?: number | null;
  readonly grant?: Partial<Grant>;
  readonly grantKey?: Signer;
  readonly status?: Bytes;
  /** The last word, when everything else is genuine. */
  readonly bundle?: (genuine: Bundle) => Bundle | Promise<Bundle>;
}

/** A command that fits what the device attested. */
export const draft = (
  { attestation, profile }: Pick<Facts, 'attestation' | 'profile'>,
  changes: Partial<Command> = {},
): Command => ({
  device: attestation.device,
  nonce: attestation.nonce,
  counter: attestation.counter + 1,
  profile: attestation.profile,
  settings: settingsHash(sha256, profile, attestation.settings),
  operation: OPERATION.program,
  changes: new Map(),
  patient: attestation.patient,
  ...changes,
});

/** A bundle put together like a gateway's, with every part open to change before the next one is built on it. */
export async function makeBundle(
  facts: Facts,
  people: readonly Person[],
  changes: BundleChanges = {},
): Promise<Bundle> {
  const signers = changes.people ?? people;
  const genuine = encodeCommand(draft(facts, changes.command));
  const command = changes.bytes?.(genuine) ?? genuine;
  const hash = sha256(command);
  const log = changes.log ?? facts.log;
  const intent: Entry = {
    type: 'intent',
    time: facts.now * 1000,
    device: facts.attestation.device,
    command: hash,
    kids: signers.map(({ signer }) => signer.key.kid),
    tier: signers.length,
    commitments: [new Uint8Array(randomBytes(32))],
    link: 1,
    ...changes.entry,
  };
  const index = log.append(intent.type === 'intent' ? intent : bare(intent));
  const proof = await log.proof(index, changes.witnessedAt === undefined ? facts.now : changes.witnessedAt);
  const grant: Grant = {
    device: facts.attestation.device,
    command: hash,
    nonce: facts.attestation.nonce,
    id: new Uint8Array(randomBytes(16)),
    intentLeaf: leafHash(sha256, proof.entry),
    notAfterTick: facts.attestation.ticks + DELIVERY_TICKS,
    issued: facts.now,
    ...changes.grant,
  };
  const bundle: Bundle = {
    command,
    approvals: await Promise.all(signers.map((person, i) => approve(person, command, changes.gestures?.[i]))),
    credentials: signers.map(({ proven }) => proven),
    status: changes.status ?? facts.status,
    grant: await issueGrant(grant, changes.grantKey ?? facts.grantKey),
    proof,
  };
  return changes.bundle ? changes.bundle(bundle) : bundle;
}

/** An intent's content as the nearest other kind of entry: what people signed. */
function bare({ time, device, command, kids, tier }: Entry): Entry {
  return {
    type: 'signed',
    time,
    ...(device && { device }),
    ...(command && { command }),
    ...(kids && { kids }),
    ...(tier !== undefined && { tier }),
  };
}

export interface EmergencyChanges {
  readonly command?: Partial<Command>;
  readonly gesture?: Gesture;
  readonly credential?: ProvenCredential;
  readonly approval?: Partial<Approval>;
}

/** What one clinician sends through the emergency door. */
export async function makeEmergency(
  facts: Facts,
  person: Person,
  emergencyNonce: Bytes,
  changes: EmergencyChanges = {},
): Promise<{ readonly bytes: Bytes; readonly command: Bytes }> {
  const command = encodeCommand(
    draft(facts, {
      nonce: emergencyNonce,
      counter: 0,
      profile: ZERO,
      settings: ZERO,
      operation: OPERATION.safeMode,
      patient: ZERO,
      ...changes.command,
    }),
  );
  const approval = { ...(await approve(person, command, changes.gesture)), ...changes.approval };
  const credential = changes.credential ?? person.proven;
  return { bytes: encodeEmergency({ command, approval, credential }), command };
}
