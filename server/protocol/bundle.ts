import { type Approval, approvalValue, parseApproval } from './approval.ts';
import type { Bytes } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict, textOf, uint } from './encoding/fields.ts';
import { MAX_NOTE } from './log/note-size.ts';
import { Refusal } from './refusal.ts';

/** Proof that an entry is in the log: `[entry, index, [path], checkpoint with cosignatures]`. */
export interface Proof {
  readonly entry: Bytes;
  readonly index: number;
  readonly path: readonly Bytes[];
  readonly checkpoint: string;
}

/** A credential with the proof that its issuance stands in the witnessed log. */
export interface ProvenCredential {
  readonly credential: Bytes;
  readonly proof: Proof;
}

/**
 * Everything a device needs to judge one command, in the order of protocol step 8.
 *
 *     [1, command, [1*2 approval], [1*2 [credential, proof]], status, grant, proof]
 */
export interface Bundle {
  readonly command: Bytes;
  readonly approvals: readonly Approval[];
  readonly credentials: readonly ProvenCredential[];
  readonly status: Bytes;
  readonly grant: Bytes;
  readonly proof: Proof;
}

/**
 * The emergency safe mode: no grant, no log, one clinician.
 *
 *     [2, command, approval, [credential, proof]]
 */
export interface Emergency {
  readonly command: Bytes;
  readonly approval: Approval;
  readonly credential: ProvenCredential;
}

/** Largest bundle a device accepts: two approvals, two credentials with proofs, and room for a long list. */
export const MAX_BUNDLE = 16_384;

export const proofValue = (proof: Proof): Cbor => [proof.entry, proof.index, proof.path, proof.checkpoint];
const provenValue = (proven: ProvenCredential): Cbor => [proven.credential, proofValue(proven.proof)];

/** Reads a proof's shape; whether it proves anything is for `verifyProof`. */
export function parseProof(value: Cbor | undefined, what: string): Proof {
  const [entry, index, path, checkpoint] = arrayOf(value, what, 4, 4);
  return {
    entry: bytesOf(entry, `${what}.entry`),
    index: uint(index, `${what}.index`),
    path: arrayOf(path, `${what}.path`, 0, 40).map((node) => bytesOf(node, `${what}.path`, 32)),
    checkpoint: textOf(checkpoint, `${what}.checkpoint`, MAX_NOTE),
  };
}

export function encodeBundle(bundle: Bundle): Bytes {
  return encode([
    1,
    bundle.command,
    bundle.approvals.map(approvalValue),
    bundle.credentials.map(provenValue),
    bundle.status,
    bundle.grant,
    proofValue(bundle.proof),
  ]);
}

export function encodeEmergency(emergency: Emergency): Bytes {
  return encode([2, emergency.command, approvalValue(emergency.approval), provenValue(emergency.credential)]);
}

/** Reads a bundle; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseBundle(bytes: Bytes): Bundle {
  const items = arrayOf(decodeStrict(bytes, 'bundle', MAX_BUNDLE), 'bundle', 1, 7);
  if (items[0] !== 1) throw new Refusal('E_VERSION', 'not a bundle of version 1', 'bundle.0');
  const [, command, approvals, credentials, status, grant, proof] = arrayOf([...items], 'bundle', 7, 7);
  const people = arrayOf(approvals, 'bundle.approvals', 1, 2).map((item) => parseApproval(item, 'approval'));
  const proven = arrayOf(credentials, 'bundle.credentials', 1, 2).map((item) => parseProven(item));
  if (people.length !== proven.length) {
    throw new Refusal('E_CMD_MALFORMED', 'one credential for each approval', 'bundle.credentials');
  }
  return {
    command: bytesOf(command, 'bundle.command'),
    approvals: people,
    credentials: proven,
    status: bytesOf(status, 'bundle.status'),
    grant: bytesOf(grant, 'bundle.grant'),
    proof: parseProof(proof, 'bundle.proof'),
  };
}

/** Reads an emergency message; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseEmergency(bytes: Bytes): Emergency {
  const items = arrayOf(decodeStrict(bytes, 'emergency', MAX_BUNDLE), 'emergency', 4, 4);
  const [version, command, approval, credential] = items;
  if (version !== 2) throw new Refusal('E_VERSION', 'not an emergency message', 'emergency.0');
  return {
    command: bytesOf(command, 'emergency.command'),
    approval: parseApproval(approval, 'approval'),
    credential: parseProven(credential),
  };
}

function parseProven(value: Cbor | undefined): ProvenCredential {
  const [credential, proof] = arrayOf(value, 'credential', 2, 2);
  return { credential: bytesOf(credential, 'credential'), proof: parseProof(proof, 'credential.proof') };
}
