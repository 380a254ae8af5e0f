import { GOAL_NAMES, goalOf, type GoalName } from './admitted.ts';
import { PARTIES } from './parties.ts';
import type { Result } from './play.ts';

const TITLES: Record<GoalName, string> = {
  therapy: 'change therapy',
  read: 'read data',
  deny: 'deny service',
  forge: 'forge history',
};

/** A result as the papers keep it. */
export interface Recorded extends Pick<Result, 'id' | 'attacker' | 'outcome' | 'by' | 'code'> {
  /** What a drill achieved, in the words of the table. */
  readonly won: readonly string[];
}

/** One cell: no, or what was achieved. */
export function cell(results: readonly Recorded[], attacker: string, goal: GoalName): string {
  const mine = results.filter((result) => result.attacker === attacker && goalOf(result) === goal);
  if (mine.length === 0) return 'not played';
  const won = new Set(mine.flatMap((one) => one.won));
  return won.size === 0 ? 'no' : [...won].join('; ');
}

/** The published table: each party with everything it holds, and what came of the four goals. */
export function headlineTable(results: readonly Recorded[]): string {
  const head = ['in the attacker’s hands', ...GOAL_NAMES.map((goal) => TITLES[goal])];
  const rows = PARTIES.map(({ id, name }) => {
    const attacks = results.filter((result) => result.attacker === id && goalOf(result) === undefined);
    const refused = attacks.filter(({ outcome }) => outcome === 'refused').length;
    return [
      `${name} (${id}; ${refused} of ${attacks.length} attacks refused)`,
      ...GOAL_NAMES.map((goal) => cell(results, id, goal)),
    ];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
