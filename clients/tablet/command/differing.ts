import { base64url } from '../../../server/protocol/encoding/bytes.ts';
import { parseCommand } from '../../../server/protocol/command.ts';
import { readReceipt } from '../../../server/protocol/receipt.ts';
import type { SealedOutcome } from '../../../server/protocol/stream.ts';
import type { Run } from '../state.ts';

/** The read-back of a receipt by this device for this command that is not what was signed; undefined when it is not that. */
export function differing(
  { bytes, reading }: Run,
  sealed: SealedOutcome,
): ReadonlyMap<number, number> | undefined {
  try {
    const receipt = readReceipt(sealed.receipt);
    if (base64url(receipt.device) !== base64url(reading.device)) return undefined;
    const asked: ReadonlyMap<number, number> = parseCommand(bytes).changes;
    const same = [...asked].every(([code, value]) => receipt.readBack.get(code) === value);
    return same || receipt.code !== undefined ? undefined : receipt.readBack;
  } catch {
    return undefined;
  }
}
