import assert from 'node:assert/strict';
import { Refusal } from '../../server/protocol/refusal.ts';
import { countDeliveries, nudge } from '../ceremony/world.ts';
import { openWard, therapyDigest, type TestWard } from '../support/ward.ts';

const DAY_MS = 86_400_000;

describe('a gateway whose clock jumps', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
    ward.ahead(2_000); // Nothing of this ward was in force a second before it was made.
  });
  after(() => ward.end());

  for (const [what, ms, taken] of [
    ['five years ahead', 5 * 365 * DAY_MS, false],
    ['thirty days back', -30 * DAY_MS, false],
    ['one second back', -1_000, true],
  ] as const) {
    it(`${what} ${taken ? 'takes the command' : 'sends nothing'}, and goes on when the clock is right again`, async () => {
      const pump = ward.device('pump-1');
      pump.forward(1000);
      const doctor = await ward.signIn('dr-a');
      const bytes = await doctor.prepare(pump, nudge(pump));
      const deliveries = countDeliveries(pump);
      const [felt, { time, counter }] = [therapyDigest(pump), pump.device.state];
      ward.ahead(ms);
      const outcome: unknown = await doctor.sign(pump, bytes).catch((error: unknown) => error);
      ward.ahead(-ms);
      const refused = outcome instanceof Refusal;
      assert.equal(refused, !taken, String(outcome));
      assert.equal(deliveries(), taken ? 1 : 0);
      if (!taken) {
        assert.equal(therapyDigest(pump), felt);
        assert.equal(pump.device.state.counter, counter);
      }
      assert.ok(pump.device.state.time - time < 3_600, 'the device goes by its witnesses');
      pump.forward(1000);
      const again = await ward.signIn('dr-a');
      assert.equal((await again.sign(pump, await again.prepare(pump, nudge(pump)))).kind, 'done');
    });
  }
});
