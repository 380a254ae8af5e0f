import { readAnchors } from '../anchors.ts';
import type { Bytes } from '../encoding/bytes.ts';
import type { Crypto } from '../crypto.ts';
import { aboutEvidence } from '../evidence/evidence-about.ts';
import { Refusal } from '../refusal.ts';
import { type EvidenceReport, verifyEvidence } from '../verify.ts';
import { verdictOf } from './run-checks.ts';
import type { BundleTrust } from './bundle.ts';
import { checkContinuity, checkpointIn } from './continuity.ts';
import { type Roots, rootsIn } from './fingerprint.ts';
import { joined } from './joined.ts';

/** A report on one command's evidence file, and the checkpoint to remember when all of it verified. */
export interface EvidenceFileReport extends EvidenceReport {
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly note: string } | undefined;
}

/** Verifies one command's evidence file as a bundle is: nine checks, and consistency with what this computer saw. */
export async function verifyEvidenceFile(
  crypto: Crypto,
  bytes: Bytes,
  trust: BundleTrust,
): Promise<EvidenceFileReport> {
  const about = aboutEvidence(bytes);
  const note = about?.newest.checkpoint;
  const report = await verifyEvidence(crypto, bytes, about && rootsOf(crypto, about.anchors, trust));
  const now = note === undefined ? undefined : checkpointIn(note);
  if (note === undefined || !now) return { ...report, checkpoint: undefined };
  const path = trust.pathBetween ?? (() => Promise.resolve(undefined));
  const same = await checkContinuity(crypto.sha256, now, trust.remembered(now.origin), path);
  const checks = report.checks.map((each) =>
    each.id === 'checkpoint' ? joined(each, { ...each, ...same }) : each,
  );
  const verdict = verdictOf(checks);
  const { origin, size } = now;
  return {
    ...report,
    checks,
    verdict,
    checkpoint: verdict === 'VERIFIED' ? { origin, size, note } : undefined,
  };
}

/** Anchors that do not read or have another fingerprint vouch for nothing: check 3 says so. */
function rootsOf(crypto: Crypto, anchors: Bytes, trust: BundleTrust): Roots | undefined {
  try {
    return rootsIn(crypto.sha256, readAnchors(crypto, anchors), trust);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
