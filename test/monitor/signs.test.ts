import assert from 'node:assert/strict';
import { encodeTelemetry } from '../../server/protocol/telemetry/telemetry.ts';
import { nodeCrypto } from '../support/keys.ts';
import { type Sign, SignWatch } from '../../server/monitor/signs.ts';
import {
  beats,
  type Clock,
  DESCRIBE,
  DEVICE,
  identity,
  openSide,
  reporter,
  type Reporter,
  type Side,
  testFolder,
} from './bench.ts';

describe('signs that a device is not itself', () => {
  let place = testFolder();
  let clock: Clock = { now: 1_790_000_000_000 };
  let side: Side;
  let device: Reporter;
  let found: Sign[] = [];
  let signs: SignWatch;
  const kinds = (): string[] => found.map(({ kind }) => kind);
  const measure = (value: number, after = 1_000): void => {
    clock.now += after;
    device.telemetry.report([beats(value)]);
    const frame = side.received.frames.at(-1);
    assert.ok(frame);
    signs.frame(side.bed, frame, 200);
  };

  beforeEach(() => {
    place = testFolder();
    clock = { now: 1_790_000_000_000 };
    found = [];
    side = openSide(place.folder, clock, identity);
    device = reporter(clock, identity);
    signs = new SignWatch(
      () => clock.now,
      (sign) => found.push(sign),
    );
    device.connect(side);
    device.telemetry.report([DESCRIBE]);
  });
  afterEach(async () => {
    await side.stop();
    place.remove();
  });

  it('are none while it behaves', () => {
    for (let i = 0; i < 30; i++) measure(60 + 3 * (i % 5));
    assert.deepEqual(kinds(), []);
  });

  it('are told when a value changes faster than a body can, once, and without the value', () => {
    measure(60);
    measure(190);
    measure(60);
    assert.deepEqual(kinds(), ['jump']);
    assert.equal(found[0]?.reason, 'Heart rate changes faster than a body can');
    clock.now += 11 * 60_000;
    measure(60);
    measure(190);
    assert.deepEqual(kinds(), ['jump', 'jump'], 'later it is told again');
  });

  it('are told when its clock is set', () => {
    measure(60);
    const last = side.received.frames.at(-1);
    const { chain } = side.bed;
    assert.ok(last && chain);
    const previous = nodeCrypto.sha256(encodeTelemetry(last));
    const frame = { ...last, number: last.number + 1, previous, at: last.at + 9_000, up: last.up + 1_000 };
    chain.take(frame, new Uint8Array(32), clock.now);
    signs.frame(side.bed, frame, 200);
    assert.deepEqual(
      found.map(({ kind, reason }) => [kind, reason]),
      [['clock', 'its clock was set by 8 s']],
    );
  });

  it('are told for floods, foreign keys, times that cannot be, other doors, and mistake after mistake', () => {
    signs.refused(DEVICE, 'E_RATE');
    signs.refused(DEVICE, 'E_CLOCK');
    signs.refused(DEVICE, 'E_DEVICE_IDENTITY');
    signs.strayed(DEVICE);
    signs.refused(DEVICE, 'E_CMD_MALFORMED');
    signs.refused(DEVICE, 'E_CMD_SCHEMA');
    assert.deepEqual(kinds(), ['rate', 'clock', 'identity', 'destination'], 'two mistakes may be a version');
    signs.refused(DEVICE, 'E_ROUTE');
    assert.deepEqual(kinds().at(-1), 'misuse');
  });

  it('are told when it sends far more than it usually does', () => {
    const frame = side.received.frames[0];
    assert.ok(frame);
    for (let minute = 0; minute < 5; minute++) {
      clock.now += 60_000;
      for (let i = 0; i < 60; i++) signs.frame(side.bed, frame, 1_000);
    }
    assert.deepEqual(kinds(), []);
    for (let i = 0; i < 200; i++) signs.frame(side.bed, frame, 16_000);
    assert.deepEqual(kinds(), ['volume']);
  });
});
