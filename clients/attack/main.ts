import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { oneLine } from '../common/process/lifecycle.ts';
import { CATALOGUE } from './catalogue.ts';
import { runDrills } from './drills.ts';
import { partyNamed } from './parties.ts';
import type { Result } from './play.ts';
import { asJson, asJunit, details, line, summary } from './report.ts';
import { runAttacks } from './run.ts';

const HELP = `Usage: npm run attack -- [options]

Starts wards of its own (own folders, keys and ports, on this machine only), attacks them with everything that was done
to medical devices in the real world, and looks after each attack whether anything is other than it should be.

  --only ID[,ID]   only these attacks, with every attempt shown (IMD-01, WEB-08 ...)
  --drills         each party compromised in turn: every attack with everything that it holds, and what it can do alone
  --party ID[,ID]  drills for these parties only (A1 ... A12, A6w, AI)
  --resume FILE    drills in parts: what an earlier part has played with the same hands is taken from FILE
  --controls       the same attacks with the check they meet taken out of a copy of the sources: they have to succeed
  --json FILE      the results as data
  --junit FILE     the results as JUnit XML
  --help           this text

Exit code: 0 everything was refused, 1 something succeeded or was left behind, 2 it could not be tried.
`;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** As a shell says it of a program that Ctrl-C ended. */
const INTERRUPTED = 130;
const CONTROLS = fileURLToPath(new URL('../../test/attack/run-controls.ts', import.meta.url));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      drills: { type: 'boolean' },
      party: { type: 'string' },
      resume: { type: 'string' },
      controls: { type: 'boolean' },
      json: { type: 'string' },
      junit: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (values.help === true) return (say(HELP.trimEnd()), 0);
  if (values.controls === true) return controls(process.argv.slice(2));
  const only = values.only?.split(',').map((id) => id.trim().toUpperCase());
  for (const id of only ?? [])
    if (!CATALOGUE.some((attack) => attack.id === id)) throw new Error(`there is no attack ${id}`);
  const began = performance.now();
  say(
    'Attack    by         outcome       what was done in the real world                      refused by whom, with which code',
  );
  const parties = values.party?.split(',').map((id) => partyNamed(id.trim()));
  const run = values.drills === true || parties ? runDrills : runAttacks;
  const results = await run({
    signal: stopSignal(),
    ...(parties && { parties }),
    ...(values.resume !== undefined && { resume: values.resume }),
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

/** The tests' own program takes checks out of copies; it knows which line each attack meets. */
function controls(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CONTROLS, ...args.filter((arg) => arg !== '--controls')], {
    stdio: 'inherit',
  });
  for (const signal of SIGNALS) process.once(signal, () => child.kill(signal));
  return new Promise((resolve) => void child.once('exit', (code) => resolve(code ?? INTERRUPTED)));
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

/** Aborted by Ctrl-C. No attack is waited for: this process ends now, and every process of its wards with it. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const end = (): void => {
    controller.abort();
    process.stderr.write('attack: interrupted\n');
    process.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) process.once(signal, end);
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
