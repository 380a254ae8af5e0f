import assert from 'node:assert/strict';
import { BrokenGatewayBench } from '../conformance/broken-gateway.ts';
import { brokenGateways } from '../conformance/broken-gateways.ts';

describe('the conformance kit and a gateway that is broken in one line', function () {
  this.timeout(120_000);
  let bench: BrokenGatewayBench;
  before(() => {
    bench = new BrokenGatewayBench();
  });
  after(() => bench.close());

  for (const row of brokenGateways) {
    it(`finds a gateway that ${row.what}`, async () => {
      const outcome = await bench.outcome(row);
      assert.equal(outcome?.verdict, 'fail', JSON.stringify(outcome));
      assert.match(outcome?.failure?.expected ?? '', row.expected, JSON.stringify(outcome));
      assert.match(outcome?.failure?.got ?? '', row.got, JSON.stringify(outcome));
    });
  }
});
