import { createHash } from 'node:crypto';
import { constants, mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { NoteError } from '../../server/protocol/log/note.ts';

/** What a witness remembers: the last checkpoint of each log, one file each. */
export interface WitnessState {
  /** The remembered note, or null. Throws when there is one that cannot be read. */
  load(log: string): string | null;
  /** Resolves when the note is on the disk, whole: a crash leaves the one before. */
  store(log: string, note: string): Promise<void>;
}

/** One page of memory and disk: a note with its signature takes 300 bytes. */
const SLOT = 4_096;
const HEADER = 8 + 4 + 32;

/**
 * State in a folder (0700), files `<log>.checkpoint` (0600) of two slots that are written in turn:
 *
 *     sequence (8 bytes) | length (4 bytes) | SHA-256 of sequence, length and note (32 bytes) | note
 *
 * A torn write spoils one slot; the other still holds the note before it, and the new one was not cosigned yet. The
 * file is made whole, with its first note, beside its place. From then on it never changes its size, so that a
 * flush is one write and none of the file system's own: every command waits for this flush twice.
 */
export function folderState(folder: string): WitnessState {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (log: string): string => join(folder, `${log}.checkpoint`);
  /** Sequence of the newest slot of each log that has a file. */
  const sequences = new Map<string, bigint>();

  const load = (log: string): string | null => {
    const bytes = readIfAny(file(log));
    if (bytes === null) return null;
    const [newest] = [0, 1]
      .map((n) => wholeSlot(bytes.subarray(n * SLOT, (n + 1) * SLOT)))
      .filter((slot) => slot !== null)
      .sort((a, b) => (a.sequence < b.sequence ? 1 : -1));
    if (newest === undefined)
      throw new NoteError('malformed', `${file(log)} is damaged: retire this witness key`);
    sequences.set(log, newest.sequence);
    return newest.note;
  };

  return {
    load,
    store: async (log, note) => {
      if (!sequences.has(log)) load(log);
      const last = sequences.get(log);
      const next = (last ?? -1n) + 1n;
      const slot = slotOf(next, note);
      if (last === undefined) await begin(folder, file(log), slot);
      else await overwrite(file(log), slot, Number(next % 2n) * SLOT);
      sequences.set(log, next);
    },
  };
}

/** Makes the file, whole or not at all. */
async function begin(folder: string, path: string, slot: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    const both = new Uint8Array(2 * SLOT);
    both.set(slot);
    await handle.writeFile(both);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function overwrite(path: string, slot: Uint8Array, at: number): Promise<void> {
  const handle = await open(path, constants.O_WRONLY);
  try {
    const { bytesWritten } = await handle.write(slot, 0, slot.length, at);
    if (bytesWritten !== slot.length) throw new Error('the checkpoint was not written whole');
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function readIfAny(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    // Only "there is none" means none: any other failure must not make the witness forget.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** A slot as it is written, always of the same size. Throws RangeError for a note that does not fit. */
function slotOf(sequence: bigint, note: string): Uint8Array {
  const bytes = new TextEncoder().encode(note);
  if (bytes.length > SLOT - HEADER) throw new RangeError(`a checkpoint has at most ${SLOT - HEADER} bytes`);
  const slot = new Uint8Array(SLOT);
  const view = new DataView(slot.buffer);
  view.setBigUint64(0, sequence);
  view.setUint32(8, bytes.length);
  slot.set(bytes, HEADER);
  slot.set(digest(slot, bytes.length), 12);
  return slot;
}

function wholeSlot(slot: Uint8Array): { sequence: bigint; note: string } | null {
  if (slot.length !== SLOT) return null;
  const view = new DataView(slot.buffer, slot.byteOffset, slot.length);
  const length = view.getUint32(8);
  if (length > SLOT - HEADER || !digest(slot, length).equals(slot.subarray(12, HEADER))) return null;
  const note = new TextDecoder('utf-8', { fatal: true }).decode(slot.subarray(HEADER, HEADER + length));
  return { sequence: view.getBigUint64(0), note };
}

/** The hash covers the sequence too: else a write cut off after it would make an old note look like the newest. */
const digest = (slot: Uint8Array, length: number): Buffer =>
  createHash('sha256')
    .update(slot.subarray(0, 12))
    .update(slot.subarray(HEADER, HEADER + length))
    .digest();
