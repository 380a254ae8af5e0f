import assert from 'node:assert/strict';
import { reportText, runCrash } from './run.ts';

const SEED = Number(process.env['CRASH_SEED'] ?? 20_260_401);

describe('gateway, witness, devices and reader station, killed at any moment', () => {
  it('lose no acknowledged outcome, apply nothing twice, and leave a log that verifies', async function () {
    this.timeout(420_000);
    const lines: string[] = [];
    const report = await runCrash({
      kills: 40,
      ceremonies: 200,
      seed: SEED,
      say: (line) => lines.push(line),
    });
    const story = [...lines, reportText(report)].join('\n');
    assert.deepEqual(report.violations, [], story);
    assert.ok(report.ceremonies >= 200, story);
    assert.equal(
      Object.values(report.kills).reduce((sum, n) => sum + n, 0),
      40,
      story,
    );
    if (report.withoutNfc !== undefined) console.log(`      skipped: no card reader (${report.withoutNfc})`);
  });
});
