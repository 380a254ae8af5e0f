import { type Bytes, hex } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { type Evidence, parseEvidence } from './evidence.ts';
import {
  checkAnchors,
  checkBytes,
  checkCredentials,
  checkGrant,
  checkIntent,
  checkOutcome,
  checkPeople,
  checkProfile,
  type CheckRun,
  checkSeals,
  checkSignatures,
  isoTime,
  type TrustedKeys,
} from './evidence-checks.ts';
import { type Parts, readParts, Unavailable } from './evidence-parts.ts';
import { checkReadBack, checkReceipt } from './evidence-receipt.ts';
import { Refusal } from './refusal.ts';
import { renderCommand, renderLines } from './render.ts';

export type { TrustedKeys };

export type CheckVerdict = 'PASS' | 'FAIL' | 'NOT CHECKED';

export interface Check {
  readonly id: CheckId;
  readonly name: string;
  readonly verdict: CheckVerdict;
  /** What was found, in one sentence. */
  readonly says: string;
  /** How anybody can make this check. */
  readonly how: string;
}

export interface EvidenceReport {
  /** VERIFIED when every check passed, FAILED when one failed, INCOMPLETE when one could not be made. */
  readonly verdict: 'VERIFIED' | 'FAILED' | 'INCOMPLETE';
  readonly checks: readonly Check[];
  /** What the file tells, in the order of events. As believable as the checks beside it. */
  readonly story: readonly string[];
}

interface CheckKind {
  readonly name: string;
  readonly how: string;
  /** All of them have to pass. */
  readonly runs: readonly CheckRun[];
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
} as const satisfies Record<string, CheckKind>;

export type CheckId = keyof typeof CHECKS;
const isId = (id: string): id is CheckId => Object.hasOwn(CHECKS, id);
const IDS = Object.keys(CHECKS).filter(isId);

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
  let evidence: Evidence;
  try {
    evidence = parseEvidence(bytes);
  } catch (error) {
    if (error instanceof Refusal) return unreadable(error);
    throw error;
  }
  const parts = await readParts(crypto, evidence);
  const checks: Check[] = [];
  for (const id of IDS) checks.push(await runCheck(id, parts, trusted));
  return { verdict: verdictOf(checks), checks, story: tell(parts) };
}

async function runCheck(id: CheckId, parts: Parts, trusted: TrustedKeys | undefined): Promise<Check> {
  const { name, how, runs } = CHECKS[id];
  const found: string[] = [];
  let open: string | undefined;
  for (const run of runs) {
    try {
      found.push(await run(parts, trusted));
    } catch (error) {
      if (error instanceof Refusal) return { id, name, verdict: 'FAIL', says: error.message, how };
      if (!(error instanceof Unavailable)) throw error;
      open ??= error.message;
    }
  }
  if (open !== undefined) return { id, name, verdict: 'NOT CHECKED', says: open, how };
  return { id, name, verdict: 'PASS', says: found.join('; '), how };
}

/** One failed check fails the whole; what was not checked is never taken for passed. */
export function verdictOf(checks: readonly Pick<Check, 'verdict'>[]): EvidenceReport['verdict'] {
  if (checks.some(({ verdict }) => verdict === 'FAIL')) return 'FAILED';
  return checks.every(({ verdict }) => verdict === 'PASS') ? 'VERIFIED' : 'INCOMPLETE';
}

/** Nine checks that nobody could make, for one reason. */
export const unchecked = (says: string): readonly Check[] =>
  IDS.map((id) => ({ id, name: CHECKS[id].name, verdict: 'NOT CHECKED', says, how: CHECKS[id].how }));

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
    const { settings } = attestation.value;
    lines.push(...renderLines(renderCommand(sha256, bundle.value.command, profile.value.profile, settings)));
  }
  if ('value' in credentials) {
    for (const { subject, key } of credentials.value) {
      lines.push(`signed by person ${hex(subject)} with passkey ${hex(key.kid)}`);
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
