import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { CASES } from './cases/all.ts';
import { GOALS } from './cases/goals.ts';
import { HISTORY_GOALS } from './cases/goals-history.ts';
import { BY, type Case } from './case.ts';
import { Hands } from './hands.ts';
import { type Party, PARTIES } from './parties.ts';
import { play, type Result } from './play.ts';
import { inLanes, type RunOptions } from './run.ts';

/** An attack as one set of hands played it: what was looked for in them, and whether it was there. */
interface Known {
  readonly asked: ReadonlyMap<string, boolean>;
  readonly result: Result;
}

/**
 * Every attack again, by every party with everything that it holds, and the four goals. Two parties that have the same
 * of what an attack looks for play the same attack: it is played once, and counts for both. With `resume` that holds over
 * runs: what one has played, the next one takes from that file.
 */
export async function runDrills(options: RunOptions): Promise<readonly Result[]> {
  const known = recalled(options.resume);
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    options.onResult(result);
  };
  const parties = options.parties ?? PARTIES;
  const suite = CASES.filter(({ id }) => options.only?.includes(id) !== false);
  const attack = async (party: Party, cases: readonly Case[]): Promise<void> => {
    if (cases.length === 0) return;
    await play({
      cases,
      party,
      signal: options.signal,
      onResult(result, asked) {
        if (result.outcome !== 'not-played')
          known.set(result.id, [...(known.get(result.id) ?? []), { asked, result }]);
        tell(result);
      },
    });
    if (options.resume !== undefined) keep(options.resume, known);
  };
  const shared = suite.filter(({ alone }) => alone !== true);
  await inLanes(parties, async (party) => {
    const fresh = shared.filter((one) => !tellKnown(one, party, known, tell));
    await attack(party, [...fresh, ...GOALS, ...HISTORY_GOALS]);
  });
  // What breaks a ward breaks one of its own for each party: one attack after the other, so that hands are compared.
  const breaking = suite.filter(({ alone }) => alone === true);
  await inLanes(breaking, async (one) => {
    for (const party of parties) if (!tellKnown(one, party, known, tell)) await attack(party, [one]);
  });
  return results;
}

const KEPT = z.array(
  z.object({
    asked: z.array(z.tuple([z.string(), z.boolean()])),
    result: z.object({
      id: z.string(),
      attacker: z.string(),
      outcome: z.enum(['refused', 'succeeded', 'admitted', 'not-applicable', 'not-played']),
      by: z.string(),
      code: z.string(),
      logIndex: z.int().nullable(),
      reason: z.string(),
      tries: z.array(z.object({ what: z.string(), refused: z.boolean(), by: z.enum(BY), code: z.string() })),
    }),
  }),
);

/** What earlier runs have played; nothing without a file. */
function recalled(file: string | undefined): Map<string, Known[]> {
  const known = new Map<string, Known[]>();
  if (file === undefined || !existsSync(file)) return known;
  for (const { asked, result } of KEPT.parse(JSON.parse(readFileSync(file, 'utf8')))) {
    const whole = { ...result, violations: [], seconds: 0 };
    known.set(result.id, [...(known.get(result.id) ?? []), { asked: new Map(asked), result: whole }]);
  }
  return known;
}

/** Only what left nothing behind is good for others. */
function keep(file: string, known: ReadonlyMap<string, readonly Known[]>): void {
  const all = [...known.values()].flat().filter(({ result }) => result.violations.length === 0);
  writeFileSync(file, JSON.stringify(all.map(({ asked, result }) => ({ asked: [...asked], result }))));
}

/** Tells what came of the same attack with hands that differ in nothing it looks for; false when nobody played it so. */
function tellKnown(
  { id }: Case,
  party: Party,
  known: ReadonlyMap<string, readonly Known[]>,
  tell: (result: Result) => void,
): boolean {
  const hands = new Hands('', party);
  const same = known.get(id)?.find(({ asked }) => [...asked].every(([path, had]) => hands.has(path) === had));
  if (!same) return false;
  tell({
    ...same.result,
    attacker: party.id,
    seconds: 0,
    reason: `as ${same.result.attacker}: the same in hands`,
  });
  return true;
}
