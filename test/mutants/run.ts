/**
 * Takes each check out, one at a time, in a copy of the sources, and runs the test that should notice. A mutant
 * that survives is a check that nothing holds: exit 1.
 *
 *     node test/mutants/run.ts [ID ...]
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['server', 'clients', 'certs', 'test', 'package.json', 'tsconfig.json', '.mocharc.json'];
/** As many as there are cores on a small machine. */
const LANES = 2;
/** The slowest test named takes ten seconds; a mutant that hangs is killed. */
const MAX_MS = 120_000;

const [wanted, known] = [new Set(process.argv.slice(2)), new Set(mutants.map(({ id }) => id))];
for (const id of wanted) if (!known.has(id)) throw new Error(`there is no mutant "${id}"`);
const queue = mutants.filter(({ id }) => wanted.size === 0 || wanted.has(id));
const total = queue.length;
const faults: string[] = [];

await Promise.all(Array.from({ length: LANES }, lane));
console.log(`\n${total - faults.length} of ${total} mutants were noticed`);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

async function lane(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (let next = queue.shift(); next; next = queue.shift()) await kill(folder, next);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function kill(folder: string, mutant: Mutant): Promise<void> {
  const file = join(folder, mutant.file);
  const source = readFileSync(file, 'utf8');
  const parts = source.split(mutant.find);
  const verdict = parts.length === 2 ? await tested(folder, mutant, parts) : 'not found once';
  writeFileSync(file, source);
  if (verdict !== 'noticed') faults.push(`${mutant.id}: ${verdict} (${mutant.file}; ${mutant.test.title})`);
  console.log(`${verdict.padEnd(14)} ${mutant.id.padEnd(20)} ${mutant.check}`);
}

async function tested(folder: string, mutant: Mutant, parts: readonly string[]): Promise<string> {
  writeFileSync(join(folder, mutant.file), parts.join(mutant.replace));
  const { passes, failures } = await mocha(folder, mutant);
  if (failures > 0) return 'noticed';
  return passes > 0 ? 'SURVIVED' : 'NO SUCH TEST, or it does not start';
}

/** Runs one test and counts. A copy that does not even load counts as nothing run, never as a failure noticed. */
function mocha(folder: string, { test }: Mutant): Promise<{ passes: number; failures: number }> {
  const args = ['node_modules/mocha/bin/mocha.js', '--no-config', '--reporter', 'json'];
  args.push('--timeout', '60000', test.file, '--fgrep', test.title);
  const options = { cwd: folder, timeout: MAX_MS, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, out) => {
      const count = (name: string): number =>
        Number(new RegExp(`"${name}": (\\d+)`, 'u').exec(out)?.[1] ?? 0);
      const hung = error?.killed === true ? 1 : 0;
      resolve({ passes: count('passes'), failures: count('failures') + hung });
    });
  });
}
