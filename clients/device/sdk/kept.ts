import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import type { DeviceState } from './state.ts';

type Kept = Pick<DeviceState, 'receipts' | 'receiptNumber'>;

/** The receipt a device still keeps for a command hash. */
export const keptReceipt = ({ receipts }: Kept, command: Bytes): Bytes | undefined =>
  receipts.find((kept) => equal(kept.command, command))?.receipt;

/** The receipts a device still keeps with a higher number, oldest first. */
export function keptSince({ receipts, receiptNumber }: Kept, number: number): readonly Bytes[] {
  const first = receiptNumber - receipts.length;
  return receipts.slice(Math.max(0, number - first)).map(({ receipt }) => receipt);
}
