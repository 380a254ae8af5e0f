import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, concat, equal } from '../../../server/protocol/bytes.ts';

/** Where a device keeps its state: a write either happens whole, or the last one still stands. */
export interface Storage {
  /** The newest whole record, or undefined on a device that never stored one. */
  load(): Promise<Bytes | undefined>;
  /** Resolves when the record will survive a power cut. */
  save(record: Bytes): Promise<void>;
}

const HEADER = 8 + 4 + 32;

/**
 * Two slots written in turn, as in flash memory:
 *
 *     sequence (8 bytes) | length (4 bytes) | SHA-256 of the record (32 bytes) | record
 *
 * A torn write spoils one slot; the other still holds the state before it. One flush per record.
 */
export function twoSlots(folder: string): Storage {
  const path = (sequence: bigint): string => join(folder, `state-${sequence % 2n}`);
  let last = 0n;

  return {
    async load() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const slots = await Promise.all([0n, 1n].map((n) => readSlot(path(n))));
      const newest = slots
        .filter((slot) => slot !== undefined)
        .sort((a, b) => (a.sequence < b.sequence ? 1 : -1))[0];
      last = newest?.sequence ?? 0n;
      return newest?.record;
    },

    async save(record) {
      const header = new Uint8Array(12);
      const view = new DataView(header.buffer);
      view.setBigUint64(0, last + 1n);
      view.setUint32(8, record.length);
      const file = await open(path(last + 1n), constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        const slot = concat(header, digest(record), record);
        await file.write(slot, 0, slot.length, 0);
        await file.datasync();
        last += 1n;
      } finally {
        await file.close();
      }
    },
  };
}

/** Storage that forgets: for devices that live only as long as a test or a benchmark. */
export function memorySlots(): Storage {
  let held: Bytes | undefined;
  return {
    load: () => Promise.resolve(held),
    save(record) {
      held = record;
      return Promise.resolve();
    },
  };
}

async function readSlot(file: string): Promise<{ sequence: bigint; record: Bytes } | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes || bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const record = Uint8Array.from(bytes.subarray(HEADER, HEADER + view.getUint32(8)));
  if (!equal(digest(record), bytes.subarray(12, HEADER))) return undefined;
  return { sequence: view.getBigUint64(0), record };
}

const digest = (bytes: Bytes): Bytes => createHash('sha256').update(bytes).digest();
