import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countersign } from '../conformance/countersign.ts';
import { sameViews, verdictsIn } from '../conformance/views.ts';
import { virtualReaderMissing } from '../../clients/reader/virtual-pcscd.ts';

describe('the conformance kit, every case of it,', function () {
  this.timeout(300_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A whole run against something of this project: it conforms, and every view says so. */
  async function passes(kind: string): Promise<readonly string[]> {
    const { code, out, err } = await countersign([
      'conformance',
      'run',
      '--reference',
      kind,
      '--out',
      folder,
    ]);
    assert.equal(code, 0, out + err);
    assert.match(out, new RegExp(`^CONFORMS {2}Reference ${kind}`, 'mu'));
    const report = sameViews(folder, out);
    for (const { id, verdict } of report.outcomes)
      assert.ok(verdict === 'pass' || verdict === 'skip', `${id}: ${verdict}`);
    return verdictsIn(report);
  }

  it('passes our pump on the network', async () => {
    const verdicts = await passes('pump');
    assert.ok(verdicts.filter((each) => each.endsWith(' pass')).length > 120, 'cases were run');
  });

  it('passes our pacemaker on a card reader', async function () {
    if (virtualReaderMissing() !== undefined) this.skip();
    const verdicts = await passes('pacemaker');
    for (const id of ['emergency.safe-mode', 'tap.stranger', 'power.state', 'budget.strangers', 'accept.two'])
      assert.ok(verdicts.includes(`${id} pass`), id);
  });

  it('passes our gateway in a ward', async () => {
    const verdicts = await passes('gateway');
    assert.equal(verdicts.filter((each) => !each.endsWith(' pass')).length, 0, 'nothing is left out');
    assert.ok(verdicts.length > 80, 'cases were run');
  });
});
