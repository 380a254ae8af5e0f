import { type Attestation, checkPatient } from './attestation.ts';
import { type Bytes, equal } from './encoding/bytes.ts';
import { type Command, encodeCommand, parseCommand } from './command.ts';
import type { Crypto, PublicKey, Sha256 } from './crypto.ts';
import { checkChanges, tierOf } from './limits.ts';
import { type Profile, settingsHash } from './profile.ts';
import { type LogTrust, verifyProof } from './log/prove.ts';
import { openReceipt, type Receipt, RESULT } from './receipt.ts';
import { codeNamed, Refusal, type RefusalCode } from './refusal.ts';
import type { SealedOutcome } from './stream.ts';

/** What a tablet knows when it makes a command: all of it verified by the tablet itself. */
export interface Bedside {
  readonly attestation: Attestation;
  readonly profile: Profile;
  readonly profileHash: Bytes;
}

/** What the clinician wants done. */
export interface Wish {
  readonly operation: number;
  readonly changes: ReadonlyMap<number, number>;
  readonly companion?: Bytes;
}

/**
 * Step 2 and 3 of the ceremony at the tablet: checks the wristband and the typed year of birth against the
 * device, the values against its profile, and builds the exact bytes to sign. Throws Refusal.
 */
export function prepareCommand(
  sha256: Sha256,
  { attestation, profile, profileHash }: Bedside,
  patient: { readonly mrn: string; readonly birthYear: number },
  wish: Wish,
): { readonly bytes: Bytes; readonly tier: 1 | 2 } {
  checkPatient(sha256, attestation, patient.mrn, patient.birthYear);
  if (!equal(attestation.profile, profileHash)) {
    throw new Refusal('E_PROFILE', 'the device runs another profile', 'attestation.11');
  }
  const command: Command = {
    device: attestation.device,
    nonce: attestation.nonce,
    counter: attestation.counter + 1,
    profile: profileHash,
    settings: settingsHash(sha256, profile, attestation.settings),
    operation: wish.operation,
    changes: wish.changes,
    patient: attestation.patient,
    ...(wish.companion && { companion: sha256(wish.companion) }),
  };
  const tier = tierOf(profile, command, attestation.settings);
  const unchanged = (p: { code: number }) => ({
    changed: 0,
    baseline: attestation.settings.get(p.code) ?? 0,
  });
  checkChanges(profile, command, attestation.settings, unchanged, tier);
  return { bytes: encodeCommand(command), tier };
}

/** The outcome of a command, verified by the tablet itself. */
export type Verified =
  | { readonly kind: 'done'; readonly modified: boolean; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly receipt: Receipt | undefined };

/**
 * Step 9: the receipt (enrolled device key), the read-back, and the witnessed log entry that names this receipt.
 * Only what this returns may be shown as "Done". Throws Refusal when anything does not fit.
 */
export async function verifySealed(
  crypto: Crypto,
  signed: Bytes,
  sealed: SealedOutcome,
  device: PublicKey,
  trust: LogTrust,
): Promise<Verified> {
  const hash = crypto.sha256(signed);
  if (!equal(sealed.command, hash))
    throw new Refusal('E_CMD_HASH', 'the outcome of another command', 'sealed.command');
  const { entry } = await verifyProof(crypto, sealed.proof, trust);
  if (entry.type !== 'outcome' || !entry.command || !equal(entry.command, hash)) {
    throw new Refusal('E_LOG_PROOF', 'not the outcome of this command', 'sealed.proof');
  }
  if (sealed.receipt.length === 0) return unreceipted(sealed.code, entry.result, entry.code);
  const receipt = await openReceipt(crypto, sealed.receipt, device);
  const named =
    entry.digest && equal(entry.digest, crypto.sha256(sealed.receipt)) && entry.number === receipt.number;
  if (!named || entry.result !== RESULT[receipt.result] || entry.code !== receipt.code) {
    throw new Refusal('E_LOG_PROOF', 'the log names another receipt', 'sealed.receipt');
  }
  if (!equal(receipt.command, hash))
    throw new Refusal('E_CMD_HASH', 'a receipt for another command', 'receipt.4');
  if (receipt.code) return { kind: 'refused', code: receipt.code, receipt };
  checkReadBack(parseCommand(signed), receipt);
  return { kind: 'done', modified: receipt.result === 'applied-modified', receipt };
}

function unreceipted(code: string, result: number | undefined, logged: string | undefined): Verified {
  const known = codeNamed(code);
  if (!known || result !== RESULT.refused || logged !== code) {
    throw new Refusal('E_LOG_PROOF', 'only a refusal can come without a receipt', 'sealed.code');
  }
  return { kind: 'refused', code: known, receipt: undefined };
}

/** What acts now is what was asked for, unless the receipt says openly that the device adjusted it. */
function checkReadBack(command: Command, receipt: Receipt): void {
  for (const [code, value] of command.changes) {
    const exact = receipt.readBack.get(code) === value;
    if (!exact && receipt.result === 'applied') {
      throw new Refusal('E_DEVICE_IDENTITY', 'the read-back differs from what was signed', 'receipt.12');
    }
  }
}
