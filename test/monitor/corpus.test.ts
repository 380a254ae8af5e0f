import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { MONITOR_METRICS } from '../../clients/device/monitor/patient-monitor.ts';
import { WATCH_METRICS } from '../../clients/device/watch/watch.ts';
import { type Bytes, equal } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { packSamples, unpackSamples } from '../../server/protocol/telemetry/samples.ts';
import {
  encodeHead,
  encodeLost,
  encodeTelemetry,
  issueHead,
  openHead,
  parseFromDevice,
} from '../../server/protocol/telemetry/telemetry.ts';
import type { Content } from '../../server/protocol/telemetry/telemetry-content.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { DEVICE, identity } from './bench.ts';

const SESSION = testBytes('a session', 8);
const HASH = testBytes('a hash', 32);
const patient = new SimulatedPatient(1);
const ecg = Array.from({ length: 125 }, (_, i) => Math.round(100 * patient.ecg(i / 250)));

/** One frame of each kind of content that reference devices send. */
const CONTENTS: Readonly<Record<string, readonly Content[]>> = {
  'a monitor described': [{ kind: 'describe', simulated: true, metrics: MONITOR_METRICS }],
  'a watch described': [{ kind: 'describe', simulated: true, metrics: WATCH_METRICS }],
  numbers: [
    {
      kind: 'numerics',
      numerics: [
        { handle: 11, value: 72, quality: 'valid' },
        { handle: 18, value: -5, quality: 'questionable' },
        { handle: 19, value: 0, quality: 'lead-off' },
      ],
    },
  ],
  'an electrocardiogram': [
    {
      kind: 'wave',
      wave: { handle: 1, offset: 500, count: ecg.length, quality: 'valid', data: packSamples(ecg) },
    },
  ],
  alarms: [
    {
      kind: 'alarms',
      pausedUntil: 1_790_000_000_000,
      alarms: [
        {
          id: 4,
          metric: 13,
          priority: 'high',
          kind: 'physiological',
          presence: 'latched',
          since: 1_790_000_000_000,
          says: 'SpO2 low',
        },
      ],
    },
  ],
};
const frameOf = (contents: readonly Content[]): Bytes =>
  encodeTelemetry({
    session: SESSION,
    number: 7,
    previous: HASH,
    at: 1_790_000_000_000,
    up: 60_000,
    contents,
  });

/** Parses; what is refused is refused with a code, and what is taken is spelled in one way only. */
function judge(bytes: Bytes): 'taken' | 'refused' {
  try {
    const message = parseFromDevice(bytes);
    if (message.kind === 'frame') assert.ok(equal(encodeTelemetry(message.frame), bytes), 'another spelling');
    if (message.kind === 'lost')
      assert.ok(equal(encodeLost(message.session, message.first, message.next), bytes), 'another spelling');
    if (message.kind === 'head') assert.ok(equal(encodeHead(message.head), bytes), 'another spelling');
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return 'refused';
  }
}

describe('whatever a device may send', () => {
  for (const [name, contents] of Object.entries(CONTENTS))
    it(`is taken as ${name}, and with any bit turned it is refused with a code, or means what it says`, () => {
      const good = frameOf(contents);
      assert.equal(judge(good), 'taken');
      for (let bit = 0; bit < good.length * 8; bit++) {
        const bad = good.slice();
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        judge(bad);
      }
      for (let length = 0; length < good.length; length++)
        assert.equal(judge(good.slice(0, length)), 'refused', `cut after ${length}`);
      assert.equal(judge(new Uint8Array([...good, 0])), 'refused', 'one byte more');
    });

  it('is refused with a code where it is nothing at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void judge(bytes)),
      { numRuns: 2_000 },
    );
    // Bytes that begin like a frame, so that what comes after is looked at.
    const begin = frameOf([]).slice(0, 12);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (rest) => void judge(new Uint8Array([...begin, ...rest])),
      ),
      { numRuns: 2_000 },
    );
    assert.equal(judge(new Uint8Array(20_000)), 'refused', 'larger than any frame');
  });

  it('is samples that come out as they went in, or nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 300 }),
        (samples) => assert.deepEqual([...unpackSamples(packSamples(samples), samples.length)], samples),
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 1_000 }), (bytes, count) => {
        try {
          assert.equal(unpackSamples(bytes, count).length, count);
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is vouched for by a head in which every bit counts', async () => {
    const head = { device: DEVICE, session: SESSION, number: 7, hash: HASH, at: 1_790_000_000_000 };
    const good = await issueHead(head, identity);
    assert.deepEqual(await openHead(nodeCrypto, good, identity.key), head);
    for (let bit = 0; bit < good.length * 8; bit += 3) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await assert.rejects(openHead(nodeCrypto, bad, identity.key), Refusal, `bit ${bit}`);
    }
  });
});
