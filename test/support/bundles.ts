import type { Approval } from '../../server/protocol/approval.ts';
import type { Bundle, ProvenCredential } from '../../server/protocol/bundle.ts';
import { encodeEmergency } from '../../server/protocol/bundle.ts';
import { type Bytes, concat, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { type Grant, issueGrant } from '../../server/protocol/grant.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { approve, draft, NOW, type Person, type World } from './fixtures.ts';
import { nodeCrypto, testBytes } from './keys.ts';
import type { Gesture } from './passkey.ts';

const { sha256 } = nodeCrypto;

/** The ways in which a bundle can differ from the one a gateway should deliver. */
export interface BundleChanges {
  readonly command?: Partial<Command>;
  readonly people?: readonly Person[];
  readonly entry?: Partial<Entry>;
  readonly grant?: Partial<Grant>;
  readonly bundle?: Partial<Bundle>;
  readonly gateway?: World['gateway'];
  /** When the witness saw the intent (unix s). */
  readonly witnessedAt?: number;
}

/** A bundle put together like a gateway's, with every part open to change before the next one is built on it. */
export async function bundleWith(world: World, changes: BundleChanges = {}): Promise<Bundle> {
  const people = changes.people ?? [world.alice];
  const command = changes.bundle?.command ?? encodeCommand(draft(world, changes.command));
  const hash = sha256(command);
  const intent: Entry = {
    type: 'intent',
    time: NOW * 1000,
    device: world.deviceId,
    command: hash,
    kids: people.map(({ signer }) => signer.key.kid),
    tier: people.length,
    commitments: [testBytes('commitment')],
    link: 1,
    ...changes.entry,
  };
  const index = world.log.append(intent.type === 'intent' ? intent : bare(intent));
  const proof = await world.log.proof(index, changes.witnessedAt ?? NOW);
  const grant: Grant = {
    device: world.deviceId,
    command: hash,
    nonce: world.attestation.nonce,
    id: testBytes('grant id', 16),
    intentLeaf: leafHash(sha256, proof.entry),
    notAfterTick: world.attestation.ticks + 60,
    issued: NOW,
    ...changes.grant,
  };
  return {
    command,
    approvals: await Promise.all(people.map((person) => approve(person, command))),
    credentials: people.map(({ proven }) => proven),
    status: world.status,
    grant: await issueGrant(grant, changes.gateway ?? world.gateway),
    proof,
    ...changes.bundle,
  };
}

/** An intent's content as the nearest other kind of entry: what people signed. */
function bare({ time, device, command, kids, tier }: Entry): Entry {
  return { type: 'signed', time, device, command, kids, tier } as Entry;
}

/** The same approval with another page's words around the challenge, genuinely signed. */
export async function approvalSaying(person: Person, approval: Approval, said: string): Promise<Approval> {
  const clientDataJSON = utf8(said);
  const signature = await person.signer.sign(concat(approval.authenticatorData, sha256(clientDataJSON)));
  return { ...approval, clientDataJSON, signature };
}

export interface EmergencyChanges {
  readonly command?: Partial<Command>;
  readonly person?: Person;
  readonly gesture?: Gesture;
  readonly credential?: ProvenCredential;
  readonly approval?: Partial<Approval>;
}

const ZERO = new Uint8Array(32);

/** What one clinician sends through the emergency door. */
export async function emergencyWith(
  world: World,
  changes: EmergencyChanges = {},
): Promise<{ readonly bytes: Bytes; readonly command: Bytes }> {
  const person = changes.person ?? world.alice;
  const command = encodeCommand(
    draft(world, {
      nonce: world.attestation.emergencyNonce,
      counter: 0,
      profile: ZERO,
      settings: ZERO,
      operation: OPERATION.safeMode,
      changes: new Map(),
      patient: ZERO,
      ...changes.command,
    }),
  );
  const approval = { ...(await approve(person, command, changes.gesture)), ...changes.approval };
  const credential = changes.credential ?? person.proven;
  return { bytes: encodeEmergency({ command, approval, credential }), command };
}
