import type { Anchors } from '../../../server/protocol/anchors.ts';
import { verifyApproval } from '../../../server/protocol/approval.ts';
import { type Bundle, type ProvenCredential, proofValue } from '../../../server/protocol/bundle.ts';
import { concat, equal, hex, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { challengeFor } from '../../../server/protocol/command.ts';
import {
  checkDistinct,
  checkInForce,
  checkNotRevoked,
  checkRole,
  type Credential,
  MARK,
  openCredential,
  ROLE,
} from '../../../server/protocol/credential.ts';
import { labelAt } from '../../../server/protocol/primed.ts';
import { verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Bench, KnownCredential, Standing } from './judge.ts';

/** Credentials with their issuance proofs: trusted, for this role, in force, not revoked, old enough. */
export async function checkCredentials(
  bundle: Bundle,
  revoked: readonly number[],
  tier: 1 | 2,
  now: number,
  bench: Bench,
): Promise<readonly Credential[]> {
  const people: Credential[] = [];
  for (const proven of bundle.credentials) {
    const { credential, witnessedAt } = await knownCredential(proven, bench);
    checkMarks(credential, bench.anchors);
    checkRole(credential, people.length === 0 ? ROLE.clinician : ROLE.second);
    checkInForce(credential, Math.max(now, deviceTime(bench)));
    checkNotRevoked(credential, revoked);
    const young = now - witnessedAt < bench.anchors.credentialAge;
    if (tier === 2 && young && (credential.marks & MARK.demo) === 0) {
      throw new Refusal('E_ASSERTION_CRED', 'too new to take part in a change by two', 'credential');
    }
    people.push(credential);
  }
  return people;
}

/** Credentials remembered as verified: the people around one patient; a small device holds no more. */
const MAX_KNOWN = 32;

/** A credential and the proof of its issuance, verified once and remembered by digest. */
export async function knownCredential(proven: ProvenCredential, bench: Bench): Promise<KnownCredential> {
  const { crypto, known, anchors } = bench;
  const digest = hex(crypto.sha256(concat(proven.credential, encode(proofValue(proven.proof)))));
  const before = known.get(digest);
  if (before) return before;
  const credential = await openCredential(crypto, proven.credential, anchors.authorities);
  const issued = await verifyProof(crypto, proven.proof, anchors);
  const { entry } = issued;
  if (
    entry.type !== 'credential' ||
    !entry.digest ||
    !equal(entry.digest, crypto.sha256(proven.credential))
  ) {
    throw new Refusal('E_ASSERTION_CRED', 'its issuance is not in the log', 'credential.proof');
  }
  const found = { credential, witnessedAt: issued.witnessedAt };
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(digest, found);
  return found;
}

/** Development weaknesses are for development anchors only. */
export function checkMarks(credential: Credential, anchors: Anchors): void {
  if (credential.marks !== 0 && !anchors.development) {
    throw new Refusal('E_ASSERTION_CRED', 'marked for development or demonstration', 'credential.marks');
  }
}

/** Every approval is a genuine passkey assertion over exactly these command bytes, for the kind of check the log tells. */
export async function checkApprovals(
  bundle: Bundle,
  people: readonly Credential[],
  { tier, primed }: { readonly tier: 1 | 2; readonly primed: boolean },
  bench: Bench,
  standing: Standing,
): Promise<void> {
  for (const [i, approval] of bundle.approvals.entries()) {
    const credential = people[i];
    if (!credential)
      throw new Refusal('E_ASSERTION_CRED', 'an approval without its credential', 'bundle.credentials');
    const site = siteOf(credential, bench);
    const challenge = challengeFor(bench.crypto.sha256, labelAt(i, primed), bundle.command);
    await verifyApproval(bench.crypto, approval, credential.key, challenge, site, tier === 2);
    standing.kids.push(approval.kid);
  }
}

/** The signing page a credential belongs to, from the device's own anchors. */
export function siteOf(credential: Credential, { anchors, crypto }: Bench) {
  const site = anchors.origins.find(({ rpId }) => equal(crypto.sha256(utf8(rpId)), credential.rpIdHash));
  if (!site) throw new Refusal('E_ASSERTION', 'made on a page that is not trusted', 'credential.rpIdHash');
  return site;
}

/** Two approvals are two people. */
export function checkPeople(people: readonly Credential[], tier: 1 | 2): void {
  const [first, second] = people;
  if (first && second) checkDistinct(first, second);
  if (tier === 2 && people.some((person) => person.backupEligible)) {
    throw new Refusal('E_ASSERTION_CRED', 'a passkey that can be copied', 'credential.6');
  }
}

/** What the device believes the time to be: what witnesses vouched for, and its own ticks since. */
export const deviceTime = ({ state, tick }: Pick<Bench, 'state' | 'tick'>): number =>
  state.time + (tick - state.timeTick);
