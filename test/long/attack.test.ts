import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CASES } from '../../clients/attack/cases/all.ts';
import { CATALOGUE } from '../../clients/attack/catalogue.ts';
import { Honest } from '../../clients/attack/honest.ts';
import { Lab } from '../../clients/attack/lab.ts';
import { LogWatch } from '../../clients/attack/log-watch.ts';
import { together } from '../../clients/attack/parties.ts';
import { StolenDatabase } from '../../clients/attack/stolen-database.ts';
import { WardMemory } from '../../clients/attack/ward-memory.ts';
import { openAttackWard } from '../../clients/attack/ward.ts';

const MAIN = fileURLToPath(new URL('../../clients/attack/main.ts', import.meta.url));
const RESULTS = z.array(
  z.looseObject({ id: z.string(), attacker: z.string(), outcome: z.string(), reason: z.string() }),
);
const PROOFS = z.array(z.looseObject({ id: z.string(), control: z.string() }));
/** What is promised of `npm run attack` on two cores. */
const WHOLE_MS = 10 * 60_000;
/** One check of each kind: of the gateway, of the device, in the air. */
const FEW = ['WEB-10', 'FLOW-10', 'IMD-12'];

describe('every published attack that is played', function () {
  this.timeout(2 * WHOLE_MS);
  const folder = mkdtempSync(join(tmpdir(), 'cs-attack-long-'));
  const json = join(folder, 'results.json');
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is refused, leaves nothing behind, and the rest is listed with a reason', async () => {
    const { code, out } = await run(['--json', json]);
    assert.equal(code, 0, out);
    const results = RESULTS.parse(JSON.parse(readFileSync(json, 'utf8')));
    assert.equal(results.length, CATALOGUE.length);
    const loud = results.filter(({ outcome }) => outcome !== 'refused' && outcome !== 'not-applicable');
    assert.deepEqual(loud, []);
    assert.equal(results.filter(({ outcome }) => outcome === 'refused').length, CASES.length);
    for (const { id, outcome, reason } of results)
      assert.equal(reason === '', outcome === 'refused', `${id}: ${reason}`);
  });

  it('succeeds without the check that it meets', async () => {
    const { code, out } = await run(['--controls', '--only', FEW.join(), '--json', json]);
    assert.equal(code, 0, out);
    const proofs = PROOFS.parse(JSON.parse(readFileSync(json, 'utf8')));
    assert.deepEqual(
      proofs.map(({ id, control }) => `${id} ${control}`),
      FEW.map((id) => `${id} proven`).sort(),
    );
  });

  it('brings one compromised party nothing but what is said openly', async () => {
    const { code, out } = await run(['--party', 'A4', '--only', FEW.join(), '--json', json]);
    assert.equal(code, 0, out);
    const results = RESULTS.parse(JSON.parse(readFileSync(json, 'utf8')));
    assert.ok(results.some(({ id, outcome }) => id.startsWith('therapy@') && outcome === 'admitted'));
    assert.deepEqual(
      results.filter(({ outcome }) => outcome !== 'refused' && outcome !== 'admitted'),
      [],
    );
  });
});

describe('the look at the log after every attack', function () {
  this.timeout(120_000);

  it('finds an entry that is gone, at the gateway’s disk too, and a witness that forgot', async () => {
    const ward = await openAttackWard(new AbortController().signal);
    const memory = new WardMemory();
    try {
      const at = new Lab(ward, await Honest.of(ward.folder), together([]), memory);
      const watch = new LogWatch();
      await watch.begin(at, 'gateway');
      assert.deepEqual(await watch.faults(at, 'gateway'), []);
      await memory.close();
      await ward.running.stopOne('gateway');
      assert.deepEqual(await watch.faults(at, 'disk'), []);
      await ward.running.stopOne('witness');
      rmSync(at.path('witness'), { recursive: true });
      await ward.running.startOne('witness');
      const database = new StolenDatabase(at.path('gateway'));
      database.run('DELETE FROM log_entry WHERE idx = 2');
      database.close();
      const faults = (await watch.faults(at, 'disk')).map(({ what }) => what);
      assert.ok(faults.includes('entries that were there are gone or changed'), faults.join('; '));
      assert.ok(faults.includes('the witness has forgotten what it signed'), faults.join('; '));
    } finally {
      await memory.close();
      await ward.stop();
    }
  });
});

function run(args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const options = { timeout: WHOLE_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, out, complaint) =>
      resolve({ code: child.exitCode ?? -1, out: `${out}${complaint}` }),
    );
  });
}
