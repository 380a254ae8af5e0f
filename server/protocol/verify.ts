import { type Bytes, hex } from './encoding/bytes.ts';
import type { Crypto } from './crypto.ts';
import { parseEvidence } from './evidence/evidence.ts';
import {
  type EmergencyEvidence,
  isEmergencyEvidence,
  parseEmergencyEvidence,
} from './evidence/emergency-evidence.ts';
import {
  EMERGENCY_HOW,
  EMERGENCY_NAMES,
  EMERGENCY_RUNS,
  readEmergencyParts,
  tellEmergency,
} from './evidence/emergency-checks.ts';
import {
  checkBytes,
  checkCredentials,
  checkGrant,
  checkIntent,
  checkOutcome,
  checkPeople,
  checkProfile,
  checkSeals,
  checkSignatures,
  isoTime,
} from './evidence/evidence-checks.ts';
import { checkAnchors, type TrustedKeys } from './evidence/evidence-tools.ts';
import { type Parts, readParts } from './evidence/evidence-parts.ts';
import { checkReadBack, checkReceipt } from './evidence/evidence-receipt.ts';
import { SHOWN } from './primed.ts';
import { Refusal } from './refusal.ts';
import { renderCommand, renderLines } from './render.ts';
import {
  type Check,
  CHECK_IDS,
  type CheckId,
  type CheckKind,
  runChecks,
  verdictOf,
} from './verify/run-checks.ts';

export type { TrustedKeys };

export interface EvidenceReport {
  /** VERIFIED when every check passed, FAILED when one failed, INCOMPLETE when one could not be made. */
  readonly verdict: 'VERIFIED' | 'FAILED' | 'INCOMPLETE';
  readonly checks: readonly Check[];
  /** What the file tells, in the order of events. As believable as the checks beside it. */
  readonly story: readonly string[];
}

/** The nine checks of one command, in the order in which a reader asks. */
export const CHECKS = {
  bytes: {
    name: 'The exact bytes',
    how: 'Decode the command strictly, encode it again, hash it with SHA-256, and compare with the log’s announcement; then hold each value against the profile that the maker signed.',
    runs: [checkBytes, checkProfile],
  },
  signatures: {
    name: 'Signed by the clinicians',
    how: 'Verify each WebAuthn assertion: the challenge is the hash of these bytes, page and rpId are those of the anchors, user present and verified, ES256 signature.',
    runs: [checkSignatures],
  },
  credentials: {
    name: 'Certified, and not revoked then',
    how: 'Verify the anchors by both keys you trust, then each credential by the authority, its issuance in the log, its dates and role at the witnesses’ time, and the signed revocation list.',
    runs: [checkAnchors, checkCredentials],
  },
  people: {
    name: 'Enough different people',
    how: 'Compute the risk tier again from profile, command and settings; compare subject, passkey and signing page of the two.',
    runs: [checkPeople],
  },
  grant: {
    name: 'Granted once, for this session',
    how: 'Verify the grant key’s signature; compare device, command and nonce, the leaf hash of the announcement, and the last tick with the receipt’s.',
    runs: [checkGrant],
  },
  receipt: {
    name: 'Answered by the device',
    how: 'Verify the device key’s signature on attestation and receipt; compare command, grant, people, counter and the receipt before it.',
    runs: [checkReceipt],
  },
  readBack: {
    name: 'Read back as asked',
    how: 'Compare the settings that the device read back from where they act with those of the command.',
    runs: [checkReadBack],
  },
  inclusion: {
    name: 'In the log, before and after',
    how: 'Hash each entry as a leaf (RFC 9162), climb the path to the root of its checkpoint, and compare what the entries name.',
    runs: [checkIntent, checkOutcome],
  },
  checkpoint: {
    name: 'The log is the one witnesses saw',
    how: 'Verify the log’s Ed25519 signature and the witnesses’ cosignatures on the checkpoints, under the keys of the anchors.',
    runs: [checkSeals],
  },
} as const satisfies Record<CheckId, CheckKind<Parts>>;

/**
 * Verifies an evidence file by itself: no network, no clock, no account. Every check runs, also after one
 * failed. Never throws for a bad file. `trusted` are the keys the reader has from elsewhere, for example from
 * the hospital's published anchors; without them the result is INCOMPLETE at best, because a forger can sign
 * a whole world with keys of his own.
 */
export async function verifyEvidence(
  crypto: Crypto,
  bytes: Bytes,
  trusted?: TrustedKeys,
): Promise<EvidenceReport> {
  try {
    if (isEmergencyEvidence(bytes))
      return await judgeEmergency(crypto, parseEmergencyEvidence(bytes), trusted);
    const parts = await readParts(crypto, parseEvidence(bytes));
    const checks = await runChecks((id) => CHECKS[id], parts, trusted);
    return { verdict: verdictOf(checks), checks, story: tell(parts) };
  } catch (error) {
    if (error instanceof Refusal) return unreadable(error);
    throw error;
  }
}

async function judgeEmergency(
  crypto: Crypto,
  evidence: EmergencyEvidence,
  trusted: TrustedKeys | undefined,
): Promise<EvidenceReport> {
  const parts = await readEmergencyParts(crypto, evidence);
  const names: Partial<Record<CheckId, string>> = EMERGENCY_NAMES;
  const made = await runChecks(
    (id) => ({
      name: names[id] ?? CHECKS[id].name,
      how: EMERGENCY_HOW[id] ?? CHECKS[id].how,
      runs: EMERGENCY_RUNS[id],
    }),
    parts,
    trusted,
  );
  const checks = made.map((check): Check => ({ ...check, emergency: true }));
  return { verdict: verdictOf(checks), checks, story: tellEmergency(parts) };
}

/** Nine checks that nobody could make, for one reason. */
export const unchecked = (says: string): readonly Check[] =>
  CHECK_IDS.map((id) => ({ id, name: CHECKS[id].name, verdict: 'NOT CHECKED', says, how: CHECKS[id].how }));

/** Bytes that are no evidence of this version are not judged; damaged evidence has failed. */
function unreadable(refusal: Refusal): EvidenceReport {
  const checks = unchecked(refusal.message);
  return { verdict: refusal.code === 'E_VERSION' ? 'INCOMPLETE' : 'FAILED', checks, story: [] };
}

function tell(parts: Parts): readonly string[] {
  const lines: string[] = [];
  const { bundle, profile, attestation, command, credentials, receipt } = parts;
  if ('value' in command) lines.push(`device ${hex(command.value.device)}, command ${hex(parts.hash)}`);
  if ('value' in bundle && 'value' in profile && 'value' in attestation && 'value' in command) {
    const { sha256 } = parts.crypto;
    const { settings, mode } = attestation.value;
    const rendering = renderCommand(sha256, bundle.value.command, profile.value.profile, settings, mode);
    lines.push(...renderLines(rendering));
  }
  if ('value' in credentials) {
    const primed = 'value' in parts.intent && parts.intent.value.entry.result === SHOWN;
    for (const [i, { subject, key }] of credentials.value.entries()) {
      const entered =
        'value' in command && command.value.changes.size === 0 ? 'no values to enter' : 'independent entry';
      const how = i === 0 ? '' : primed ? ', second, review only (primed)' : `, second, ${entered}`;
      lines.push(`signed by person ${hex(subject)} with passkey ${hex(key.kid)}${how}`);
    }
  }
  if ('value' in parts.intent) {
    const seen = 'value' in parts.intentSeal ? parts.intentSeal.value : 0;
    const witnessed = seen === 0 ? '' : `, witnessed ${isoTime(seen)}`;
    lines.push(`announced as log entry ${parts.intent.value.index}${witnessed}`);
  }
  if ('value' in receipt) {
    const { result, code, number } = receipt.value;
    lines.push(`the device answered ${result}${code === undefined ? '' : ` ${code}`} in receipt ${number}`);
  }
  if ('value' in parts.outcome) lines.push(`recorded as log entry ${parts.outcome.value.index}`);
  return lines;
}
