import { parseProof, type Proof, proofValue } from '../bundle.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { encode } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';

/**
 * The evidence of one command: everything a stranger needs to check, years later and offline, what was done to
 * a device, by whom, and that it was announced before and recorded after.
 *
 *     [ "countersign/evidence/v1", anchors, profile, bundle, attestation before, receipt,
 *       proof of the outcome entry, device key (COSE_Key), ? listing ]
 */
export interface Evidence {
  readonly anchors: Bytes;
  readonly profile: Bytes;
  readonly bundle: Bytes;
  readonly attestation: Bytes;
  readonly receipt: Bytes;
  readonly outcome: Proof;
  readonly deviceKey: Bytes;
  /** The authority's word on the device (section 3.4); undefined where none was at hand. */
  readonly listing: Bytes | undefined;
}

const LABEL = 'countersign/evidence/v1';

/** Largest file: bundle, profile and anchors have 16 KiB each, attestation and receipt 2 KiB, the proof less than 72. */
export const MAX_EVIDENCE = 131_072;

export const encodeEvidence = (evidence: Evidence): Bytes =>
  encode([
    LABEL,
    evidence.anchors,
    evidence.profile,
    evidence.bundle,
    evidence.attestation,
    evidence.receipt,
    proofValue(evidence.outcome),
    evidence.deviceKey,
    ...(evidence.listing ? [evidence.listing] : []),
  ]);

/** Reads an evidence file's shape and believes nothing; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseEvidence(bytes: Bytes): Evidence {
  const items = arrayOf(decodeStrict(bytes, 'evidence', MAX_EVIDENCE), 'evidence', 1, 9);
  if (items[0] !== LABEL) throw new Refusal('E_VERSION', 'not evidence of version 1', 'evidence.0');
  const [, anchors, profile, bundle, attestation, receipt, outcome, deviceKey, listing] = arrayOf(
    items,
    'evidence',
    8,
    9,
  );
  return {
    anchors: bytesOf(anchors, 'evidence.anchors'),
    profile: bytesOf(profile, 'evidence.profile'),
    bundle: bytesOf(bundle, 'evidence.bundle'),
    attestation: bytesOf(attestation, 'evidence.attestation'),
    receipt: bytesOf(receipt, 'evidence.receipt'),
    outcome: parseProof(outcome, 'evidence.outcome'),
    deviceKey: bytesOf(deviceKey, 'evidence.deviceKey'),
    listing: listing === undefined ? undefined : bytesOf(listing, 'evidence.listing'),
  };
}
