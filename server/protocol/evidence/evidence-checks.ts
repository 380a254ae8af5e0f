import { verifyApproval } from '../approval.ts';
import { type Bytes, equal, hex } from '../encoding/bytes.ts';
import { challengeFor, encodeCommand } from '../command.ts';
import {
  checkDistinct,
  checkInForce,
  checkNotRevoked,
  checkRole,
  type Credential,
  MARK,
  openStatus,
  ROLE,
} from '../credential.ts';
import { need, own, type Parts } from './evidence-parts.ts';
import { announced, demand, same, siteOf, type TrustedKeys } from './evidence-tools.ts';
import { openGrant } from '../grant.ts';
import { checkChanges } from '../limits.ts';
import { isPrimed, labelAt, SHOWN } from '../primed.ts';
import { openProfile } from '../profile.ts';
import { RESULT } from '../receipt.ts';
import { Refusal } from '../refusal.ts';

/** A check gives in words what it found; it throws Refusal when it failed, Unavailable when it cannot judge. */
export type CheckRun = (parts: Parts, trusted: TrustedKeys | undefined) => Promise<string>;

const sameList = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
  a.length === b.length && a.every((item, i) => same(b[i], item));

/** 1. One spelling, and the hash that the log announced: these are the bytes everything else is about. */
export const checkBytes: CheckRun = async (parts) => {
  const bytes = own(parts.bundle).command;
  const command = own(parts.command);
  demand(
    equal(encodeCommand(command), bytes),
    'E_CMD_HASH',
    'not the one spelling of this command',
    'command',
  );
  const { entry } = need(parts.intent);
  demand(same(entry.command, parts.hash), 'E_CMD_HASH', 'not the bytes the log announced', 'command');
  return `${bytes.length} bytes with the hash ${hex(parts.hash)}`;
};

/** 1. The maker signed the profile, the command was made for it, and fits it. */
export const checkProfile: CheckRun = async (parts) => {
  const { profile, hash } = own(parts.profile);
  await openProfile(parts.crypto, parts.evidence.profile, [need(parts.anchors).profileMaker]);
  const command = need(parts.command);
  const { settings, profile: attested } = need(parts.attestation);
  demand(equal(command.profile, hash), 'E_PROFILE', 'the command was made for another profile', 'command.5');
  demand(equal(attested, hash), 'E_PROFILE', 'the device has another profile', 'attestation.11');
  const refused = 'value' in parts.receipt && parts.receipt.value.result === 'refused';
  if (refused) return `${profile.model} version ${profile.version}; the device refused the command`;
  // What changed before is the device's to know: window and drift cannot be judged from one command.
  const past = (p: { readonly code: number }) => ({ changed: 0, baseline: command.changes.get(p.code) ?? 0 });
  checkChanges(profile, command, settings, past, need(parts.tier));
  return `${profile.model} version ${profile.version}; every value within its limits`;
};

/** 2. Each passkey signed exactly these command bytes, on its own page. */
export const checkSignatures: CheckRun = async (parts) => {
  const { approvals, command } = own(parts.bundle);
  const credentials = need(parts.credentials);
  const deviceBound = 'value' in parts.tier && parts.tier.value === 2;
  const primed = 'value' in parts.intent && parts.intent.value.entry.result === SHOWN;
  const pages: string[] = [];
  for (const [i, credential] of credentials.entries()) {
    const approval = approvals[i];
    if (!approval) throw new Refusal('E_ASSERTION', 'a credential without its approval', 'bundle.approvals');
    const site = siteOf(parts.crypto, need(parts.anchors), credential);
    const challenge = challengeFor(parts.crypto.sha256, labelAt(i, primed), command);
    await verifyApproval(parts.crypto, approval, credential.key, challenge, site, deviceBound);
    pages.push(site.origin);
  }
  return `signed on ${pages.join(' and ')}`;
};

/** 3. Certified by the authority, logged before use, in force, not revoked. */
export const checkCredentials: CheckRun = async (parts) => {
  const { crypto } = parts;
  const bundle = need(parts.bundle);
  const anchors = need(parts.anchors);
  const status = await openStatus(crypto, bundle.status, anchors.authorities);
  const issued: { credential: Credential; witnessedAt: number }[] = [];
  for (const [i, proven] of bundle.credentials.entries()) {
    const { credential, witnessedAt } = await announced(crypto, proven, anchors, anchors.authorities);
    checkRole(credential, i === 0 ? ROLE.clinician : ROLE.second);
    checkNotRevoked(credential, status.revoked);
    issued.push({ credential, witnessedAt });
  }
  const now = need(parts.intentSeal) || need(parts.outcomeSeal);
  const tier = need(parts.tier);
  for (const { credential, witnessedAt } of issued) {
    checkInForce(credential, now);
    const young = now - witnessedAt < anchors.credentialAge && (credential.marks & MARK.demo) === 0;
    demand(!(tier === 2 && young), 'E_ASSERTION_CRED', 'too new for a change by two people', 'credential');
  }
  return `${issued.length} certified, announced in the log and in force; revocation list ${status.version}`;
};

/** 4. As many people as the device's own rules ask for, truly different ones, and how the second checked the first. */
export const checkPeople: CheckRun = async (parts) => {
  const credentials = need(parts.credentials);
  const tier = need(parts.tier);
  const [first, second] = credentials;
  demand(credentials.length >= tier, 'E_DUAL_REQUIRED', 'this change needs two people', 'bundle.approvals');
  if (first && second) checkDistinct(first, second);
  const copied = tier === 2 && credentials.some((credential) => credential.backupEligible);
  demand(!copied, 'E_ASSERTION_CRED', 'a passkey that can be copied', 'credential.6');
  const { entry } = need(parts.intent);
  const primed = isPrimed(entry, need(parts.command), credentials.length, need(parts.anchors));
  if (!second) return `risk tier R${tier}: one signed`;
  const check = primed
    ? 'the second was shown the values of the first (review only, primed), as the anchors allow'
    : need(parts.command).changes.size > 0
      ? 'the second entered the values again (independent entry)'
      : 'the second person checked the patient and agreed; there were no values to enter';
  return `risk tier R${tier}: two different people signed, with two passkeys; ${check}`;
};

/** 8. The announcement stands in the log, and is about this command and these people. */
export const checkIntent: CheckRun = async (parts) => {
  const bundle = need(parts.bundle);
  const { entry, index } = own(parts.intent);
  const at = 'proof.entry';
  demand(entry.type === 'intent', 'E_LOG_PROOF', 'the entry is not an intent', at);
  demand(same(entry.command, parts.hash), 'E_LOG_PROOF', 'the entry announces another command', at);
  const device = need(parts.command).device;
  demand(same(entry.device, device), 'E_LOG_PROOF', 'the entry names another device', at);
  const kids = bundle.approvals.map(({ kid }) => kid);
  demand(sameList(entry.kids ?? [], kids), 'E_LOG_PROOF', 'the entry names other people', at);
  const tier = 'value' in parts.tier ? parts.tier.value : 1;
  demand((entry.tier ?? 0) >= tier, 'E_LOG_PROOF', 'the entry names a lower tier', at);
  // Two people by the profile are R2 at the device; two though one would do are the word of the hospital's policy.
  const policy = (entry.tier ?? 0) > tier ? '; the policy of the hospital asked for two people' : '';
  return `announced as entry ${index}${policy}`;
};

/** 5. The gateway granted exactly this command, for this session, and the device used it in time. */
export const checkGrant: CheckRun = async (parts) => {
  const grant = await openGrant(parts.crypto, need(parts.bundle).grant, need(parts.anchors).grantKeys);
  const command = need(parts.command);
  demand(equal(grant.command, parts.hash), 'E_CMD_HASH', 'the grant is for other bytes', 'grant.2');
  demand(equal(grant.device, command.device), 'E_GRANT_DEVICE', 'the grant is for another device', 'grant.1');
  demand(equal(grant.nonce, command.nonce), 'E_NONCE', 'the grant is for another session', 'grant.3');
  const { leaf, index } = need(parts.intent);
  demand(equal(leaf, grant.intentLeaf), 'E_LOG_PROOF', 'the grant names another entry', 'grant.5');
  if (!('value' in parts.receipt))
    return `grant ${hex(grant.id)} names entry ${index}, so it cannot be older`;
  const { ticks, result } = parts.receipt.value;
  const late = result !== 'refused' && ticks > grant.notAfterTick;
  demand(!late, 'E_GRANT_EXPIRED', 'the device used it after its last tick', 'grant.6');
  return `grant ${hex(grant.id)} names entry ${index}, so it cannot be older; used at tick ${ticks} of ${grant.notAfterTick}`;
};

/** 8. The outcome stands in the log, after the announcement, and names this receipt. */
export const checkOutcome: CheckRun = async (parts) => {
  const { entry, index } = own(parts.outcome);
  const { proof } = need(parts.bundle);
  const at = 'evidence.outcome';
  demand(entry.type === 'outcome', 'E_LOG_PROOF', 'the entry is not an outcome', at);
  demand(same(entry.command, parts.hash), 'E_LOG_PROOF', 'the entry is about another command', at);
  const device = need(parts.command).device;
  demand(same(entry.device, device), 'E_LOG_PROOF', 'the entry names another device', at);
  const after = entry.index === proof.index && index > proof.index;
  demand(after, 'E_LOG_PROOF', 'the entry answers another intent', at);
  if (parts.evidence.receipt.length === 0) {
    demand(entry.digest === undefined, 'E_LOG_PROOF', 'the receipt the entry names is missing', at);
    return `recorded as entry ${index}, without a receipt`;
  }
  const digest = parts.crypto.sha256(parts.evidence.receipt);
  demand(same(entry.digest, digest), 'E_LOG_PROOF', 'the entry names another receipt', at);
  const receipt = need(parts.receipt);
  const agrees = entry.result === RESULT[receipt.result] && entry.code === receipt.code;
  demand(agrees, 'E_LOG_PROOF', 'the entry and the receipt tell different outcomes', at);
  demand(entry.number === receipt.number, 'E_LOG_PROOF', 'the entry has another receipt number', at);
  return `recorded as entry ${index}`;
};

/** 9. The log signed the checkpoints both entries stand under, and enough witnesses did. */
export const checkSeals: CheckRun = async (parts) => {
  const anchors = need(parts.anchors);
  const [before, after] = [own(parts.intentSeal), own(parts.outcomeSeal)];
  const announced =
    before === 0
      ? 'the announcement bears the log’s signature alone: it lowers risk, so it waited for no witness'
      : `witnesses saw the announcement ${isoTime(before)}`;
  return `signed by ${anchors.log.origin}; ${announced}, and the outcome at the latest ${isoTime(after)} (newest checkpoint)`;
};

/** Unix seconds as ISO 8601 in UTC; times no calendar has stay numbers. */
export function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `unix ${seconds}` : date.toISOString().replace('.000Z', 'Z');
}
