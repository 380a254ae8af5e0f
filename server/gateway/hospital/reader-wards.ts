import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const NAME = z.string().min(1).max(80);
const FILE = z.record(NAME, NAME);

/**
 * On which ward a reader stands: `readers.json` in the hospital's folder, `{ label: ward }`, with the ward as the patient
 * directory names it. A reader that is not in it goes from ward to ward.
 */
export class ReaderWards {
  readonly #file: string;
  #wards: ReadonlyMap<string, string> = new Map();

  /** @param hospital folder of the hospital's own files */
  constructor(hospital: string) {
    this.#file = join(hospital, 'readers.json');
  }

  /** Reads the list anew. Gives what is wrong with it, one line; the list that was stays. */
  async refresh(): Promise<readonly string[]> {
    const source = await readFile(this.#file, 'utf8').catch(() => '{}');
    try {
      const read = FILE.safeParse(JSON.parse(source));
      if (!read.success) return [`readers.json: ${read.error.issues[0]?.message ?? 'does not fit'}`];
      this.#wards = new Map(Object.entries(read.data));
      return [];
    } catch {
      return ['readers.json: not JSON'];
    }
  }

  /** The ward of a reader; undefined for one that has none of its own. */
  of(label: string): string | undefined {
    return this.#wards.get(label);
  }
}
