import { parseProof, type Proof, proofValue } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import { MAX_EVIDENCE } from './evidence.ts';
import { arrayOf, bytesOf, decodeStrict } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';

/**
 * The evidence of one use of the emergency door. It has no grant and no announcement, because the device asks for none; what
 * proves it is the clinician's signature, the device's word and the entry that followed.
 *
 *     [ "countersign/emergency-evidence/v1", anchors, profile, emergency message, receipt, proof of the emergency entry,
 *       device key (COSE_Key), ? listing ]
 */
export interface EmergencyEvidence {
  readonly anchors: Bytes;
  readonly profile: Bytes;
  /** As the device took it: command, approval, credential with its proof. */
  readonly message: Bytes;
  readonly receipt: Bytes;
  readonly entry: Proof;
  readonly deviceKey: Bytes;
  /** The authority's word on the device (section 3.4); undefined where none was at hand. */
  readonly listing: Bytes | undefined;
}

const LABEL = 'countersign/emergency-evidence/v1';
/** The label of such a file stands at its beginning: an array of seven or eight, a text of 33 characters. */
const HEAD = encode([LABEL]).slice(1);

export const encodeEmergencyEvidence = (evidence: EmergencyEvidence): Bytes =>
  encode([
    LABEL,
    evidence.anchors,
    evidence.profile,
    evidence.message,
    evidence.receipt,
    proofValue(evidence.entry),
    evidence.deviceKey,
    ...(evidence.listing ? [evidence.listing] : []),
  ]);

/** Is this meant to be the evidence of an emergency, and not of a granted command? */
export const isEmergencyEvidence = (bytes: Bytes): boolean => HEAD.every((byte, i) => bytes[i + 1] === byte);

/** Reads the file's shape and believes nothing; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseEmergencyEvidence(bytes: Bytes): EmergencyEvidence {
  const items = arrayOf(decodeStrict(bytes, 'evidence', MAX_EVIDENCE), 'evidence', 7, 8);
  const [label, anchors, profile, message, receipt, entry, deviceKey, listing] = items;
  if (label !== LABEL) throw new Refusal('E_VERSION', 'not evidence of version 1', 'evidence.0');
  return {
    anchors: bytesOf(anchors, 'evidence.anchors'),
    profile: bytesOf(profile, 'evidence.profile'),
    message: bytesOf(message, 'evidence.message'),
    receipt: bytesOf(receipt, 'evidence.receipt'),
    entry: parseProof(entry, 'evidence.entry'),
    deviceKey: bytesOf(deviceKey, 'evidence.deviceKey'),
    listing: listing === undefined ? undefined : bytesOf(listing, 'evidence.listing'),
  };
}
