import assert from 'node:assert/strict';
import { profileSource } from '../../certs/trust.ts';
import { readProfileFile } from '../../certs/profile-file.ts';
import {
  isMoved,
  newDraft,
  peopleFor,
  rowsOf,
  timeToSign,
  withValue,
} from '../../clients/tablet/change/draft.ts';
import { blockedBy, goesOn } from '../../clients/tablet/device/blocks.ts';
import type { Reading } from '../../clients/tablet/device/reading.ts';
import { rangeSays, withRange } from '../../clients/tablet/site/range.ts';
import { newState } from '../../clients/tablet/state.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { PUMP } from '../support/settings.ts';

/** The pump as it comes from its bench, with what the gateway says of its site. */
function pump(site: Pick<Reading, 'siteRanges' | 'stopBelowPercent'> = {}, battery = 100): Reading {
  const profile = readProfileFile(profileSource('pump'));
  const settings = new Map(
    profile.parameters.map((of) => [of.code, of.name === 'Battery remaining' ? battery : of.nominal]),
  );
  const attestation = { settings, ticksLeft: 900, counter: 1, mode: 'running' };
  return { profile, profileHash: new Uint8Array(32), attestation, at: 0, ...site } as unknown as Reading;
}

const ranged = (low = 200, high = 500) => pump({ siteRanges: new Map([[PUMP.occlusion, { low, high }]]) });
const occlusion = (of: Reading, value: number) => withValue(newDraft(of), PUMP.occlusion, value);

describe('the range of a site at the tablet', () => {
  it('makes a change of one person one of two, from the first value outside of it', () => {
    const of = ranged();
    assert.deepEqual(
      [175, 200, 500, 525].map((value) => peopleFor(of, occlusion(of, value))),
      [2, 1, 1, 2],
    );
    const [row] = rowsOf(of, occlusion(of, 175));
    assert.deepEqual([row?.outside, row?.high], [true, false]);
    // Two people have the time of two.
    assert.equal(timeToSign(of, occlusion(of, 175), 0), 900_000);
    assert.equal(timeToSign(of, occlusion(of, 225), 0), 120_000);
  });

  it('never takes anybody away where the device asks for two', () => {
    const of = pump({ siteRanges: new Map([[PUMP.rate, { low: 1, high: 5_000 }]]) });
    assert.equal(peopleFor(of, withValue(newDraft(of), PUMP.rate, 600)), 2);
  });

  it('voids a draft that was made with another range, or with none', () => {
    const made = occlusion(ranged(), 225);
    assert.equal(isMoved(ranged(), made), false);
    for (const other of [ranged(225), ranged(200, 475), pump()]) assert.equal(isMoved(other, made), true);
  });

  it('is told with its unit, and beside the limits of the device', () => {
    const of = ranged();
    const [setting] = of.profile.parameters.filter(({ code }) => code === PUMP.occlusion);
    assert.ok(setting);
    assert.equal(rangeSays(of, setting), 'This hospital’s range: 200 to 500 mmHg');
    assert.match(rangeSays(of, setting, true) ?? '', /^Outside this hospital’s range \(200 to 500 mmHg\): a second clinician signs too\.$/u); // prettier-ignore
    assert.equal(withRange(of, setting, 'limits 100 to 750'), 'limits 100 to 750 · this hospital 200 to 500');
    assert.equal(rangeSays(pump(), setting), undefined);
    assert.equal(withRange(pump(), setting, 'limits 100 to 750'), 'limits 100 to 750');
  });
});

describe('a battery with which the hospital changes nothing, at the tablet', () => {
  const by = (of: Reading) => blockedBy(newState(), of);

  it('blocks what chooses values, by the charge that the device itself has signed', () => {
    assert.equal(by(pump({ stopBelowPercent: 20 }, 19)), 'battery');
    assert.equal(by(pump({ stopBelowPercent: 20 }, 20)), undefined);
    assert.equal(by(pump({}, 1)), undefined);
  });

  it('leaves stopping and resuming be', () => {
    assert.deepEqual(
      [OPERATION.program, OPERATION.stop, OPERATION.resume].map((operation) => goesOn('battery', operation)),
      [false, true, true],
    );
    assert.equal(goesOn('safe', OPERATION.stop), false);
  });
});
