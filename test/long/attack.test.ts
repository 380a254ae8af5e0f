import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CASES } from '../../clients/attack/cases/all.ts';
import { CATALOGUE } from '../../clients/attack/catalogue.ts';

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

function run(args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const options = { timeout: WHOLE_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, out, complaint) =>
      resolve({ code: child.exitCode ?? -1, out: `${out}${complaint}` }),
    );
  });
}
