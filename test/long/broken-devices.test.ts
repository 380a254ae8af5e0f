import assert from 'node:assert/strict';
import { broken } from '../conformance/broken.ts';
import { BrokenBench } from '../conformance/broken-device.ts';

describe('the conformance kit and a device that is broken in one line', function () {
  this.timeout(120_000);
  let bench: BrokenBench;
  before(() => {
    bench = new BrokenBench();
  });
  after(() => bench.close());

  for (const row of broken) {
    it(`finds a device that ${row.what}`, async () => {
      const outcome = await bench.outcome(row);
      assert.equal(outcome?.verdict, 'fail', JSON.stringify(outcome));
      assert.match(outcome?.failure?.expected ?? '', row.expected, JSON.stringify(outcome));
      assert.match(outcome?.failure?.got ?? '', row.got, JSON.stringify(outcome));
    });
  }
});
