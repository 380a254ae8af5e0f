import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, concat, equal } from '../../../server/protocol/encoding/bytes.ts';

/** Where a device keeps its state: a write either happens whole, or the last one still stands. */
export interface Storage {
  /** The newest whole record, or undefined on a device that never stored one. Rejects when it cannot tell. */
  load(): Promise<Bytes | undefined>;
  /** Resolves when the record will survive a power cut. */
  save(record: Bytes): Promise<void>;
}

const HEADER = 8 + 4 + 32;

/**
 * Two slots written in turn, as in flash memory:
 *
 *     sequence (8 bytes) | length (4 bytes) | SHA-256 of sequence, length and record (32 bytes) | record
 *
 * The hash covers the sequence too: else a write cut off after it would make an old record look like the newest.
 * A torn write spoils one slot; the other still holds the state before it. One flush per record.
 */
export function twoSlots(folder: string): Storage {
  const path = (sequence: bigint): string => join(folder, `state-${sequence % 2n}`);
  let last = 0n;

  return {
    async load() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const files = await Promise.all([0n, 1n].map((n) => readFileIfAny(path(n))));
      const newest = files
        .map((bytes) => bytes && wholeSlot(bytes))
        .filter((slot) => slot !== undefined)
        .sort((a, b) => (a.sequence < b.sequence ? 1 : -1))[0];
      if (!newest && files.every((bytes) => bytes !== undefined)) {
        throw new Error(`both copies of the state in ${folder} are damaged; the device must be set up again`);
      }
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
        await file.writeFile(concat(header, digest(concat(header, record)), record));
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

/** A slot that was never written is undefined; one that cannot be read is an error, not an older state. */
async function readFileIfAny(file: string): Promise<Bytes | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function wholeSlot(bytes: Bytes): { sequence: bigint; record: Bytes } | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const record = Uint8Array.from(bytes.subarray(HEADER, HEADER + view.getUint32(8)));
  const said = digest(concat(bytes.subarray(0, 12), record));
  if (!equal(said, bytes.subarray(12, HEADER))) return undefined;
  return { sequence: view.getBigUint64(0), record };
}

const digest = (bytes: Bytes): Bytes => createHash('sha256').update(bytes).digest();
