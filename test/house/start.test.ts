import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWard } from '../../clients/ward/folder.ts';
import { choosePorts } from '../../clients/ward/ports.ts';
import { startWard } from '../../clients/ward/start.ts';
import type { WardProcess } from '../../clients/ward/supervisor.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIFECYCLE = join(ROOT, 'clients/common/process/lifecycle.ts');
let folder = '';
const ward = (): string => join(folder, 'ward');

/** A ward process that writes down when it starts and stops; `body` runs first. */
function sample(name: string, more: Partial<WardProcess> = {}, body = ''): WardProcess {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
     import { runProcess } from ${JSON.stringify(LIFECYCLE)};
     const diary = (line: string) => appendFileSync(${JSON.stringify(join(folder, 'diary'))}, line + '\\n');
     await runProcess({ name: '${name}', help: '', main: (ctx) => {
       ${body}
       ctx.onStop('it', () => diary('${name} stopped'));
       setInterval(() => {}, 1000);
       diary('${name} started');
       ctx.ready({ from: '${name}', pid: process.pid });
     } });`,
  );
  return { name, entry: relative(ROOT, file), config: () => ({}), ...more };
}
const diary = (): string[] => readFileSync(join(folder, 'diary'), 'utf8').trim().split('\n');

function cli(...args: string[]): { status: number | null; out: string } {
  const main = join(ROOT, 'clients/cli/countersign.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { status, out: stdout + stderr };
}

interface Run {
  readonly lines: string[];
  readonly done: Promise<void>;
  stop(): void;
  until(text: string): Promise<void>;
}

const running: Run[] = [];

function run(processes: readonly WardProcess[]): Run {
  const lines: string[] = [];
  const controller = new AbortController();
  const done = startWard({
    folder: ward(),
    processes,
    prepare: () => Promise.resolve(),
    say: (line) => lines.push(line),
    signal: controller.signal,
  });
  done.catch(() => {});
  const until = async (text: string): Promise<void> => {
    const end = Date.now() + 10_000;
    while (!lines.some((line) => line.includes(text))) {
      assert.ok(Date.now() < end, `waited for "${text}", saw ${lines.join(' | ')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const started = { lines, done, stop: () => controller.abort(), until };
  running.push(started);
  return started;
}

describe('the ward', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-ward-'));
  });
  afterEach(async () => {
    for (const ward of running.splice(0)) {
      ward.stop();
      await ward.done.catch(() => {}); // the test has looked at it, or failed before
    }
    rmSync(folder, { recursive: true });
  });

  it('starts its processes in order and stops them in reverse, each once', async () => {
    const first = sample('first', {
      ports: ['door'],
      pages: (f) => [{ title: 'Door', url: `http://x:${f.port('door')}` }],
    });
    const second = sample('second', { config: (f) => ({ heard: f.ready.get('first')?.['from'] }) });
    const ward_ = run([first, second]);
    await ward_.until('Next: ');
    assert.match(ward_.lines.join('\n'), /Door {2}http:\/\/x:[23]\d{4}\b/);
    assert.deepEqual(JSON.parse(readFileSync(join(ward(), 'config/second.json'), 'utf8')), {
      heard: 'first',
    });
    assert.equal(statSync(ward()).mode & 0o777, 0o700);
    const since = Date.now();
    ward_.stop();
    await ward_.done;
    assert.ok(Date.now() - since < 5_000);
    assert.deepEqual(diary(), ['first started', 'second started', 'second stopped', 'first stopped']);
    assert.equal(existsSync(join(ward(), 'ward.lock')), false);
  });

  it('says who runs it when it is started a second time, with the pages', async () => {
    const only = sample('only', { pages: () => [{ title: 'Page', url: 'http://gate.localhost:1' }] });
    const first = run([only]);
    await first.until('Next: ');
    const second = run([only]);
    await second.done;
    assert.deepEqual(second.lines, [
      `already running (pid ${process.pid})`,
      '  Page  http://gate.localhost:1',
    ]);
    assert.match(
      cli('reset', '--dir', ward(), '--yes').out,
      /the ward is running \(pid \d+\); stop it first/,
    );
    assert.ok(existsSync(ward()));
    first.stop();
    await first.done;
    assert.deepEqual(diary(), ['only started', 'only stopped']);
  });

  it('goes on without an optional process and what needs it, and says why', async () => {
    const reader = sample('reader', { optional: true }, `throw new Error('pcscd is not installed');`);
    const ward_ = run([reader, sample('station', { needs: 'reader' }), sample('pump')]);
    await ward_.until('Next: ');
    assert.match(ward_.lines.join('\n'), /without reader: .*pcscd is not installed/);
    assert.match(ward_.lines.join('\n'), /without station: needs reader/);
    ward_.stop();
    await ward_.done;
    assert.deepEqual(diary(), ['pump started', 'pump stopped']);
  });

  it('stops what it had started when a needed process fails, and lets the folder go', async () => {
    const broken = sample('gateway', {}, `throw new Error('keys are missing');`);
    await assert.rejects(
      run([sample('witness'), broken]).done,
      /gateway ended with code 1.*keys are missing/,
    );
    assert.deepEqual(diary(), ['witness started', 'witness stopped']);
    assert.ok('ward' in openWard(ward()));
  });

  it('takes over a lock that a crash left behind, even when its pid is in use again', () => {
    const before = openWard(ward());
    assert.ok('ward' in before);
    const again = openWard(ward());
    assert.ok('holder' in again && again.holder.pid === process.pid);
    const reborn = openWard(ward(), () => 'another start');
    assert.ok('ward' in reborn);
    assert.deepEqual(readdirSync(ward()).filter((file) => file.startsWith('ward.lock')), ['ward.lock']); // prettier-ignore
  });
});

describe('the ports of the ward', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-ports-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (): string => join(folder, 'ports.json');

  it('are chosen once and kept, also when a new one joins', async () => {
    const first = await choosePorts(file(), ['a', 'b']);
    assert.notEqual(first.get('a'), first.get('b'));
    const second = await choosePorts(file(), ['c', 'b', 'a'], first.get('a'));
    assert.equal(second.get('a'), first.get('a'));
    assert.equal(second.get('b'), first.get('b'));
    assert.equal(new Set(second.values()).size, 3);
  });

  it('are named when somebody else uses them, with what to do', async () => {
    const port = (await choosePorts(file(), ['gateway'])).get('gateway');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      await assert.rejects(choosePorts(file(), ['gateway']), (error: Error) => {
        assert.match(
          error.message,
          new RegExp(`^port ${port} \\(gateway\\) is used by another program\\. Stop that`),
        );
        assert.ok(error.message.includes(file()));
        return true;
      });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

describe('reset', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cs-reset-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('shows what goes and removes nothing without a yes', () => {
    const opened = openWard(ward());
    assert.ok('ward' in opened);
    opened.ward.release();
    mkdirSync(join(ward(), 'keys'));
    const asked = cli('reset', '--dir', ward());
    assert.equal(asked.status, 2);
    assert.match(asked.out, /keys\/ \(0 entries\)[\s\S]*say --yes/);
    assert.ok(existsSync(ward()));
    const done = cli('reset', '--dir', ward(), '--yes', '--json');
    assert.equal(done.status, 0);
    assert.deepEqual(JSON.parse(done.out), {
      result: 'removed',
      folder: ward(),
      entries: ['keys', 'ward.json'],
    });
    assert.equal(existsSync(ward()), false);
  });

  it('leaves a folder alone that is not a ward', () => {
    writeFileSync(join(folder, 'thesis.txt'), 'x');
    const refused = cli('reset', '--dir', folder, '--yes');
    assert.equal(refused.status, 1);
    assert.match(refused.out, /is not the folder of a ward/);
    assert.ok(existsSync(join(folder, 'thesis.txt')));
  });
});

describe('countersign', () => {
  it('shows its commands, and each command its own help', () => {
    const all = cli('--help');
    assert.equal(all.status, 0);
    assert.match(all.out, /^Usage: countersign/);
    assert.match(all.out, /\n {2}reset /);
    assert.match(cli('reset', '--help').out, /^Usage: countersign reset/);
  });

  it('prints program, protocol and schema versions, as text or JSON', () => {
    assert.match(cli('--version').out, /^countersign \d+\.\d+\.\d+, protocol \d+, schema \d+\n$/);
    const versions: unknown = JSON.parse(cli('version', '--json').out);
    assert.ok(typeof versions === 'object' && versions !== null);
    assert.deepEqual(Object.keys(versions), ['program', 'protocol', 'schema']);
  });

  it('answers an unknown command with 2 and a hint', () => {
    const unknown = cli('fly');
    assert.equal(unknown.status, 2);
    assert.equal(unknown.out, 'countersign: there is no command "fly"; try --help\n');
  });
});
