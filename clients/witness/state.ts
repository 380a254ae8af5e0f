import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** What a witness remembers: the last checkpoint of each log, one file each. */
export interface WitnessState {
  /** The remembered note, or null. */
  load(log: string): string | null;
  /** Resolves when the note is on the disk, whole: a crash leaves the one before. */
  store(log: string, note: string): Promise<void>;
}

/** State in a folder (0700), files `<log>.checkpoint` (0600), written beside, synced and renamed into place. */
export function folderState(folder: string): WitnessState {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (log: string): string => join(folder, `${log}.checkpoint`);
  return {
    load: (log) => {
      try {
        return readFileSync(file(log), 'utf8');
      } catch (error) {
        // Only "there is none" means none: any other failure must not make the witness forget.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
    store: async (log, note) => {
      const beside = `${file(log)}.new`;
      const handle = await open(beside, 'w', 0o600);
      try {
        await handle.writeFile(note);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, file(log));
      const directory = await open(folder, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
  };
}
