import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const WARD = path('clients/ward/main.ts');
const CLI = path('clients/cli/main.ts');

describe('countersign, against a running ward', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-door-'));
  const at = ['--dir', join(folder, 'ward')];
  let ward: ChildProcess;

  before(async () => {
    ward = spawn(process.execPath, [WARD, 'start', '--no-nfc', ...at], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await said(ward, 'Next:');
  });
  after(async () => {
    ward.kill('SIGTERM');
    await new Promise((resolve) => ward.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists devices and commands, as a table and as JSON', async () => {
    const table = await countersign('devices', ...at);
    assert.match(table.out, /pump-1 .*websocket .*yes/u);
    const json: unknown = JSON.parse((await countersign('devices', '--json', ...at)).out);
    assert.ok(typeof json === 'object' && json !== null && 'devices' in json);
    assert.match((await countersign('commands', ...at)).out, /No command yet/u);
  });

  it('locks everything with a reason, shows it, and lifts it again', async () => {
    const without = await countersign('lock', 'all', ...at);
    assert.equal(without.code, 2);
    assert.match(without.error, /--reason is missing/u);
    const locked = await countersign('lock', 'all', '--reason', 'fire drill', '--json', ...at);
    const { lock } = JSON.parse(locked.out) as { lock: { id: string } };
    assert.match((await countersign('locks', ...at)).out, /fire drill/u);
    assert.equal((await countersign('unlock', lock.id, ...at)).code, 0);
    assert.match((await countersign('locks', ...at)).out, /Nothing is locked/u);
  });

  it('copies the log, which then verifies without the gateway', async () => {
    const copy = join(folder, 'log');
    assert.equal((await countersign('log', copy, ...at)).code, 0);
    const anchors = join(folder, 'ward', 'keys', 'public', 'anchors.bin');
    const verified = await countersign('verify', copy, '--anchors', anchors);
    assert.equal(verified.code, 0, verified.out + verified.error);
  });

  it('lets nobody but an auditor read the entries', async () => {
    const refused = await countersign('log', join(folder, 'other'), '--as', 'dr-a', ...at);
    assert.equal(refused.code, 2);
    assert.match(refused.error, /E_ROLE/u);
  });

  it('says what to do when no ward is there', async () => {
    const none = await countersign('devices', '--dir', join(folder, 'nothing'));
    assert.equal(none.code, 2);
    assert.match(none.error, /npm start/u);
  });
});

function countersign(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { timeout: 30_000 }, (_error, out, error) =>
      resolve({ code: child.exitCode ?? -1, out, error }),
    );
  });
}

function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      all += part;
      if (all.includes(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`the ward ended: ${all}`)));
  });
}
