import type { Attestation } from '../../server/protocol/attestation.ts';
import type { Bundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { parseCommand } from '../../server/protocol/command.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { readGrant } from '../../server/protocol/grant.ts';
import { openReceipt, type Receipt } from '../../server/protocol/receipt.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { CaseFault, demand, same } from './faults.ts';
import type { Changes } from './world/wishes.ts';

const { sha256 } = nodeCrypto;

/** A receipt that the device signed, as section 3.7 spells it. */
export async function openedReceipt(bytes: Bytes, identity: PublicKey): Promise<Receipt> {
  try {
    return await openReceipt(nodeCrypto, bytes, identity);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const rule = 'a receipt is signed by the declared identity key, as section 3.7 spells it';
    throw new CaseFault(rule, { expected: 'it to verify', got: error.message, field: error.field ?? '' });
  }
}

interface Taken {
  readonly before: Attestation;
  readonly bundle: Bundle;
  readonly changes: Changes;
}

/** Every field of the receipt of a command that was taken. */
export function checkReceipt(receipt: Receipt, { before, bundle, changes }: Taken): void {
  if (receipt.result === 'refused')
    throw new CaseFault('a genuine command is taken', {
      expected: 'applied',
      got: `refused with ${receipt.code ?? 'no code'}`,
      field: 'receipt.2',
    });
  const grant = readGrant(bundle.grant);
  const meant = new Map([...before.settings, ...changes]);
  same('a receipt names its device', 'receipt.1', before.device, receipt.device);
  same('a receipt names the command by its hash', 'receipt.4', sha256(bundle.command), receipt.command);
  same('a receipt names the grant', 'receipt.5', grant.id, receipt.grant);
  same('a receipt names the intent', 'receipt.6', grant.intentLeaf, receipt.intentLeaf);
  same(
    'a receipt names whose approvals verified',
    'receipt.7',
    bundle.approvals.map(({ kid }) => kid),
    receipt.kids,
  );
  same('receipt numbers count every receipt', 'receipt.8', before.receiptNumber + 1, receipt.number);
  same(
    'the counter counts accepted commands',
    'receipt.9',
    parseCommand(bundle.command).counter,
    receipt.counter,
  );
  same('a receipt says what was before', 'receipt.10', before.settings, receipt.before);
  same('a receipt says what was meant', 'receipt.11', meant, receipt.after);
  const { after, readBack } = receipt;
  const whole = after.size === readBack.size && [...after.keys()].every((code) => readBack.has(code));
  demand(whole, 'every setting is read back, and no other', 'receipt.12', 'a part of them');
  if (receipt.result === 'applied')
    same(
      'what was read back is what was meant, or the receipt says `applied-modified`',
      'receipt.12',
      receipt.after,
      receipt.readBack,
    );
  else
    demand(
      [...receipt.readBack].some(([code, value]) => receipt.after.get(code) !== value),
      '`applied-modified` is said only where the read-back differs',
      'receipt.2',
    );
  same('each receipt names the one before', 'receipt.13', before.lastReceipt, receipt.previous);
  demand(receipt.ticks >= before.ticks, 'ticks never go back', 'receipt.14');
}

/** The device's own word after a command that it took. */
export function checkMoved(before: Attestation, after: Attestation, receipt: Receipt, bytes: Bytes): void {
  same('the settings are those that were read back', 'attestation.12', receipt.readBack, after.settings);
  same('the counter counts accepted commands', 'attestation.8', receipt.counter, after.counter);
  same('receipt numbers count every receipt', 'attestation.9', receipt.number, after.receiptNumber);
  same('the attestation names the last receipt', 'attestation.10', sha256(bytes), after.lastReceipt);
  demand(!same16(before.nonce, after.nonce), 'a command that was taken spends its nonce', 'attestation.1');
  demand(after.ticks >= before.ticks, 'ticks never go back', 'attestation.3');
}

const same16 = (a: Bytes, b: Bytes): boolean => Buffer.from(a).equals(b);

/** A refusal moves nothing: not the settings, not the counters, not what it believes, not the nonce. */
export function checkUnmoved(
  before: Attestation,
  after: Attestation,
  { receipt }: { readonly receipt: boolean },
): void {
  same('a refusal changes no setting', 'attestation.12', before.settings, after.settings);
  same('a refusal changes no mode', 'attestation.17', before.mode, after.mode);
  same('a refusal is not counted as accepted', 'attestation.8', before.counter, after.counter);
  same('a refusal changes no patient', 'attestation.7', before.patient, after.patient);
  same('a refusal moves no list version', 'attestation.15', before.statusVersion, after.statusVersion);
  same('a refusal moves no anchors', 'attestation.14', before.anchorsVersion, after.anchorsVersion);
  same('a refusal spends no emergency nonce', 'attestation.2', before.emergencyNonce, after.emergencyNonce);
  const number = before.receiptNumber + (receipt ? 1 : 0);
  same('receipts are numbered without a gap', 'attestation.9', number, after.receiptNumber);
  // Once every approval verified, the nonce may be spent; before that, nobody can take it from those who wait.
  if (!receipt) same('a refusal spends no nonce', 'attestation.1', before.nonce, after.nonce);
  demand(after.ticks >= before.ticks, 'ticks never go back', 'attestation.3');
}
