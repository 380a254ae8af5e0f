import { randomBytes } from 'node:crypto';
import type { LogEntry } from '../../server/audit/sequencer.ts';

const device = new Uint8Array(randomBytes(8));
let serial = 0;

/** An entry as large as an intent: 300 bytes, of one device, about a command of its own. */
export function newRow(): LogEntry {
  const bytes = new Uint8Array(300);
  const command = new Uint8Array(32);
  new DataView(bytes.buffer).setFloat64(0, ++serial);
  new DataView(command.buffer).setFloat64(0, Math.random()); // spread over the index, as hashes are
  return { type: 3, time: Date.now(), device, command, bytes };
}
