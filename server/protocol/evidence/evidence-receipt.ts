import { openAttestation } from '../attestation.ts';
import { equal } from '../encoding/bytes.ts';
import type { CheckRun } from './evidence-checks.ts';
import { need, own, type Parts, Unavailable } from './evidence-parts.ts';
import { whoseKey } from './evidence-tools.ts';
import { programmed, settingsHash } from '../profile.ts';
import type { Receipt } from '../receipt.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';

type Settings = ReadonlyMap<number, number>;

const demand = (fine: boolean, code: RefusalCode, why: string, field: string): void => {
  if (!fine) throw new Refusal(code, why, field);
};
const sameSettings = (a: Settings, b: Settings): boolean =>
  a.size === b.size && [...a].every(([code, value]) => b.get(code) === value);

/** 6. The device itself signed the receipt: for this command, grant and intent, and next in its chain. */
export const checkReceipt: CheckRun = async (parts) => {
  const key = own(parts.deviceKey);
  const receipt = receiptOf(parts);
  await openAttestation(parts.crypto, parts.evidence.attestation, key);
  checkStart(parts);
  checkNames(parts);
  const code = receipt.code === undefined ? '' : ` with ${receipt.code}`;
  const whose = await whoseKey(parts, receipt.device, key);
  return `receipt ${receipt.number}: ${receipt.result}${code}; ${whose}`;
};

/** 7. What acts in the device, as read back by it, is what was asked for. */
export const checkReadBack: CheckRun = async (parts) => {
  const receipt = receiptOf(parts);
  const { profile } = need(parts.profile);
  const { settings } = need(parts.attestation);
  const { changes } = need(parts.command);
  const refused = receipt.result === 'refused';
  const meant = refused ? settings : new Map([...settings, ...changes]);
  // Readings drift between attestation and receipt; only what commands can set must agree.
  const agrees = (a: Settings, b: Settings): boolean =>
    sameSettings(programmed(profile, a), programmed(profile, b));
  const is = (fine: boolean, why: string, field: string): void =>
    demand(fine, 'E_DEVICE_IDENTITY', why, field);
  is(agrees(receipt.before, settings), 'the settings before are not the attested ones', 'receipt.10');
  is(agrees(receipt.after, meant), 'the settings after are not those of the command', 'receipt.11');
  const exact = agrees(receipt.readBack, receipt.after);
  is(exact || receipt.result === 'applied-modified', 'the read-back differs', 'receipt.12');
  if (refused) return 'refused: every setting is as it was';
  if (exact && changes.size === 0)
    return 'no setting was asked to change, and every setting reads back as before';
  return exact
    ? 'every setting reads back as it was asked for'
    : 'the device says openly that it adjusted a value';
};

/** Without a receipt nobody knows what the device did; that is no failure of the evidence, and no success. */
function receiptOf(parts: Parts): Receipt {
  if (parts.evidence.receipt.length > 0) return own(parts.receipt);
  throw new Unavailable('there is no receipt: only the device’s own word proves what it did');
}

/** The command was made for what the device attested. */
function checkStart(parts: Parts): void {
  const command = need(parts.command);
  const attestation = own(parts.attestation);
  const { profile } = need(parts.profile);
  const from = settingsHash(parts.crypto.sha256, profile, attestation.settings);
  demand(
    equal(attestation.device, command.device),
    'E_GRANT_DEVICE',
    'attested by another device',
    'attestation.5',
  );
  demand(equal(attestation.nonce, command.nonce), 'E_NONCE', 'attested in another session', 'attestation.1');
  demand(attestation.counter + 1 === command.counter, 'E_COUNTER', 'not the next counter', 'command.4');
  demand(equal(attestation.patient, command.patient), 'E_PATIENT', 'another patient', 'command.9');
  demand(equal(from, command.settings), 'E_APPROVAL_STALE', 'signed for other settings', 'command.6');
}

/** The receipt is about this command, grant, intent and these people, and follows the attestation. */
function checkNames(parts: Parts): void {
  const receipt = own(parts.receipt);
  const attestation = own(parts.attestation);
  const command = need(parts.command);
  const grant = need(parts.grant);
  const { approvals } = need(parts.bundle);
  const refused = receipt.result === 'refused';
  const is = (fine: boolean, why: string, field: string): void =>
    demand(fine, 'E_DEVICE_IDENTITY', why, field);
  is(equal(receipt.device, command.device), 'the receipt is of another device', 'receipt.1');
  is(equal(receipt.command, parts.hash), 'the receipt is for another command', 'receipt.4');
  is(receipt.grant !== undefined && equal(receipt.grant, grant.id), 'another grant', 'receipt.5');
  const leaf = receipt.intentLeaf;
  is(leaf !== undefined && equal(leaf, grant.intentLeaf), 'another log entry', 'receipt.6');
  // A refusal names the people whose signatures it had verified by then.
  const enough = refused ? receipt.kids.length <= approvals.length : receipt.kids.length === approvals.length;
  const listed = receipt.kids.every((kid, i) => approvals[i] !== undefined && equal(kid, approvals[i].kid));
  is(enough && listed, 'the receipt names other people', 'receipt.7');
  is(receipt.number > attestation.receiptNumber, 'the receipt is older than the attestation', 'receipt.8');
  const next =
    receipt.number !== attestation.receiptNumber + 1 || equal(receipt.previous, attestation.lastReceipt);
  is(next, 'the receipt follows another one', 'receipt.13');
  is(receipt.counter === command.counter - (refused ? 1 : 0), 'the counter does not fit', 'receipt.9');
}
