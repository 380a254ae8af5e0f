import type { Attestation } from '../../server/protocol/attestation.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readReceipt } from '../../server/protocol/receipt.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { type Answer } from '../../server/protocol/link/wire.ts';
import { type HttpAnswer } from '../common/link/http.ts';

/** Everything a patient would feel, and everything that decides what will be felt next. */
export const therapy = ({ settings, mode, counter, anchorsVersion, profile, patient }: Attestation): string =>
  JSON.stringify([[...settings], mode, counter, anchorsVersion, hex(profile), hex(patient)]);

/** What an answer of a device says, in one word. A receipt over an unchanged state is the old one, or a refusal. */
export function codeOf(answer: Answer): string {
  if (answer.kind === 'refused') return answer.code;
  if (answer.kind !== 'receipt') return answer.kind;
  return readReceipt(answer.receipt).code ?? 'old receipt';
}

/** The code of a refusal that was thrown; passes everything else on. */
export async function codeFrom(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** Why a call over the stream came to nothing: the gateway's code. A stream it ends with its session (4401) says so. */
export function streamCode(error: unknown): string {
  if (error instanceof Refusal) return error.code;
  return error instanceof Error && error.message.endsWith('(4401)') ? 'E_SESSION' : 'the stream closed';
}

/** The code in a problem+json answer, or its status. */
export function problemCode({ status, body }: HttpAnswer): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'code' in parsed && typeof parsed.code === 'string')
      return parsed.code;
  } catch {
    // Not JSON: the status says it.
  }
  return `HTTP ${status}`;
}
