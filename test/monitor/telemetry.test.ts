import assert from 'node:assert/strict';
import {
  encodeTelemetry,
  issueHead,
  encodeHead,
  parseFromDevice,
} from '../../server/protocol/telemetry/telemetry.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { unpackBlock } from '../../server/monitor/block.ts';
import { until } from '../ceremony/world.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
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
  written,
} from './bench.ts';

const START = 1_790_000_000_000;

describe('what a device measures', () => {
  let place = testFolder();
  let clock: Clock = { now: START };
  let side: Side;
  let device: Reporter;
  const values = (): number[] =>
    side.received.frames.flatMap(({ contents }) =>
      contents.flatMap((c) => (c.kind === 'numerics' ? c.numerics.map(({ value }) => value) : [])),
    );
  const codes = (): string[] => side.received.refused.map(({ code }) => code);
  const measure = (value: number): void => {
    clock.now += 1_000;
    device.telemetry.report([beats(value)]);
  };
  const rows = (sql: string) => side.store.reader(sql).all();

  beforeEach(() => {
    place = testFolder();
    clock = { now: START };
    side = openSide(place.folder, clock, identity);
    device = reporter(clock, identity);
    device.telemetry.report([DESCRIBE]);
  });
  afterEach(async () => {
    await side.stop();
    place.remove();
  });

  it('arrives in order, is kept on the disk, and only then acknowledged', async () => {
    device.connect(side);
    for (let i = 1; i <= 9; i++) measure(60 + i);
    assert.deepEqual(values(), [61, 62, 63, 64, 65, 66, 67, 68, 69]);
    assert.equal(device.telemetry.waiting, 10, 'nothing is forgotten before it is stored');
    await written(side);
    assert.ok(device.telemetry.waiting <= 1, 'one word acknowledges several');
    assert.equal(rows('SELECT number FROM recent').length, 10);
  });

  it('arrives once, whatever is repeated, reordered or dropped on the way', async () => {
    device.connect(side);
    const held: Bytes[] = [];
    let n = 0;
    device.pass = (message) => {
      n++;
      if (n % 7 === 0) return []; // dropped
      if (n % 5 === 0) {
        held.push(message); // kept back, and delivered after the next
        return [];
      }
      return [message, message, ...held.splice(0)];
    };
    for (let i = 1; i <= 40; i++) {
      measure(i);
      if (i % 10 === 0) await written(side);
    }
    for (let i = 0; i < 12 && device.telemetry.waiting > 0; i++) {
      clock.now += 11_000;
      await device.telemetry.beat();
      await written(side);
    }
    assert.deepEqual(
      values(),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assert.equal(device.telemetry.waiting, 0);
  });

  it('waits out an outage, and comes back whole', async () => {
    device.connect(side);
    measure(60);
    device.cut();
    for (let i = 0; i < 600; i++) measure(i % 200);
    device.connect(side);
    for (let i = 0; i < 60 && device.telemetry.waiting > 0; i++) {
      clock.now += 1_000;
      await device.telemetry.beat();
      await written(side);
    }
    assert.equal(values().length, 601);
    assert.equal(side.received.lost, 0);
  }).timeout(30_000);

  it('shows what its buffer could not hold as a gap, and goes on after it', async () => {
    device = reporter(clock, identity, 2_000);
    device.telemetry.report([DESCRIBE]);
    for (let i = 1; i <= 60; i++) measure(i);
    device.connect(side);
    await written(side);
    assert.ok(side.received.lost > 20, String(side.received.lost));
    assert.equal(values().at(-1), 60);
    assert.equal(values().length + side.received.lost, 60);
    assert.deepEqual(side.received.faults, []);
    const [gap] = rows('SELECT first, next FROM gap');
    assert.equal(Number(gap?.['first']), 2);
    assert.equal(Number(gap?.['next']) - 2, side.received.lost);
    assert.deepEqual(codes(), []);
  });

  it('goes on after the gateway was killed: nothing acknowledged is missing, nothing is there twice', async () => {
    device.connect(side);
    for (let i = 1; i <= 12; i++) measure(i);
    await written(side);
    for (let i = 13; i <= 15; i++) measure(i); // taken, and not yet on the disk
    await side.store.stop(); // killed: what its keeper holds is gone
    device.cut();
    side = openSide(place.folder, clock, identity);
    device.connect(side);
    measure(16);
    await written(side);
    const numbers = rows('SELECT number FROM recent ORDER BY number').map((row) => Number(row['number']));
    assert.deepEqual(
      numbers,
      Array.from({ length: 17 }, (_, i) => i + 1),
    );
  });

  it('is packed by the minute into blocks that give back every byte, and values by the minute', async () => {
    device.connect(side);
    for (let i = 1; i <= 30; i++) measure(60 + (i % 3));
    await written(side);
    clock.now += 61_000;
    for (let i = 0; i < 60 && rows('SELECT id FROM recent').length > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(rows('SELECT id FROM recent'), []);
    const [block] = rows('SELECT hash, bytes FROM block');
    const frames = unpackBlock(block?.['bytes'] as Bytes, block?.['hash'] as Bytes, nodeCrypto.sha256);
    assert.deepEqual(
      frames.map(encodeTelemetry).map(hex),
      side.received.frames.map(encodeTelemetry).map(hex),
    );
    const [minute] = rows('SELECT sum(count) AS n, min(low) AS low, max(high) AS high FROM minute');
    assert.deepEqual([minute?.['n'], minute?.['low'], minute?.['high']], [30, 60, 62]);
  });

  it('is packed while more comes in, and none of it is lost between', async () => {
    device.connect(side);
    for (let i = 1; i <= 10; i++) measure(60 + i);
    await written(side);
    clock.now += 61_000;
    const count = (sql: string): number => Number(rows(sql)[0]?.['n']);
    const packed = (): number => count('SELECT coalesce(sum(last - first + 1), 0) AS n FROM block');
    let more = 0;
    for (const end = performance.now() + 20_000; packed() === 0; more++) {
      assert.ok(performance.now() < end, 'packed in the end');
      measure(70 + (more % 9));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await written(side);
    // What was packed leaves the recent ones a moment later: then each stands once. One that was lost stands nowhere.
    const kept = (): number => count('SELECT count(*) AS n FROM recent') + packed();
    await until('each stands once', () => kept() === 11 + more, 20_000);
    assert.ok(packed() >= 10, String(packed()));
    assert.ok(more > 1, 'some came meanwhile');
  });

  it('is vouched for by the device’s key, and by no other', async () => {
    device.connect(side);
    measure(60);
    clock.now += 2_000;
    await device.telemetry.beat();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(side.bed.signed(clock.now), true);
    assert.equal(side.bed.chain?.signed, 2);
    clock.now += 46_000;
    assert.equal(side.bed.signed(clock.now), false, 'a head is overdue');
    const stranger = testSigner('stranger', -7);
    const last = side.received.frames.at(-1);
    assert.ok(last);
    const hash = nodeCrypto.sha256(encodeTelemetry(last));
    const head = { device: DEVICE, session: last.session, number: last.number, hash, at: clock.now };
    side.intake.receive(hex(DEVICE), encodeHead(await issueHead(head, stranger)));
    side.intake.receive(
      hex(DEVICE),
      encodeHead(await issueHead({ ...head, hash: testBytes('x') }, identity)),
    );
    side.intake.receive(
      hex(DEVICE),
      encodeHead(await issueHead({ ...head, device: testBytes('y', 8) }, identity)),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(codes().toSorted(), ['E_DEVICE_IDENTITY', 'E_DEVICE_IDENTITY', 'E_TELEMETRY']);
    assert.equal(side.bed.signed(clock.now), false);
  });

  describe('is refused, said why, and shown nowhere', () => {
    const forged = (change: (frame: ReturnType<typeof lastFrame>) => object): Bytes =>
      encodeTelemetry({ ...lastFrame(), ...change(lastFrame()) });
    const lastFrame = () => {
      const last = side.received.frames.at(-1);
      assert.ok(last);
      return last;
    };
    const next = () => {
      const last = lastFrame();
      return {
        ...last,
        number: last.number + 1,
        previous: nodeCrypto.sha256(encodeTelemetry(last)),
        at: clock.now,
        up: last.up + 1,
        contents: [beats(66)],
      };
    };
    beforeEach(() => {
      device.connect(side);
      measure(60);
    });
    const cases: readonly (readonly [string, string, () => Bytes])[] = [
      ['another frame under a number already used', 'E_TELEMETRY', () => forged(() => ({ contents: [beats(61)] }))],
      ['a frame not chained to the one before', 'E_TELEMETRY', () => forged(() => ({ ...next(), previous: testBytes('z') }))],
      ['a frame that skips a number', 'E_TELEMETRY', () => forged(() => ({ ...next(), number: lastFrame().number + 2 }))],
      ['running time that goes back', 'E_TELEMETRY', () => forged(() => ({ ...next(), up: lastFrame().up - 1 }))],
      ['a handle that was not described', 'E_TELEMETRY', () =>
        forged(() => ({ ...next(), contents: [{ kind: 'numerics', numerics: [{ handle: 9, value: 1, quality: 'valid' }] }] }))],
      ['a time in the future', 'E_CLOCK', () => forged(() => ({ ...next(), at: clock.now + 11_000 }))],
      ['a recording from last week', 'E_CLOCK', () => forged(() => ({ ...next(), at: clock.now - 7 * 86_400_000 }))],
      ['bytes that are no telemetry', 'E_CMD_MALFORMED', () => Uint8Array.of(0x82, 0x18, 0xc9, 0)],
      ['a unit that is not that of the code', 'E_CMD_SCHEMA', () =>
        forged(() => ({ ...next(), contents: [{ kind: 'describe', simulated: true, metrics: [{ ...DESCRIBE.metrics[0], unit: 'mV' }] }] }))],
    ]; // prettier-ignore
    for (const [what, code, make] of cases) {
      it(what, () => {
        const before = values();
        side.intake.receive(hex(DEVICE), make());
        assert.deepEqual(codes(), [code]);
        assert.deepEqual(values(), before);
        side.intake.receive(hex(DEVICE), encodeTelemetry(next()));
        assert.deepEqual(codes(), [code], 'what really comes next is still taken');
        assert.equal(values().at(-1), 66);
      });
    }

    it('a session that is over', async () => {
      const old = side.received.frames.map(encodeTelemetry);
      await written(side);
      device.cut();
      clock.now += 1_000;
      // Switched off and on: another session.
      const other = {
        ...next(),
        session: testBytes('another run', 8),
        number: 1,
        up: 0,
        contents: [DESCRIBE],
      };
      side.intake.receive(hex(DEVICE), encodeTelemetry({ ...other, previous: new Uint8Array(32) }));
      await written(side);
      for (const frame of old) side.intake.receive(hex(DEVICE), frame);
      assert.deepEqual(codes(), ['E_TELEMETRY', 'E_TELEMETRY']);
    });

    it('more frames in a second than any device has', () => {
      for (let i = 0; i < 600; i++) side.intake.receive(hex(DEVICE), encodeTelemetry(lastFrame()));
      assert.deepEqual([...new Set(codes())], ['E_RATE']);
    });
  });

  it('has one spelling: what is parsed encodes to the same bytes', () => {
    device.connect(side);
    measure(61);
    for (const frame of side.received.frames) {
      const bytes = encodeTelemetry(frame);
      const read = parseFromDevice(bytes);
      assert.equal(read.kind === 'frame' && hex(encodeTelemetry(read.frame)), hex(bytes));
    }
  });
});
