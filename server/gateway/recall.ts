import type { Bedside } from '../broker/bedside.ts';
import { hex } from '../protocol/bytes.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../protocol/fields.ts';
import type { Records } from './records.ts';

/** What a restart has to remember of each device: open commands, the newest receipt, the last changes. */
export function recall(bedsides: ReadonlyMap<string, Bedside>, records: Records): void {
  for (const entry of records.open()) {
    const at = bedsides.get(hex(entry.device));
    if (at) at.unknown = entry;
  }
  for (const at of bedsides.values()) {
    for (const [commandClass, time] of records.lastApplied(at.device.id))
      at.lastApplied.set(commandClass, time);
    const kept = records.kept(`receipts ${at.device.hex}`);
    if (!kept) continue;
    const [number, hash] = arrayOf(decodeStrict(kept, 'receipts', 64), 'receipts', 2, 2);
    at.receipts = { number: uint(number, 'receipts'), hash: bytesOf(hash, 'receipts', 32) };
  }
}
