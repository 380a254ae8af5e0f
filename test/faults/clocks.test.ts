import assert from 'node:assert/strict';
import { codeNamed, Refusal } from '../../server/protocol/refusal.ts';
import { countDeliveries, nudge, refuses, until } from '../ceremony/world.ts';
import { openWard, therapyDigest, type TestOutcome, type TestWard } from '../support/ward.ts';

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
      ward.witnessAhead(-ms); // It keeps the right time.
      const outcome: unknown = await doctor.sign(pump, bytes).catch((error: unknown) => error);
      ward.ahead(-ms);
      ward.witnessAhead(ms);
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

describe('a witness whose clock jumps', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  for (const [what, ms, says] of [
    ['ten years ahead', 10 * 365 * DAY_MS, /is 3153\d{5} s ahead of/u],
    ['a day back', -DAY_MS, /is 8640\d s behind/u],
  ] as const) {
    it(`${what} moves no device’s time: its word does not count, it is named, and counts again when it is right`, async () => {
      const pump = ward.device('pump-1');
      pump.forward(1000);
      const doctor = await ward.signIn('dr-a');
      const deliveries = countDeliveries(pump);
      const { time } = pump.device.state;
      ward.witnessAhead(ms);
      await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, await doctor.prepare(pump, nudge(pump))));
      assert.equal(deliveries(), 0);
      assert.ok(ward.desk.health().parts.some((part) => says.test(part.says)), JSON.stringify(ward.desk.health().parts)); // prettier-ignore
      ward.witnessAhead(-ms);
      await until('it counts again', () => ward.desk.health().ready);
      assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
      assert.ok(pump.device.state.time - time < 3_600, 'the device goes by clocks that agree');
    });
  }
});

describe('a device whose clock runs wild', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('decides as before: a device has ticks and no clock, and what has passed for it has passed', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    pump.forward(121);
    await refuses('E_NONCE', late(doctor.sign(pump, bytes)));
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });

  /** A refusal on the device's own receipt is one as well. */
  async function late(work: Promise<TestOutcome>): Promise<unknown> {
    const outcome = await work;
    if (outcome.kind === 'refused')
      throw new Refusal(codeNamed(outcome.code) ?? 'E_STORAGE', 'on the record');
    return outcome;
  }
});
