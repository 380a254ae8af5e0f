import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../clients/attack/main.ts', import.meta.url));
const RESULTS = z.array(
  z.looseObject({
    id: z.string(),
    attacker: z.string(),
    outcome: z.string(),
    by: z.string(),
    code: z.string(),
    logIndex: z.int().nullable(),
    reason: z.string(),
  }),
);
const LOGGED = /WEB-10 .* log \d+ /u;
/** One of each scene: a token, the implant, the wire, and one that is not played. */
const FEW = ['WEB-10', 'IMD-02', 'FLOW-10', 'IMD-01', 'IMD-17', 'GW-01'];

describe('npm run attack', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-attack-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('plays published attacks on a ward of its own, and says who refused each with which code', async () => {
    const [json, junit] = [join(folder, 'results.json'), join(folder, 'results.xml')];
    const { code, out } = await run(['--only', FEW.join(), '--json', json, '--junit', junit]);
    assert.equal(code, 0, out);
    const results = RESULTS.parse(JSON.parse(readFileSync(json, 'utf8')));
    const told = Object.fromEntries(results.map(({ id, outcome, by }) => [id, `${outcome} ${by}`.trim()]));
    assert.deepEqual(told, {
      'WEB-10': 'refused gateway',
      'IMD-02': 'refused device',
      'FLOW-10': 'refused device',
      'IMD-01': 'refused device',
      'IMD-17': 'refused device',
      'GW-01': 'not-applicable',
    });
    assert.match(out, LOGGED, 'the log tells of a stolen token');
    assert.match(out, /IMD-01 .* Replay of a captured programming session .*2008/u);
    assert.match(out, /5 attacks in .*: 5 refused, 0 succeeded/u);
    assert.match(readFileSync(junit, 'utf8'), /<testsuite name="countersign attack" tests="6" failures="0"/u);
  });

  it('ends within seconds when it is told to, with its processes and its folder', async () => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const env = { ...process.env, TMPDIR: temporary };
    const child = spawn(process.execPath, [MAIN, '--only', 'WEB-25'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const begun = (): boolean =>
      readdirSync(temporary, { recursive: true, encoding: 'utf8' }).some((name) =>
        name.endsWith('gateway.log'),
      );
    for (const end = Date.now() + 60_000; !begun() && Date.now() < end;) await pause(100);
    assert.ok(begun(), 'the ward did not come up');
    const since = performance.now();
    child.kill('SIGTERM');
    await ended;
    assert.ok(performance.now() - since < 5_000, 'it went on');
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith('cs-attack-')),
      [],
    );
  });

  it('says which attacks there are not, and that it could not try', async () => {
    const { code, out } = await run(['--only', 'IMD-99']);
    assert.equal(code, 2);
    assert.match(out, /there is no attack IMD-99/u);
  });
});

function run(args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { timeout: 110_000 },
      (_error, out, complaint) => resolve({ code: child.exitCode ?? -1, out: `${out}${complaint}` }),
    );
  });
}
