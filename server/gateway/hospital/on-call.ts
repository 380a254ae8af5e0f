import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = z.record(z.string().min(1).max(80), z.string().regex(/^(?:[0-9a-f]{2}){1,32}$/u));
/** Every ward that has no row of its own. */
const OTHER = '*';

/**
 * Who is called when nobody answers an alarm at the bed: the hospital's duty roster, `on-call.json` in its folder,
 * `{ ward: subject (hex) }`. The hospital chooses; the gateway only calls, and whoever is called must care for the device.
 */
export class OnCall {
  readonly #file: string;
  #wards: ReadonlyMap<string, string> = new Map();

  /** @param hospital folder of the hospital's own files */
  constructor(hospital: string) {
    this.#file = join(hospital, 'on-call.json');
  }

  /** Reads the roster anew. Gives what is wrong with it, one line; the roster that was stays. Without one nobody is named. */
  async refresh(): Promise<readonly string[]> {
    const source = await readFile(this.#file, 'utf8').catch(() => '{}');
    try {
      const read = FILE.safeParse(JSON.parse(source));
      if (!read.success) return [`on-call.json: ${read.error.issues[0]?.message ?? 'does not fit'}`];
      this.#wards = new Map(Object.entries(read.data));
      return [];
    } catch {
      return ['on-call.json: not JSON'];
    }
  }

  /** The subject who is called for a ward; undefined when the roster names nobody. */
  of(ward: string): string | undefined {
    return this.#wards.get(ward) ?? this.#wards.get(OTHER);
  }
}
