/**
 * Plays each attack against a copy of the sources in which the check that it meets is taken out. It has to succeed
 * then: an attack that fails either way proves nothing. Attacks that meet the same check share a ward; one that does not
 * succeed there is tried once more in a ward of its own.
 *
 *     npm run attack -- --controls [--only ID[,ID]] [--json FILE]
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { CASES } from '../../clients/attack/cases/all.ts';
import { mutants } from '../mutants/mutants.ts';
import type { Control } from './control.ts';
import { CONTROLS } from './controls.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['server', 'clients', 'certs', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** As many as there are cores on a small machine. */
const LANES = 2;
/** A ward comes up in seconds; one in which an attack succeeds may never come to rest. */
const MAX_MS = 120_000;
const MORE_MS = 20_000;
const RESULTS = z.array(
  z.object({ id: z.string(), outcome: z.string(), by: z.string(), code: z.string(), reason: z.string() }),
);
const NOTHING = { id: '', outcome: 'not played', by: '', code: '', reason: '' };

interface Proof {
  readonly id: string;
  readonly control: 'proven' | 'unproven';
  readonly off: readonly string[];
  readonly how: string;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const only = values.only?.split(',').map((id) => id.trim().toUpperCase());
for (const id of only ?? [])
  if (!CASES.some((one) => one.id === id)) throw new Error(`no attack ${id} is played`);
const queue = groups(CASES.map(({ id }) => id).filter((id) => only === undefined || only.includes(id)));
const proofs: Proof[] = [];
const playing = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    for (const child of playing) child.kill();
    process.exit(130);
  });
await Promise.all(Array.from({ length: LANES }, lane));
const proven = proofs.filter(({ control }) => control === 'proven').length;
console.log(`\n${proven} of ${proofs.length} attacks succeed once the check they meet is taken out.`);
process.exitCode = proven < proofs.length ? 1 : 0;

/** Attacks that meet the same check, together. */
function groups(ids: readonly string[]): (readonly string[])[] {
  const same = new Map<string, string[]>();
  for (const id of ids) {
    const key = JSON.stringify(CONTROLS[id] ?? id);
    same.set(key, [...(same.get(key) ?? []), id]);
  }
  return [...same.values()];
}

/** Said and kept at once: what a slow machine does not get to is missing, and nothing else. */
function tell(proof: Proof): void {
  proofs.push(proof);
  console.log(
    `${proof.id.padEnd(9)}${proof.control.padEnd(10)}${proof.off.join(', ').padEnd(40)} ${proof.how}`,
  );
  const sorted = proofs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(sorted, null, 1)}\n`);
}

async function lane(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-control-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (let ids = queue.shift(); ids !== undefined; ids = queue.shift()) await prove(folder, ids);
  } finally {
    remove();
  }
}

/** Tells of each whether it succeeds without the check that all of them meet. */
async function prove(folder: string, ids: readonly string[]): Promise<void> {
  const [first = ''] = ids;
  const control = CONTROLS[first];
  if (!control) return tell({ id: first, control: 'unproven', off: [], how: 'no check to take out' });
  const changed = takeOut(folder, control);
  const off = [...control.off, ...(control.edits ?? []).map(([file]) => file)];
  try {
    const together = await attacked(folder, ids);
    for (const id of ids) {
      const shared = together.find((one) => one.id === id);
      const alone = ids.length > 1 && shared?.outcome !== 'succeeded' ? await attacked(folder, [id]) : [];
      const { outcome, by, code, reason } = alone[0] ?? shared ?? NOTHING;
      const how = `${outcome} ${by} ${code}${outcome === 'succeeded' ? '' : ` ${reason}`}`;
      tell({ id, control: outcome === 'succeeded' ? 'proven' : 'unproven', off, how });
    }
  } finally {
    for (const [file, source] of changed) writeFileSync(file, source);
  }
}

/** Takes the checks out of the copy; gives the files as they were. */
function takeOut(folder: string, { off, edits = [] }: Control): ReadonlyMap<string, string> {
  const before = new Map<string, string>();
  const rows = [...off.map(mutantNamed), ...edits.map(([file, find, replace]) => ({ file, find, replace }))];
  for (const { file, find, replace } of rows) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    if (!before.has(path)) before.set(path, source);
    const parts = source.split(find);
    if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(find)} ${parts.length - 1} times`);
    writeFileSync(path, parts.join(replace));
  }
  return before;
}

function mutantNamed(id: string) {
  const found = mutants.find((mutant) => mutant.id === id);
  if (!found) throw new Error(`there is no mutant ${id}`);
  return found;
}

/** Plays attacks in the copy. What hangs there has not succeeded. */
async function attacked(folder: string, ids: readonly string[]): Promise<z.infer<typeof RESULTS>> {
  const json = join(folder, 'result.json');
  rmSync(json, { force: true });
  const args = ['clients/attack/main.ts', '--only', ids.join(), '--json', json];
  const options = { cwd: folder, timeout: MAX_MS + ids.length * MORE_MS, maxBuffer: 64 * 1024 * 1024 };
  const printed = await new Promise<string>((resolve) => {
    const child = execFile(process.execPath, args, options, (_error, out, complaint) => {
      playing.delete(child);
      resolve(`${out}${complaint}`);
    });
    playing.add(child);
  });
  if (existsSync(json)) return RESULTS.parse(JSON.parse(readFileSync(json, 'utf8')));
  return ids.map((id) => ({ ...NOTHING, id, reason: printed.trim().split('\n').at(-1) ?? '' }));
}
