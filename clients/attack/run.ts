import { CASES } from './cases/all.ts';
import type { Case } from './case.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Party } from './parties.ts';
import { play, type Result } from './play.ts';
import { NOT_PLAYED } from './reasons.ts';

export interface RunOptions {
  /** Only these attacks. */
  readonly only?: readonly string[];
  /** In drills: the parties whose hands every attack is tried with; all of them when left out. */
  readonly parties?: readonly Party[];
  /** In drills: file with what earlier ones have played. */
  readonly resume?: string;
  readonly signal: AbortSignal;
  readonly onResult: (result: Result) => void;
}

/** Wards at a time: as many as there are cores on a small machine. */
const LANES = 2;

/** Plays what is asked for, in wards of their own, and lists what is not played with its reason. */
export async function runAttacks(options: RunOptions): Promise<readonly Result[]> {
  const { only, signal } = options;
  const wanted = (id: string): boolean => only === undefined || only.includes(id);
  const results: Result[] = [];
  const onResult = (result: Result): void => {
    results.push(result);
    options.onResult(result);
  };
  const queue = wards(
    CASES.filter(({ id }) => wanted(id)),
    only !== undefined,
  );
  await inLanes(queue, (cases) => play({ signal, onResult, cases }));
  for (const { id } of CATALOGUE) if (wanted(id) && Object.hasOwn(NOT_PLAYED, id)) onResult(left(id));
  return results;
}

/** Works a queue off, a few at a time. The first that fails ends it, once the others are done. */
export async function inLanes<T>(queue: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...queue];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

/** Two wards for most of them, which take the longest; then one each for those that leave nothing usable behind. */
function wards(cases: readonly Case[], few: boolean): readonly (readonly Case[])[] {
  const alone = cases.filter((one) => one.alone === true).map((one) => [one]);
  const rest = cases.filter((one) => one.alone !== true);
  const wired = rest.filter(({ scene }) => scene === 'wire');
  const others = rest.filter(({ scene }) => scene !== 'wire');
  const groups = few ? [rest] : [others, wired];
  return [...groups.filter((group) => group.length > 0), ...alone];
}

const left = (id: string): Result => ({
  id,
  attacker: '',
  outcome: 'not-applicable',
  by: '',
  code: '',
  logIndex: null,
  reason: NOT_PLAYED[id] ?? '',
  tries: [],
  violations: [],
  seconds: 0,
});
