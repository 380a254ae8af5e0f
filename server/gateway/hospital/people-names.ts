import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = z.record(z.string().regex(/^(?:[0-9a-f]{2}){1,32}$/u), z.string().min(1).max(80));

/**
 * What people are called: `people.json` in the hospital's folder, `{ subject (hex): name }`. Only for showing: nobody is
 * trusted for a name, and who is not in the file is shown without one.
 */
export class PeopleNames {
  readonly #file: string;
  #names: ReadonlyMap<string, string> = new Map();

  /** @param hospital folder of the hospital's own files */
  constructor(hospital: string) {
    this.#file = join(hospital, 'people.json');
  }

  /** Reads the file anew. Gives what is wrong with it, one line; the names known stay. Without a file there are none. */
  async refresh(): Promise<readonly string[]> {
    const source = await readFile(this.#file, 'utf8').catch(() => '{}');
    try {
      const read = FILE.safeParse(JSON.parse(source));
      if (!read.success) return [`people.json: ${read.error.issues[0]?.message ?? 'does not fit'}`];
      this.#names = new Map(Object.entries(read.data));
      return [];
    } catch {
      return ['people.json: not JSON'];
    }
  }

  of(subject: string): string | undefined {
    return this.#names.get(subject);
  }
}
