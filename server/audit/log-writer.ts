import type { Bytes } from '../protocol/encoding/bytes.ts';
import { ENTRY, type Entry, encodeEntry } from '../protocol/log/entry.ts';
import type { Proof } from '../protocol/bundle.ts';
import type { Op } from '../store/batch.ts';
import type { Appended } from './sequenced.ts';
import type { LogEntry } from './sequencer.ts';

/** What the recorder needs of the log: append and wait for the witnesses, or append and wait for the disk only. */
export interface LogWriter {
  append(entries: readonly LogEntry[], alongside?: readonly Op[]): Promise<readonly Appended[]>;
  /** Waits for the disk only, and gives a proof under the log's own signature. */
  appendSigned(entries: readonly LogEntry[], alongside?: readonly Op[]): Promise<readonly Appended[]>;
  /** Waits until the witnesses have seen what `appendSigned` placed. */
  witnessed(placed: Appended): Promise<Appended>;
  appendDurable(entries: readonly LogEntry[], alongside?: readonly Op[]): Promise<unknown>;
}

/** An entry as the log stores it: its bytes, and the columns people search by. */
export function logEntry(entry: Entry): LogEntry {
  return {
    type: ENTRY[entry.type].number,
    time: entry.time,
    ...(entry.device && { device: entry.device }),
    ...(entry.command && { command: entry.command }),
    bytes: encodeEntry(entry),
  };
}

/** The proof of an entry that was just appended. */
export const proofOf = (bytes: Bytes, { index, path, checkpoint }: Appended): Proof => ({
  entry: bytes,
  index,
  path,
  checkpoint,
});
