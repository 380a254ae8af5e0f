import { type Bytes, equal, hex } from '../../../server/protocol/encoding/bytes.ts';
import type { Anchors } from '../../../server/protocol/anchors.ts';
import type { Crypto, PublicKey } from '../../../server/protocol/crypto.ts';
import { aboutEvidence } from '../../../server/protocol/evidence/evidence-about.ts';
import { parseCoseKey } from '../../../server/protocol/encoding/cose-key.ts';
import { verifyEvidence } from '../../../server/protocol/verify.ts';
import { type Told, toldBy } from '../../common/page/told.ts';
import type { Check } from '../../../server/protocol/verify/run-checks.ts';

export type Verdict = 'VERIFIED' | 'FAILED' | 'NOT CHECKED';

/** What came of one entry's proof. */
export interface Judged {
  readonly verdict: Verdict;
  /** Empty when there was nothing to check, or when it is proof of something else. */
  readonly checks: readonly Check[];
  /** It proves another command, or a command of another device, however good it is. */
  readonly other: boolean;
  /** What was asked and done, in the words of the signed profile: only where all that there is of it is verified. */
  readonly told?: Told | undefined;
}

export const NOT_CHECKED: Judged = { verdict: 'NOT CHECKED', checks: [], other: false };

/**
 * Judges the evidence of one command with this tablet's own anchors. Good evidence of something else proves nothing here: the
 * command has to be the one of the entry, and the key the one with which the device in front of the tablet signed just now.
 * Never throws for a bad file.
 *
 * @param hash of the command, hexadecimal
 */
export async function judgeEntry(
  crypto: Crypto,
  anchors: Anchors,
  bytes: Bytes,
  hash: string,
  device: PublicKey,
): Promise<Judged> {
  const { verdict, checks } = await verifyEvidence(crypto, bytes, anchors);
  if (verdict !== 'VERIFIED' && !neverAnswered(checks))
    return { verdict: verdict === 'FAILED' ? verdict : 'NOT CHECKED', checks, other: false };
  const about = aboutEvidence(bytes);
  if (!about?.command || hex(crypto.sha256(about.command)) !== hash)
    return { verdict: 'FAILED', checks: [], other: true };
  const key = parseCoseKey(crypto.sha256, about.deviceKey, 'evidence.deviceKey');
  if (!equal(key.raw, device.raw)) return { verdict: 'FAILED', checks: [], other: true };
  const all = verdict === 'VERIFIED' ? verdict : 'NOT CHECKED';
  return { verdict: all, checks, other: false, told: await toldBy(crypto, bytes) };
}

/** Everything holds, and the device never answered: a command that was refused on its way has no receipt to be checked. */
export const neverAnswered = (checks: readonly Check[]): boolean =>
  checks.length > 0 &&
  checks.every(
    ({ id, verdict }) => verdict === (id === 'receipt' || id === 'readBack' ? 'NOT CHECKED' : 'PASS'),
  );
