import type { Mode } from '../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import {
  type EmergencyParts,
  readEmergencyParts,
} from '../../../server/protocol/evidence/emergency-checks.ts';
import {
  isEmergencyEvidence,
  parseEmergencyEvidence,
} from '../../../server/protocol/evidence/emergency-evidence.ts';
import { type Parts, readParts } from '../../../server/protocol/evidence/evidence-parts.ts';
import { parseEvidence } from '../../../server/protocol/evidence/evidence.ts';
import type { Receipt } from '../../../server/protocol/receipt.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { renderCommand } from '../../../server/protocol/render.ts';
import { commandWords } from '../../../server/protocol/words.ts';
import { type Moved, movedIn } from './moved.ts';

/** What the bytes of an evidence file say, as believable as the checks beside it. */
export interface Told {
  readonly operation: number;
  /** How the device was before it answered; undefined where it did not say. */
  readonly mode: Mode | undefined;
  /** Settings that the command names. */
  readonly asked: number;
  /** The operation in the words that its bytes have. */
  readonly title: string;
  readonly words: string;
  readonly settings: readonly Moved[];
  readonly model: string;
  /** What the device had shown of itself before it answered. */
  readonly counter: number;
  readonly nonce: Bytes;
  readonly receipt: Receipt | undefined;
  /** The command. */
  readonly bytes: Bytes;
}

/** Reads it; undefined where it cannot be read. */
export async function toldBy(crypto: Crypto, bytes: Bytes): Promise<Told | undefined> {
  try {
    return isEmergencyEvidence(bytes)
      ? ofEmergency(await readEmergencyParts(crypto, parseEmergencyEvidence(bytes)))
      : ofCommand(await readParts(crypto, parseEvidence(bytes)));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function ofCommand(parts: Parts): Told | undefined {
  const { bundle, profile, attestation, command, receipt } = parts;
  if (!('value' in bundle) || !('value' in profile) || !('value' in attestation) || !('value' in command))
    return undefined;
  const { settings, counter, nonce, mode } = attestation.value;
  const model = profile.value.profile;
  const { title, words } = renderCommand(parts.crypto.sha256, bundle.value.command, model, settings, mode);
  const answer = 'value' in receipt ? receipt.value : undefined;
  return {
    operation: command.value.operation,
    mode,
    asked: command.value.changes.size,
    title,
    words,
    settings: movedIn(model, settings, command.value.changes, answer),
    model: model.model,
    counter,
    nonce,
    receipt: answer,
    bytes: bundle.value.command,
  };
}

/** The safe mode names no setting; what moved is shown, as the device read it back. */
function ofEmergency({ crypto, hash, ...parts }: EmergencyParts): Told | undefined {
  const { message, profile, command, receipt } = parts;
  if (!('value' in message) || !('value' in profile) || !('value' in command) || !('value' in receipt))
    return undefined;
  const { before } = receipt.value;
  const { title } = renderCommand(crypto.sha256, message.value.command, profile.value, before);
  const { nonce, counter, operation } = command.value;
  return {
    operation,
    mode: undefined,
    asked: 0,
    title,
    words: commandWords(hash),
    settings: movedIn(profile.value, before, profile.value.safeState, receipt.value),
    model: profile.value.model,
    counter,
    nonce,
    receipt: receipt.value,
    bytes: message.value.command,
  };
}
