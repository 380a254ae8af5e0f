import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startChild } from '../../clients/common/process/children.ts';
import type { Child, ChildSpec } from '../../clients/common/process/children.ts';
import { parseConfig } from '../../clients/common/process/config.ts';
import { openLog } from '../../clients/common/process/log.ts';

const LIFECYCLE = fileURLToPath(new URL('../../clients/common/process/lifecycle.ts', import.meta.url));
const CHILDREN = fileURLToPath(new URL('../../clients/common/process/children.ts', import.meta.url));
let folder = '';
const children: Child[] = [];

/** Writes a process whose main is `body` (with `ctx`, `appendFileSync` and `diary` in scope). */
function program(body: string): string {
  const file = join(folder, `p${Math.floor(performance.now() * 1000)}.ts`);
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
     import { runProcess } from ${JSON.stringify(LIFECYCLE)};
     const diary = (line: string) => appendFileSync(${JSON.stringify(`${file}.diary`)}, line + '\\n');
     await runProcess({ name: 'sample', help: 'A sample.', main: async (ctx) => { ${body} } });`,
  );
  return file;
}
const diaryOf = (file: string): string[] =>
  existsSync(`${file}.diary`) ? readFileSync(`${file}.diary`, 'utf8').trim().split('\n') : [];

async function start(entry: string, more: Partial<ChildSpec> = {}): Promise<Child> {
  const child = await startChild({
    name: 'sample',
    entry,
    logFile: `${entry}.log`,
    readyWithinMs: 5_000,
    ...more,
  });
  children.push(child);
  return child;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 6_000;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a process of the project', () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-process-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.stop()));
  });

  it('reports what its parent needs, then stops its parts once, in reverse order', async () => {
    const file = program(`
      ctx.onStop('first', () => diary('first'));
      ctx.onStop('second', async () => { await new Promise((r) => setTimeout(r, 50)); diary('second'); });
      setInterval(() => {}, 1000);
      ctx.ready({ port: 4711 });`);
    const child = await start(file);
    assert.deepEqual(child.info, { port: 4711 });
    const pid = child.pid ?? assert.fail('no pid');
    process.kill(pid, 'SIGINT');
    await Promise.all([child.stop(), child.stop()]);
    assert.deepEqual(diaryOf(file), ['second', 'first']);
    assert.equal(alive(pid), false);
  });

  it('ends when the parent that started it is killed', async () => {
    const grandchild = program(
      `ctx.onStop('it', () => diary('stopped')); setInterval(() => {}, 1000); diary(String(process.pid)); ctx.ready();`,
    );
    const parent = join(folder, 'parent.ts');
    writeFileSync(
      parent,
      `import { startChild } from ${JSON.stringify(CHILDREN)};
       await startChild({ name: 'g', entry: ${JSON.stringify(grandchild)}, logFile: ${JSON.stringify(join(folder, 'g.log'))} });`,
    );
    const process = spawn(globalThis.process.execPath, [parent], { stdio: 'ignore' });
    await until(() => diaryOf(grandchild).length === 1, 'the grandchild');
    process.kill('SIGKILL');
    await until(() => diaryOf(grandchild)[1] === 'stopped', 'the grandchild to stop');
    await until(() => !alive(Number(diaryOf(grandchild)[0])), 'the grandchild to be gone');
  });

  it('fails with one readable line and code 1, which its parent repeats', async () => {
    const file = program(`throw new Error('port 80 is busy\\n    at secret stack');`);
    const run = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    assert.equal(run.status, 1);
    assert.equal(run.stderr, 'sample: port 80 is busy\n');
    await assert.rejects(
      start(file),
      /sample ended with code 1 before it was ready: sample: port 80 is busy/,
    );
  });

  it('answers --help and --version, and names an option it does not know', () => {
    const file = program('ctx.ready();');
    const run = (...args: string[]): { out: string; status: number | null } => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
      return { out: stdout + stderr, status };
    };
    assert.deepEqual(run('--help'), { out: 'A sample.\n', status: 0 });
    assert.match(run('--version').out, /^sample \d+\.\d+\.\d+\n$/);
    assert.match(run('--colour').out, /^sample: Unknown option '--colour'.*Try --help\.\n$/);
    assert.equal(run('--colour').status, 1);
  });

  it('is started again with a pause when it dies, if that was asked', async () => {
    const file = program(`setInterval(() => {}, 1000); ctx.ready();`);
    const changes: string[] = [];
    const child = await start(file, { restart: true, onChange: (state) => changes.push(state) });
    const first = child.pid ?? assert.fail('no pid');
    process.kill(first, 'SIGKILL');
    await until(() => changes.join() === 'down,up', 'a second life');
    assert.notEqual(child.pid, first);
    await child.stop();
    assert.equal(changes.join(), 'down,up');
  });

  it('is killed when it does not stop in time', async () => {
    const file = program(
      `ctx.onStop('never', () => new Promise(() => {})); setInterval(() => {}, 1000); ctx.ready();`,
    );
    const child = await start(file);
    const pid = child.pid ?? assert.fail('no pid');
    await child.stop(100);
    assert.equal(alive(pid), false);
  });
});

describe('a process configuration', () => {
  const schema = z.strictObject({ port: z.int().min(1), tls: z.strictObject({ key: z.string() }) });

  it('names every fault at once, unknown keys among them', () => {
    const text = JSON.stringify({ port: 0, tls: { key: 5, kye: 'x' }, prot: 1 });
    assert.throws(() => parseConfig(text, schema, 'pump.json'), (error: Error) => {
      for (const part of ['pump.json:', 'port: ', 'tls.key: ', 'tls.kye: no such setting', 'prot: no such setting']) {
        assert.ok(error.message.includes(part), `${part} is missing in ${error.message}`);
      }
      return true;
    }); // prettier-ignore
  });

  it('refuses what is not JSON', () => {
    assert.throws(() => parseConfig('{', schema, 'pump.json'), /pump\.json:\n {2}is not JSON/);
  });
});

describe('a log line', () => {
  it('carries named fields only, and never bytes or free objects', () => {
    const lines: string[] = [];
    const log = openLog({ name: 'gateway', write: (line) => lines.push(line) });
    const sneaky = { code: 'E_STALE', patient: 'Jane', apdu: new Uint8Array([1]) };
    log.warn('refused', sneaky);
    log.info('long', { reason: 'x'.repeat(10_000) });
    const first = lines[0] ?? '';
    assert.match(first, /"code":"E_STALE"/);
    assert.doesNotMatch(first, /Jane|apdu/);
    assert.ok((lines[1] ?? '').length < 500);
  });
});
