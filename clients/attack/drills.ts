import { CASES } from './cases/all.ts';
import { GOALS } from './cases/goals.ts';
import { HISTORY_GOALS } from './cases/goals-history.ts';
import type { Case } from './case.ts';
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
 * of what an attack looks for play the same attack: it is played once, and counts for both.
 */
export async function runDrills(options: RunOptions): Promise<readonly Result[]> {
  const known = new Map<string, Known[]>();
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    options.onResult(result);
  };
  const parties = options.party ? [options.party] : PARTIES;
  await inLanes(parties, async (party) => {
    const suite = CASES.filter(
      ({ id, alone, scene }) => alone !== true && scene !== 'paper' && options.only?.includes(id) !== false,
    );
    const fresh = suite.filter((one) => !tellKnown(one, party, known, tell));
    const cases = [...fresh, ...GOALS, ...HISTORY_GOALS];
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
  });
  return results;
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
