import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PublicKey } from '../../../server/protocol/crypto.ts';
import { programVersion } from '../../common/process/lifecycle.ts';
import { readDeclaration } from '../declaration.ts';
import { isGateway, readGatewayDeclaration } from '../gateway/declaration.ts';
import { referenceGateway } from '../gateway/reference.ts';
import { gatewayCasesOf, runGateway } from '../gateway/run.ts';
import { REFERENCES, referenceDevice } from '../reference.ts';
import { html } from '../report/html.ts';
import { junit } from '../report/junit.ts';
import { judgementOf, type Outcome } from '../report/report.ts';
import { issueStatement, reportBytes } from '../report/statement.ts';
import { outcomeText, summaryText } from '../report/text.ts';
import { Trace } from '../report/trace.ts';
import { casesOf, run, type Run, type RunOptions } from '../run.ts';
import { openHospital } from '../world/hospital.ts';

const HELP = `Usage: countersign conformance run DECLARATION [options]

  --out FOLDER   where report.json, report.html, report.xml (JUnit), trace.jsonl and statement.bin
                 are put (default: report, beside the declaration)
  --only ID,...  cases whose id begins so; such a run decides nothing
  --seed N       for the damaged messages: the same seed sends the same ones
  --fuzz N       how many damaged messages (default 250)
  --list         the cases, without running them
  --reference K  test something of this project in place of a declared one: pump (network),
                 pacemaker (virtual card reader), or gateway (a ward of its own); --out then says
                 where, or nothing is kept
  --json         the report on standard output, and nothing else

  Exit codes: 0 it conforms, 1 it does not, 2 that could not be decided.
`;

/** `countersign conformance run`: plays everybody around one device, or around one gateway. */
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
    for (const [what, cases] of [
      ['A device', casesOf(seed ?? 0, fuzz)],
      ['A gateway', gatewayCasesOf(seed ?? 0, fuzz)],
    ] as const) {
      print(`${what}\n`);
      for (const { id, says, section } of cases) print(`  ${id.padEnd(28)} ${says} (${section})\n`);
    }
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

/** Sets a device or the gateway of this project up in a folder of its own and tests it like any other. */
async function testReference(kind: string, out: string | undefined, settings: Settings): Promise<number> {
  const device = REFERENCES.find((each) => each === kind);
  if (!device && kind !== 'gateway')
    throw new Error(`--reference ${kind}: expected ${REFERENCES.join(', ')} or gateway`);
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const now = Math.floor(Date.now() / 1000);
    const reference = device
      ? await referenceDevice({ kind: device, folder, now })
      : await referenceGateway(folder, now);
    try {
      return await test(reference.declaration, out, settings);
    } finally {
      await reference.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What was found, and under whose key and in which folder the statement about it is made. */
interface Tested extends Run {
  readonly folder: string;
  readonly keys: string;
  readonly identity: PublicKey;
}

async function test(where: string, to: string | undefined, settings: Settings): Promise<number> {
  const say = (line: string): void => {
    if (!settings.json) print(`${line}\n`);
  };
  const options = (folder: string, name: string) => {
    say(`Testing ${name}\n`);
    const out = to ?? join(folder, 'report');
    return {
      fuzz: settings.fuzz,
      ...(settings.seed !== undefined && { seed: settings.seed }),
      only: settings.only,
      version: programVersion(),
      clock: () => Date.now(),
      trace: new Trace(join(out, 'trace.jsonl'), () => Date.now()),
      onOutcome: (outcome: Outcome) => say(outcomeText(outcome)),
    };
  };
  const tested = isGateway(where) ? await testGateway(where, options) : await testDevice(where, options);
  const { report, log, folder, keys, identity } = tested;
  const now = Math.floor(Date.now() / 1000);
  const statement = await issueStatement(report, identity, openHospital(keys).signer('tester'), log, now);
  await log.save(join(keys, 'log'), now);
  const out = to ?? join(folder, 'report');
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

type Options = (folder: string, name: string) => Omit<RunOptions, 'declaration'>;

async function testDevice(where: string, options: Options): Promise<Tested> {
  const declaration = readDeclaration(where);
  const { folder, keys, identity, name, device } = declaration;
  const found = await run({ declaration, ...options(folder, `${name} (${device})`) });
  return { ...found, folder, keys, identity };
}

async function testGateway(where: string, options: Options): Promise<Tested> {
  const declared = await readGatewayDeclaration(where);
  const { folder, keys, anchors, name, door } = declared;
  const [identity] = anchors.grantKeys;
  if (!identity) throw new Error('the anchors name no grant key');
  const found = await runGateway({ declared, ...options(folder, `${name} at ${door.url}`) });
  return { ...found, folder, keys, identity };
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
