import type { Bedside } from '../../broker/bedside.ts';
import type { JournalEntry } from '../../broker/journal.ts';
import { hex } from '../../protocol/encoding/bytes.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../../protocol/encoding/fields.ts';
import type { Records } from '../desks/records.ts';

/**
 * What a restart has to remember of each device: open commands, the newest receipt, the last changes.
 *
 * @returns commands that were announced and never sent: they are over, and nothing waits for them
 */
export function recall(bedsides: ReadonlyMap<string, Bedside>, records: Records): readonly JournalEntry[] {
  const never: JournalEntry[] = [];
  for (const entry of records.open()) {
    const bedside = bedsides.get(hex(entry.device));
    // A command that never left must not hide one that may have reached the device.
    if (entry.state === 'logged') never.push(entry);
    else if (bedside) bedside.unknown = entry;
  }
  for (const at of bedsides.values()) {
    for (const [commandClass, time] of records.lastApplied(at.device.id))
      at.lastApplied.set(commandClass, time);
    const kept = records.kept(`receipts ${at.device.hex}`);
    if (!kept) continue;
    const [number, hash] = arrayOf(decodeStrict(kept, 'receipts', 64), 'receipts', 2, 2);
    at.receipts = { number: uint(number, 'receipts'), hash: bytesOf(hash, 'receipts', 32) };
  }
  return never;
}
