import { type Attestation, openAttestation } from '../../server/protocol/attestation.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { Refusal, type RefusalCode } from '../../server/protocol/refusal.ts';
import type { Answer } from '../../server/protocol/link/wire.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { openedReceipt } from './bench-checks.ts';
import { CaseFault, same } from './faults.ts';

/** An answer that is none of those that were possible here. */
export function unexpected(wanted: string, answer: Answer): CaseFault {
  const got =
    answer.kind === 'refused' ? `a refusal with ${answer.code}` : `an answer that says ${answer.kind}`;
  const field = answer.kind === 'refused' ? answer.field : 'answer.0';
  return new CaseFault(`the answer is ${wanted}`, { expected: wanted, got, field });
}

/** What the device under test attested, signed by the key it was declared with. Throws CaseFault. */
export async function attestationIn(answer: Answer, identity: PublicKey): Promise<Attestation> {
  if (answer.kind !== 'attestation') throw unexpected('an attestation', answer);
  try {
    return await openAttestation(nodeCrypto, answer.attestation, identity);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const rule = 'an attestation is signed by the declared identity key, as section 3.7 spells it';
    const field = error.field ?? '';
    throw new CaseFault(rule, { expected: 'it to verify', got: error.message, field });
  }
}

/** Code of a refusal, signed or not; a receipt that does not refuse is the worst a device can do here. */
export async function refusalIn(
  answer: Answer,
  before: Attestation,
  identity: PublicKey,
): Promise<{ readonly code: RefusalCode; readonly field: string } | undefined> {
  if (answer.kind === 'refused') return { code: answer.code, field: answer.field };
  if (answer.kind !== 'receipt') return undefined;
  return { code: await refusedBy(answer.receipt, before, identity), field: 'receipt.3' };
}

async function refusedBy(bytes: Bytes, before: Attestation, identity: PublicKey): Promise<RefusalCode> {
  const receipt = await openedReceipt(bytes, identity);
  if (receipt.result !== 'refused' || !receipt.code)
    throw new CaseFault('what is not genuine in every part changes nothing', {
      expected: 'a refusal',
      got: `a receipt that says ${receipt.result}`,
      field: 'receipt.2',
    });
  same('a receipt of a refusal shows that nothing changed', 'receipt.11', before.settings, receipt.after);
  same('receipt numbers count every receipt', 'receipt.8', before.receiptNumber + 1, receipt.number);
  same('each receipt names the one before', 'receipt.13', before.lastReceipt, receipt.previous);
  return receipt.code;
}
