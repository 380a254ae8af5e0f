/**
 * Writes what the attacks showed into the papers, from test/attack/results.json: the table of compromised parties
 * (SECURITY.md and README.md, between markers) and the page that joins requirements, attacks, controls and tests
 * (test/TRACE.md).
 *
 *     node test/attack/papers.ts [--record FILE,FILE]
 *
 * --record takes new results first: files written by `npm run attack -- --json`, with --drills and --controls too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { goalOf } from '../../clients/attack/admitted.ts';
import { CASES } from '../../clients/attack/cases/all.ts';
import { headlineTable } from '../../clients/attack/headline.ts';
import { PARTIES } from '../../clients/attack/parties.ts';
import { tracePage } from './trace.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const RESULTS = 'test/attack/results.json';
const BEGIN = '<!-- attacks: begin -->';
const END = '<!-- attacks: end -->';
export const PAPERS = ['SECURITY.md', 'README.md'] as const;
export const TRACE = 'test/TRACE.md';

const RECORDED = z.strictObject({
  id: z.string(),
  attacker: z.string(),
  outcome: z.enum(['refused', 'succeeded', 'admitted', 'not-applicable', 'not-played']),
  by: z.string(),
  code: z.string(),
  reason: z.string(),
  /** What it achieved, in the table's words. */
  won: z.array(z.string()),
});
const PROOF = z.strictObject({
  id: z.string(),
  control: z.enum(['proven', 'unproven']),
  off: z.array(z.string()),
});
const KEPT = z.strictObject({ attacks: z.array(RECORDED), controls: z.array(PROOF) });
export type Kept = z.infer<typeof KEPT>;

const PLAYED = z.array(
  z.object({
    ...RECORDED.omit({ won: true }).shape,
    tries: z.array(z.object({ refused: z.boolean(), code: z.string() })),
  }),
);
const PROOFS = z.array(z.object(PROOF.shape));

/** The results that the papers tell of. */
export const kept = (): Kept => KEPT.parse(JSON.parse(readFileSync(at(RESULTS), 'utf8')));

/** A paper with today's table in it. Throws when the markers are gone. */
export function withTable(paper: string, { attacks }: Kept): string {
  const [from, to] = [paper.indexOf(BEGIN), paper.indexOf(END)];
  if (from < 0 || to < from) throw new Error('the paper has lost the markers around its table');
  return `${paper.slice(0, from + BEGIN.length)}\n\n${headlineTable(attacks)}\n\n${paper.slice(to)}`;
}

export const readPaper = (name: string): string => readFileSync(at(name), 'utf8');
export const trace = ({ attacks, controls }: Kept): string => tracePage(attacks, controls);

const OWN = new Map(CASES.map(({ id, given }) => [id, given.join('+')]));
const PARTY_IDS = new Set(PARTIES.map(({ id }) => id));

/** Is it still played, and by this attacker? */
const isCurrent = ({ id, attacker, outcome }: z.infer<typeof RECORDED>): boolean =>
  OWN.has(id)
    ? outcome !== 'not-applicable' && (attacker === OWN.get(id) || PARTY_IDS.has(attacker))
    : goalOf({ id }) !== undefined || outcome === 'not-applicable';

/** Takes what is new from these files; what they do not tell of stays, as long as it is still played. */
async function record(files: readonly string[]): Promise<void> {
  const { attacks, controls } = kept();
  const results = new Map(attacks.map((one) => [`${one.attacker} ${one.id}`, one]));
  const proofs = new Map(controls.map((one) => [one.id, one]));
  const fresh = files.map((file): unknown => JSON.parse(readFileSync(file, 'utf8')));
  for (const { id, control, off } of fresh.flatMap((rows) => PROOFS.safeParse(rows).data ?? []))
    proofs.set(id, { id, control, off });
  for (const one of fresh.flatMap((rows) => (PROOFS.safeParse(rows).success ? [] : PLAYED.parse(rows)))) {
    const { id, attacker, outcome, by, code, reason, tries } = one;
    const won = [...new Set(tries.filter((each) => !each.refused).map((each) => each.code))];
    results.set(`${attacker} ${id}`, {
      id,
      attacker,
      outcome,
      by,
      code,
      reason,
      won: goalOf(one) ? won : [],
    });
  }
  const sorted = <T>(map: ReadonlyMap<string, T>): T[] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const now = {
    attacks: sorted(results).filter(isCurrent),
    controls: sorted(proofs).filter(({ id }) => OWN.has(id)),
  };
  const style = (await resolveConfig(at(RESULTS))) ?? {};
  writeFileSync(at(RESULTS), await format(JSON.stringify(now), { ...style, parser: 'json' }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { record: { type: 'string' } } });
  if (values.record !== undefined) await record(values.record.split(','));
  const now = kept();
  for (const name of PAPERS) writeFileSync(at(name), withTable(readPaper(name), now));
  writeFileSync(at(TRACE), trace(now));
}
