import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const CLASSES = ['commands', 'emergencies', 'refusals', 'access', 'alarms', 'notes'] as const;
export type RecordClass = (typeof CLASSES)[number];

const ROW = z.strictObject({
  class: z.enum(CLASSES),
  years: z.int().min(0).max(100),
  basis: z.string().min(3).max(200),
});
const FILE = z.array(ROW).max(CLASSES.length);

/** How long each class of records is kept at least, and why. Nothing is ever erased by itself. */
export type Retention = readonly z.output<typeof ROW>[];

/** Six years: what HIPAA asks of documentation (45 CFR 164.316(b)(2)(i)); a hospital's own law may ask for more. */
const DEFAULT_YEARS = 6;
const DEFAULT_BASIS = '45 CFR 164.316(b)(2)(i): documentation, six years';

/** The hospital's `retention.json`, with the default for every class it does not name. Throws Error naming file and field. */
export async function readRetention(hospital: string): Promise<Retention> {
  const file = join(hospital, 'retention.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return withDefaults([]);
  }
  const parsed = FILE.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return withDefaults(parsed.data);
}

const withDefaults = (said: Retention): Retention =>
  CLASSES.map(
    (name) =>
      said.find((row) => row.class === name) ?? { class: name, years: DEFAULT_YEARS, basis: DEFAULT_BASIS },
  );

export const yearsOf = (retention: Retention, name: RecordClass): number =>
  retention.find((row) => row.class === name)?.years ?? DEFAULT_YEARS;
