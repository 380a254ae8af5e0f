import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { programVersion } from '../../common/process/lifecycle.ts';
import { readDeclaration } from '../declaration.ts';
import { REFERENCES, referenceDevice } from '../reference.ts';
import { html } from '../report/html.ts';
import { junit } from '../report/junit.ts';
import { judgementOf } from '../report/report.ts';
import { issueStatement, reportBytes } from '../report/statement.ts';
import { outcomeText, summaryText } from '../report/text.ts';
import { Trace } from '../report/trace.ts';
import { casesOf, run } from '../run.ts';
import { openHospital } from '../world/hospital.ts';

const HELP = `Usage: countersign conformance run DECLARATION [options]

  --out FOLDER   where report.json, report.html, report.xml (JUnit), trace.jsonl and statement.bin
                 are put (default: report, beside the declaration)
  --only ID,...  cases whose id begins so; such a run decides nothing
  --seed N       for the damaged messages: the same seed sends the same ones
  --fuzz N       how many damaged messages (default 250)
  --list         the cases, without running them
  --reference K  test a device of this project in place of a declared one: pump (network) or
                 pacemaker (virtual card reader); --out then says where, or nothing is kept
  --json         the report on standard output, and nothing else

  Exit codes: 0 it conforms, 1 it does not, 2 that could not be decided.
`;

/** `countersign conformance run`: plays hospital and attacker against one device. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      only: { type: 'string', default: '' },
      seed: { type: 'string' },
      fuzz: { type: 'string', default: '250' },
      list: { type: 'boolean', default: false },
      reference: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (print(HELP), 0);
  const fuzz = wholeNumber('--fuzz', values.fuzz, 100_000);
  const seed = values.seed === undefined ? undefined : wholeNumber('--seed', values.seed, 2 ** 32 - 1);
  if (values.list) {
    for (const { id, says, section } of casesOf(seed ?? 0, fuzz))
      print(`${id.padEnd(28)} ${says} (${section})\n`);
    return 0;
  }
  const only = values.only.split(',').filter((each) => each !== '');
  const settings = { fuzz, seed, only, json: values.json };
  if (values.reference !== undefined) return testReference(values.reference, values.out, settings);
  const [where] = positionals;
  if (where === undefined || positionals.length > 1) throw new Error('name one declaration; try --help');
  return test(where, values.out, settings);
}

interface Settings {
  readonly fuzz: number;
  readonly seed: number | undefined;
  readonly only: readonly string[];
  readonly json: boolean;
}

/** Sets one of this project's devices up in a folder of its own and tests it like any other. */
async function testReference(kind: string, out: string | undefined, settings: Settings): Promise<number> {
  const reference = REFERENCES.find((each) => each === kind);
  if (!reference) throw new Error(`--reference ${kind}: expected ${REFERENCES.join(' or ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const device = await referenceDevice({ kind: reference, folder, now: Math.floor(Date.now() / 1000) });
  try {
    return await test(device.declaration, out, settings);
  } finally {
    await device.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function test(where: string, to: string | undefined, settings: Settings): Promise<number> {
  const declaration = readDeclaration(where);
  const out = to ?? join(declaration.folder, 'report');
  const say = (line: string): void => {
    if (!settings.json) print(`${line}\n`);
  };
  say(`Testing ${declaration.name} (${declaration.device})\n`);
  const { report, log } = await run({
    declaration,
    fuzz: settings.fuzz,
    ...(settings.seed !== undefined && { seed: settings.seed }),
    only: settings.only,
    version: programVersion(),
    clock: () => Date.now(),
    trace: new Trace(join(out, 'trace.jsonl'), () => Date.now()),
    onOutcome: (outcome) => say(outcomeText(outcome)),
  });
  const hospital = openHospital(declaration.keys);
  const now = Math.floor(Date.now() / 1000);
  const statement = await issueStatement(report, declaration.identity, hospital.signer('tester'), log, now);
  await log.save(join(declaration.keys, 'log'), now);
  const files = {
    'report.json': reportBytes(report),
    'report.html': html(report),
    'report.xml': junit(report),
    'statement.bin': statement,
  };
  for (const [name, content] of Object.entries(files)) write(join(out, name), content);
  if (settings.json) process.stdout.write(reportBytes(report));
  say(summaryText(report));
  say(`  Report: ${join(out, 'report.html')}; signed and logged: ${join(out, 'statement.bin')}`);
  return { CONFORMS: 0, 'DOES NOT CONFORM': 1, 'NOT DECIDED': 2 }[judgementOf(report)];
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : NaN;
  if (!(value <= most)) throw new Error(`${option} ${text}: expected a whole number up to ${most}`);
  return value;
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const print = (text: string): void => void process.stdout.write(text);
