import { type Bytes, same, Wrong } from './bytes.ts';
import { read } from './cbor.ts';
import { type Receipt, readReceipt } from './device.ts';
import { bytes, list } from './fields.ts';
import { type Profile, reading } from './profile.ts';
import type { Key } from './signed.ts';

/** One setting before an emergency, and what the safe mode made of it. */
export interface Moved {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What a device signed of its emergency (protocol, section 3.9): its receipt, for exactly this command. Who asked for it is not
 * judged here. Throws Wrong.
 *
 * @param evidence the file of the emergency, as the gateway keeps it
 */
export async function rescueReceipt(
  evidence: Bytes,
  command: Bytes,
  device: { readonly id: Bytes; readonly key: Key },
): Promise<Receipt> {
  const receipt = await readReceipt(bytes(list(read(evidence), 7, 8)[4]), device.key);
  if (!same(receipt.command, command) || !same(receipt.device, device.id))
    throw new Wrong('the receipt is of something else');
  if (receipt.granted || receipt.result === 'refused') throw new Wrong('the receipt is of no emergency');
  return receipt;
}

/** The settings that the safe mode moved, in the maker's order. */
export function movedBy({ before, readBack }: Receipt, { settings }: Profile): readonly Moved[] {
  return settings.flatMap((one) => {
    const [was, is] = [before.get(one.code), readBack.get(one.code)];
    if (!one.programmable || was === undefined || is === undefined || was === is) return [];
    return [{ name: one.name, before: reading(one, was), after: reading(one, is) }];
  });
}
