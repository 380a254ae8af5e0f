import type { Anchors } from './anchors.ts';
import { type Bytes, same, sha256, Wrong } from './bytes.ts';
import type { Item } from './cbor.ts';
import { readReceipt } from './device.ts';
import { bytes, fields, list, settings, text } from './fields.ts';
import { provenOutcome } from './log.ts';
import { type Profile, reading } from './profile.ts';
import type { Key } from './signed.ts';

/** One setting as it was asked for, and as the device reads it now. */
export interface ReadBack {
  readonly name: string;
  readonly asked: string;
  readonly reads: string;
  readonly same: boolean;
}

export type Outcome =
  | { readonly kind: 'done' | 'changed'; readonly readBack: readonly ReadBack[]; readonly receipt: number; readonly index: number } // prettier-ignore
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly index: number;
      /** The device itself refused it; otherwise the log says that nothing left for it. */
      readonly byDevice: boolean;
    };

const REFUSED = 3;

/**
 * What became of a command, by what its device signed and the witnessed log holds, and by nobody's word besides (protocol,
 * section 5). Throws Wrong when anything does not fit: then the outcome is not known.
 *
 * @param sealed the four members of the gateway's answer
 */
export async function outcome(
  sealed: readonly Item[],
  command: Bytes,
  device: { readonly id: Bytes; readonly key: Key; readonly profile: Profile },
  anchors: Anchors,
): Promise<Outcome> {
  const [named, given, code, proof] = list(sealed, 4, 4);
  const hash = await sha256(command);
  const logged = await provenOutcome(proof, anchors);
  if (![bytes(named, 32), logged.command].every((one) => same(one, hash)) || !same(logged.device, device.id))
    throw new Wrong('the answer is about another command');
  const receipt = bytes(given);
  if (receipt.length === 0) {
    if (logged.result !== REFUSED || logged.code !== text(code))
      throw new Wrong('there is no receipt, and the log does not say that it was refused');
    return { kind: 'refused', code: text(code), index: logged.index, byDevice: false };
  }
  const told = await readReceipt(receipt, device.key);
  const results = ['applied', 'changed', 'refused'];
  if (!same(told.command, hash) || !same(told.device, device.id))
    throw new Wrong('the receipt is of another command');
  if (!logged.digest || !same(logged.digest, told.digest) || logged.number !== told.number)
    throw new Wrong('the log names another receipt');
  if (results[logged.result - 1] !== told.result) throw new Wrong('log and receipt differ about the outcome');
  if (told.result === 'refused')
    return { kind: 'refused', code: logged.code ?? text(code), index: logged.index, byDevice: true };
  const asked = settings(fields(command, [1, 2, 3, 4, 5, 6, 7, 8, 9]).get(8));
  const readBack = Array.from(asked, ([setting, value]) => compared(device.profile, setting, value, told.readBack.get(setting))); // prettier-ignore
  const exact = readBack.every((one) => one.same);
  if (!exact && told.result === 'applied')
    throw new Wrong('the device says it did what its settings do not show');
  return { kind: exact ? 'done' : 'changed', readBack, receipt: told.number, index: logged.index };
}

function compared(profile: Profile, code: number, asked: number, reads: number | undefined): ReadBack {
  const setting = profile.settings.find((one) => one.code === code);
  if (!setting || reads === undefined) throw new Wrong('the receipt does not read back what was changed');
  return {
    name: setting.name,
    asked: reading(setting, asked),
    reads: reading(setting, reads),
    same: asked === reads,
  };
}
