import { CASES } from './cases/all.ts';
import { publishedAttack } from './catalogue.ts';
import { GOAL_NAMES as GOALS } from './admitted.ts';
import type { Result } from './play.ts';

const WIDTHS = { id: 8, outcome: 14, title: 52, who: 10, by: 9 } as const;

const AIMS: ReadonlyMap<string, string> = new Map(CASES.map(({ id, aim }) => [id, aim]));

/** One row of the table: which attack, on what in the real world, what was tried, and what came of it. */
export function line(result: Result): string {
  const { title, known } = told(result.id);
  const shown = result.control === undefined || result.control === 'proven' ? result.outcome : result.control;
  const log = result.logIndex === null ? '' : ` log ${result.logIndex}`;
  const where = result.by !== '' ? `${result.by} ${result.code}${log}` : '';
  const head = [
    result.id.padEnd(WIDTHS.id),
    (result.attacker || '-').padEnd(WIDTHS.who),
    shown.padEnd(WIDTHS.outcome),
    cut(title, WIDTHS.title),
    where,
  ].join(' ');
  const aim = AIMS.get(result.id);
  const ways = result.tries.length;
  const tried =
    aim === undefined || ways === 0
      ? ''
      : `\n         tried in ${ways} ${ways === 1 ? 'way' : 'ways'}: ${aim}`;
  const tail = result.reason === '' ? '' : `\n         ${result.reason}`;
  return `${head}  ${known}${tried}${tail}`;
}

/** What was tried, indented, for whoever asks for one attack. */
export const details = ({ tries }: Result): string =>
  tries
    .map(
      ({ what, refused, by, code }) =>
        `           ${refused ? 'refused ' : 'SUCCEEDED'} ${cut(what, 64)} ${by} ${code}`,
    )
    .join('\n');

export interface Summary {
  readonly played: number;
  readonly refused: number;
  readonly succeeded: number;
  readonly admitted: number;
  readonly notPlayed: number;
  readonly violations: number;
  readonly unproven: number;
}

export function summary(results: readonly Result[]): Summary {
  const count = (fits: (result: Result) => boolean): number => results.filter(fits).length;
  return {
    played: count(({ outcome }) => outcome !== 'not-played' && outcome !== 'not-applicable'),
    refused: count(({ outcome }) => outcome === 'refused'),
    admitted: count(({ outcome }) => outcome === 'admitted'),
    succeeded: count(({ outcome }) => outcome === 'succeeded'),
    notPlayed: count(({ outcome }) => outcome === 'not-played'),
    violations: count(({ violations }) => violations.length > 0),
    unproven: count(({ control }) => control === 'unproven'),
  };
}

/** The results as data: what the tables are generated from. */
export const asJson = (results: readonly Result[]): string => `${JSON.stringify(results, null, 1)}\n`;

/** JUnit's XML, for what shows test results in a pipeline. */
export function asJunit(results: readonly Result[], seconds: number): string {
  const { succeeded, violations, notPlayed } = summary(results);
  const cases = results.map((result) => {
    const { id, attacker, outcome, reason } = result;
    const open = `  <testcase classname="attack" name="${xml(`${id} ${told(id).title} (${attacker || '-'})`)}" time="${result.seconds}">`;
    if (outcome === 'not-applicable') return `${open}<skipped message="${xml(reason)}"/></testcase>`;
    if (outcome === 'not-played') return `${open}<error message="${xml(reason)}"/></testcase>`;
    if (outcome === 'succeeded' || result.violations.length > 0)
      return `${open}<failure message="${xml(reason || result.code)}">${xml(details(result))}</failure></testcase>`;
    return `${open}</testcase>`;
  });
  const head = `<testsuite name="countersign attack" tests="${results.length}" failures="${succeeded + violations}" errors="${notPlayed}" time="${seconds}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${cases.join('\n')}\n</testsuite>\n`;
}

/** A published attack with who it was done to, or a goal of a drill. */
function told(id: string): { readonly title: string; readonly known: string } {
  const goal = GOALS.find((one) => id.startsWith(`${one}@`));
  if (goal !== undefined) return { title: `drill: ${goal}`, known: '' };
  const { title, year, device } = publishedAttack(id);
  return { title, known: `(${year}, ${device})` };
}

const cut = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

// Control characters have no place in XML 1.0, escaped or not.
const xml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
