import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { appends } from './appends.ts';
import { audit } from './audit.ts';
import { makeWard } from './bench-ward.ts';
import { openClinic, throughput } from './ceremony.ts';
import { disk } from './disk.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { alone } from './latency.ts';
import { large } from './large-log.ts';
import { monitoring, waveformStorage } from './monitor.ts';
import { nfc } from './nfc.ts';
import { sixWaves } from './six-waves.ts';
import { tabletPage } from './tablet-page.ts';
import { tap } from './tap.ts';
import { type Findings, tableOf } from './report.ts';

const HELP = `Usage: npm run bench -- [options]

Measures this project side by side with its yardsticks, in one run, and prints the ratios beside their goals.
Nothing fails because a goal is missed.

  --json FILE   also write the numbers as one flat object
  --only NAME   ceremony, latency, flood, nfc, tap, appends, large-log, idle, monitor,
                waveforms, six-waves or tablet; may be repeated
  --full        10,000 idle and 2,050 reporting devices, and ten rounds of everything (an hour)
  --keep        leave the folder with keys, logs and profiles
  --help        this text

BENCH_PROFILE=gateway (or fleet, clinic, witness) writes a processor profile; use it with --keep.
`;

const NAMES = [
  'ceremony',
  'latency',
  'flood',
  'nfc',
  'tap',
  'appends',
  'large-log',
  'idle',
  'audit',
  'monitor',
  'waveforms',
  'six-waves',
  'tablet',
];
/** As many devices as commands in flight, since each takes one at a time. */
const FLEET = 256;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      full: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const unknown = values.only.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(', ')}: choose from ${NAMES.join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'cs-bench-'));
  let found: Findings;
  try {
    found = await measure(folder, { ...values, rounds: values.full ? 10 : 5 });
  } finally {
    if (values.keep) say(`kept ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  say(`\n${tableOf(found)}`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(found, null, 2)}\n`);
}

interface Wanted {
  readonly only: readonly string[];
  readonly full: boolean;
  readonly rounds: number;
}

async function measure(folder: string, { only, full, rounds }: Wanted): Promise<Findings> {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  let found: Findings = await disk(folder);
  const add = async (name: string, work: () => Promise<Findings>): Promise<void> => {
    const started = performance.now();
    say(`measuring: ${name} ...`);
    found = { ...found, ...(await work()) };
    say(`  ${Math.round((performance.now() - started) / 1_000)} s`);
  };
  say(
    'SQLite runs in WAL mode with synchronous=FULL; witness and devices flush each record before they answer.',
  );
  const ceremonies = ['ceremony', 'latency', 'flood'].some(wanted);
  say('making keys of every party ...');
  const ward = await makeWard(folder, ceremonies ? FLEET : 1);
  const [reporting, waves] = full ? [2_050, 50] : [400, 10];
  try {
    if (ceremonies) {
      const clinic = await openClinic(ward, ward.pumps);
      if (wanted('ceremony')) await add('ceremony', () => throughput(ward, clinic, rounds));
      if (wanted('latency')) await add('latency', () => alone(ward, clinic, rounds));
      if (wanted('flood')) await add('flood', () => flood(ward, clinic, rounds));
      await ward.stop();
    }
    if (wanted('nfc')) await add('nfc', () => nfc(ward, say));
    if (wanted('tap')) await add('tap', tap);
    if (wanted('appends')) await add('appends', () => appends(ward, rounds));
    if (wanted('idle')) await add('idle', () => idle(ward, full ? 10_000 : 1_000));
    if (wanted('audit')) await add('audit', () => audit(folder));
    if (wanted('six-waves')) await add('six-waves', sixWaves);
    if (wanted('tablet')) await add('tablet', tabletPage);
    if (wanted('waveforms')) await add('waveforms', waveformStorage);
    if (wanted('monitor'))
      await add('monitor', () => monitoring(join(folder, 'monitored'), reporting, waves));
    if (wanted('large-log')) await add('large-log', () => large(ward));
    return found;
  } finally {
    await ward.stop();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
