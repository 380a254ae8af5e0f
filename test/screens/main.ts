import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { noBrowser } from '../browser/support/browser.ts';
import { SCREENS } from './list.ts';
import { takeAll } from './studio.ts';

const HELP = `Usage: npm run screens -- --out DIR [NAME ...]

Writes a picture of every screen and state in light and dark to DIR, named after it, and report.json:
{ "screens": [...], "axeViolations": [...], "cspViolations": [...] }. With names, only the screens that begin so.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, help: { type: 'boolean' } },
});
const missing = noBrowser();
if (values.help === true) process.stdout.write(HELP);
else if (values.out === undefined) complain('--out DIR is missing; try --help');
else if (missing !== undefined) complain(missing);
else {
  const folder = resolve(values.out);
  mkdirSync(folder, { recursive: true });
  const wanted = SCREENS.filter(
    ({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
  );
  const report = await takeAll(
    wanted,
    (name, picture) => writeFileSync(join(folder, `${name}.png`), picture),
    (line) => process.stdout.write(`${line}\n`),
  );
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const { screens, axeViolations, cspViolations } = report;
  process.stdout.write(
    `${screens.length} pictures, ${axeViolations.length} findings of axe, ${cspViolations.length} of the policy\n`,
  );
  process.exitCode = axeViolations.length + cspViolations.length > 0 ? 1 : 0;
}

function complain(why: string): void {
  process.stderr.write(`screens: ${why}\n`);
  process.exitCode = 2;
}
