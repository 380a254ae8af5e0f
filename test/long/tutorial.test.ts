import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'clients/cli/main.ts');

/** What a new user types, in the order of clients/device/TUTORIAL.md, in an empty folder and a ward of its own. */
describe('a device built from the tutorial alone', function () {
  this.timeout(300_000);
  let folder: string;
  const running: ChildProcess[] = [];

  const begin = (
    args: readonly string[],
  ): { child: ChildProcess; said: (pattern: RegExp) => Promise<string> } => {
    const env = { ...process.env, COUNTERSIGN_DIR: join(folder, 'ward') };
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
    running.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')));
    const said = async (pattern: RegExp): Promise<string> => {
      while (!pattern.test(text)) {
        assert.ok(child.exitCode === null, text);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return text;
    };
    return { child, said };
  };
  const countersign = async (...args: readonly string[]): Promise<string> => {
    const { child } = begin([CLI, ...args]);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(code, 0, `countersign ${args.join(' ')}: ${text}`);
    return text;
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tutorial-'));
  });
  after(async () => {
    for (const child of running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('conforms, joins the ward after an operator signed, and is reprogrammed by one and by two', async () => {
    await countersign('device', 'new', 'my-pump');
    await countersign('profile', 'check', 'my-pump/profile.json');
    assert.match(await countersign('conformance', 'run', 'my-pump/conformance'), /^CONFORMS {2}my-pump/mu);

    const ward = begin([join(ROOT, 'clients/ward/main.ts'), 'start', '--no-nfc']);
    await ward.said(/The simulated ward is running/u);
    const joining = begin([CLI, 'device', 'join', 'my-pump']);
    const [, line = ''] =
      /countersign (enrolments approve .*)/u.exec(await joining.said(/enrolments approve .*\n/u)) ?? [];
    await countersign(...line.trim().split(' '));
    await joining.said(/It has its certificate/u);
    const device = begin([
      join(folder, 'my-pump/device.ts'),
      '--config',
      join(folder, 'my-pump/ward/device.json'),
    ]);
    await device.said(/"msg":"ready"/u);
    await countersign('enrolments', 'use', 'my-pump');

    const patient = ['--mrn', 'MRN-TUTORIAL', '--born', '1950'];
    assert.match(await countersign('change', 'my-pump', 'Alarm volume', '8', ...patient), /^Done/mu);
    const two = await countersign('change', 'my-pump', 'Infusion rate', '25', ...patient);
    assert.match(two, /a second clinician enters it again\.\nDone/u);
    assert.match(
      readFileSync(join(folder, 'my-pump/ward/trace.jsonl'), 'utf8'),
      /"got":"8218665/u,
      'receipts were given',
    );
  });
});
