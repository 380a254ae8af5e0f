import { type Bytes, hex } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { type Evidence, parseEvidence } from './evidence.ts';
import {
  checkAnchors,
  checkCredentials,
  checkGrant,
  checkIntent,
  checkOutcome,
  checkPeople,
  checkProfile,
  type CheckRun,
  checkSignatures,
  isoTime,
  type TrustedKeys,
} from './evidence-checks.ts';
import { type Parts, readParts, Unavailable } from './evidence-parts.ts';
import { checkReceipt } from './evidence-receipt.ts';
import { Refusal } from './refusal.ts';
import { renderCommand, renderLines } from './render.ts';

export type { TrustedKeys };

export type CheckVerdict = 'PASS' | 'FAIL' | 'NOT CHECKED';

export interface Check {
  readonly id: CheckId;
  readonly name: string;
  readonly verdict: CheckVerdict;
  /** What was found, in words. */
  readonly how: string;
}

export interface EvidenceReport {
  /** VERIFIED when every check passed, FAILED when one failed, INCOMPLETE when one could not be made. */
  readonly verdict: 'VERIFIED' | 'FAILED' | 'INCOMPLETE';
  readonly checks: readonly Check[];
  /** What the file tells, in the order of events. As believable as the checks beside it. */
  readonly story: readonly string[];
}

const CHECKS = {
  anchors: ['Trust anchors signed by both keys', checkAnchors],
  profile: ['Device profile signed by its maker', checkProfile],
  signatures: ['Clinicians signed exactly these bytes', checkSignatures],
  credentials: ['Clinicians were certified', checkCredentials],
  people: ['Enough different people', checkPeople],
  intent: ['In the log before it was granted', checkIntent],
  grant: ['Granted by the gateway', checkGrant],
  receipt: ['Receipt signed by the device', checkReceipt],
  outcome: ['Outcome in the log', checkOutcome],
} as const satisfies Record<string, readonly [string, CheckRun]>;

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
  const [name, run] = CHECKS[id];
  try {
    return { id, name, verdict: 'PASS', how: await run(parts, trusted) };
  } catch (error) {
    if (error instanceof Refusal) return { id, name, verdict: 'FAIL', how: error.message };
    if (error instanceof Unavailable) return { id, name, verdict: 'NOT CHECKED', how: error.message };
    throw error;
  }
}

function verdictOf(checks: readonly Check[]): EvidenceReport['verdict'] {
  if (checks.some(({ verdict }) => verdict === 'FAIL')) return 'FAILED';
  return checks.every(({ verdict }) => verdict === 'PASS') ? 'VERIFIED' : 'INCOMPLETE';
}

/** Bytes that are no evidence of this version are not judged; damaged evidence has failed. */
function unreadable(refusal: Refusal): EvidenceReport {
  const checks = IDS.map((id): Check => {
    return { id, name: CHECKS[id][0], verdict: 'NOT CHECKED', how: refusal.message };
  });
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
    lines.push(
      `announced as log entry ${parts.intent.value.index}, witnessed ${isoTime(parts.intent.value.witnessedAt)}`,
    );
  }
  if ('value' in receipt) {
    const { result, code, number } = receipt.value;
    lines.push(`the device answered ${result}${code === undefined ? '' : ` ${code}`} in receipt ${number}`);
  }
  if ('value' in parts.outcome) lines.push(`recorded as log entry ${parts.outcome.value.index}`);
  return lines;
}
