import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { reportText, runCrash } from './run.ts';

const HELP = `Usage: npm run crash -- --kills 200 --seed N

Kills gateway, witness, devices and reader station of a simulated ward with SIGKILL while ceremonies run on several
devices, and checks that no acknowledged outcome is lost, nothing is applied twice, and the log verifies.

  --kills N       how many processes are killed (default 200)
  --ceremonies N  how many ceremonies at least (default 5 for each kill)
  --seed N        the same victims and moments again (default: drawn, and printed)
  --keep FOLDER   run in this empty folder and keep it, logs of the processes included
  --json          the report as one JSON object on the last line

Exit codes: 0 all invariants held, 1 one was violated, 2 it could not be tried.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      ceremonies: { type: 'string' },
      seed: { type: 'string' },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const kills = wholeNumber('kills', values.kills);
  const ceremonies =
    values.ceremonies === undefined ? 5 * kills : wholeNumber('ceremonies', values.ceremonies);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber('seed', values.seed);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(`seed ${seed}`);
  const report = await runCrash({
    kills,
    ceremonies,
    seed,
    say,
    ...(values.keep && { folder: values.keep }),
  });
  process.stdout.write(`${reportText(report)}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.violations.length === 0 ? 0 : 1;
}

function wholeNumber(name: string, value: string): number {
  if (!/^[0-9]{1,10}$/u.test(value)) throw new Error(`--${name} takes a whole number; try --help`);
  return Number(value);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`crash: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
