import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { pcscMissing } from '../../clients/ward/pcsc-missing.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';

const WARD = fileURLToPath(new URL('../../clients/ward/main.ts', import.meta.url));

describe('npm run demo', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-demo-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  before(function () {
    const missing = pcscMissing();
    if (missing === undefined) return;
    assert.ok(process.env['CI'] !== 'true', `the card reader stack is missing: ${missing}`);
    console.log(`skipped: ${missing}`);
    this.skip();
  });

  it('refuses the attack, applies both commands, settles the unknown one, and verifies the log', async () => {
    const bundle = join(folder, 'high-risk.evidence');
    const { code, out } = await run(['demo', '--json', '--bundle', bundle]);
    const last: unknown = JSON.parse(out.trim().split('\n').at(-1) ?? '');
    assert.ok(typeof last === 'object' && last !== null);
    const { steps, ...result } = last as { steps: { ok: boolean }[] };
    assert.deepEqual(result, {
      applied: 3,
      refused: 4,
      unknownResolved: 1,
      transports: ['nfc', 'websocket'],
      logVerified: true,
    });
    assert.ok(steps.every(({ ok }) => ok));
    assert.equal(code, 0);
    // The file proves itself but for the keys it begins with: those a stranger has to have from elsewhere.
    const report = await verifyEvidence(nodeCrypto, new Uint8Array(readFileSync(bundle)));
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.ok(report.checks.every(({ verdict }) => verdict !== 'FAIL'));
  });
});

function run(args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [WARD, ...args], { timeout: 100_000 }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });
}
