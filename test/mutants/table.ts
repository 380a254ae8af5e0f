/**
 * Writes the table of checks into test/README.md, between its markers.
 *
 *     node test/mutants/table.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- checks: begin -->';
const END = '<!-- checks: end -->';

/** The table as it should be: one section per source file, one line per check. */
export function table(): string {
  const files = [...new Set(mutants.map(({ file }) => file))];
  const sections = files.map((file) => {
    const rows = mutants.filter((mutant) => mutant.file === file);
    const lines = rows.map(({ id, check, test }) => {
      const name = test.title.replaceAll('|', '\\|').replaceAll('<', '&lt;');
      return `| ${check} | \`${id}\` | \`${test.file.slice('test/'.length)}\`: ${name} |`;
    });
    return [
      `### ${file}`,
      '',
      '| what holds | mutant | what fails without it |',
      '| --- | --- | --- |',
      ...lines,
    ];
  });
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** The README with today's table in it. Throws when the markers are gone. */
export function readmeWithTable(readme: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error('test/README.md has lost the markers around its table');
  return `${readme.slice(0, from + BEGIN.length)}\n\n${table()}\n${readme.slice(to)}`;
}

export const readReadme = (): string => readFileSync(README, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, readmeWithTable(readReadme()));
}
