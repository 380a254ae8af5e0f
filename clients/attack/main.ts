import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { oneLine } from '../common/process/lifecycle.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Result } from './play.ts';
import { asJson, asJunit, details, line, summary } from './report.ts';
import { runAttacks } from './run.ts';

const HELP = `Usage: npm run attack -- [options]

Starts wards of its own (own folders, keys and ports, on this machine only), attacks them with everything that was done
to medical devices in the real world, and looks after each attack whether anything is other than it should be.

  --only ID[,ID]   only these attacks, with every attempt shown (IMD-01, WEB-08 ...)
  --json FILE      the results as data
  --junit FILE     the results as JUnit XML
  --help           this text

Exit code: 0 everything was refused, 1 something succeeded or was left behind, 2 it could not be tried.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      json: { type: 'string' },
      junit: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (values.help === true) return (say(HELP.trimEnd()), 0);
  const only = values.only?.split(',').map((id) => id.trim().toUpperCase());
  for (const id of only ?? [])
    if (!CATALOGUE.some((attack) => attack.id === id)) throw new Error(`there is no attack ${id}`);
  const began = performance.now();
  say(
    'Attack    by         outcome       what was done in the real world                      refused by whom, with which code',
  );
  const results = await runAttacks({
    signal: stopSignal(),
    onResult(result) {
      say(line(result));
      if (only !== undefined && result.tries.length > 0) say(details(result));
    },
    ...(only && { only }),
  });
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  write(values.json, asJson(results));
  write(values.junit, asJunit(results, seconds));
  const { played, refused, succeeded, notPlayed, violations } = summary(results);
  say(
    `\n${played} attacks in ${seconds} s: ${refused} refused, ${succeeded} succeeded, ${violations} left something behind, ${notPlayed} could not be played.`,
  );
  return verdict(results);
}

/** What the world should learn: something got through, or nothing was shown. */
function verdict(results: readonly Result[]): number {
  const { succeeded, violations, notPlayed } = summary(results);
  if (succeeded > 0 || violations > 0) return 1;
  return notPlayed > 0 ? 2 : 0;
}

function write(file: string | undefined, text: string): void {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Aborted by Ctrl-C; the wards stop and clean up. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`attack: ${oneLine(error)}\n`);
  process.exitCode = 2;
}
// The clients of this program's own wards may still hold timers.
process.exit();
