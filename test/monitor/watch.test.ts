import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { openPhone, type Phone } from '../../clients/device/watch/phone.ts';
import { Watch } from '../../clients/device/watch/watch.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import {
  type Clock,
  identity,
  openSide,
  reporter,
  type Reporter,
  type Side,
  testFolder,
  written,
} from './bench.ts';

describe('a watch', () => {
  const START = 1_790_000_000_000;
  let place: ReturnType<typeof testFolder>;
  let clock: Clock;
  let side: Side;
  let line: Reporter;
  let watch: Watch;

  const wear = (bufferBytes?: number): void => {
    line = reporter(clock, identity, bufferBytes);
    const { telemetry } = line;
    const settings = new Map([
      [0xf002_0001, 170],
      [0xf002_0002, 40],
    ]);
    const patient = new SimulatedPatient(11);
    watch = new Watch({ telemetry, patient, settings: () => settings, now: () => clock.now });
  };
  /** A second at a time, as long as it takes; the link has its turns between. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 1; i <= seconds; i++) {
      clock.now += 1_000;
      watch.measure();
      if (i % 10 !== 0) continue;
      await line.telemetry.beat();
      await written(side);
    }
  };
  const minutes = (code: number): number =>
    side.store
      .reader('SELECT count(*) AS n FROM minute WHERE code = ?')
      .all(code)
      .map(({ n }) => Number(n))[0] ?? 0;

  beforeEach(() => {
    place = testFolder();
    clock = { now: START };
    side = openSide(place.folder, clock, identity);
  });
  afterEach(async () => {
    await side.stop();
    place.remove();
  });

  it('reports heart rate, steps and motion, in units that a gateway knows', async () => {
    wear();
    line.connect(side);
    await pass(20);
    const [first] = side.received.frames;
    const described = first?.contents.find(({ kind }) => kind === 'describe');
    assert.ok(described?.kind === 'describe');
    assert.deepEqual(
      described.metrics.map(({ code, unit }) => [code, unit]),
      [
        [TERMS.motion.code, 'm/s2'],
        [TERMS.heartRate.code, '/min'],
        [TERMS.steps.code, '{steps}'],
        [TERMS.battery.code, '%'],
      ],
    );
    assert.deepEqual(side.received.refused, []);
    const kinds = new Set(side.received.frames.flatMap(({ contents }) => contents.map(({ kind }) => kind)));
    assert.deepEqual([...kinds].toSorted(), ['alarms', 'describe', 'numerics', 'wave']);
  });

  it('keeps what its phone could not carry, and brings it later, whole and in order', async () => {
    wear();
    line.connect(side);
    await pass(10);
    line.cut();
    for (let i = 0; i < 600; i++) {
      clock.now += 1_000;
      watch.measure();
    }
    assert.ok(watch.alarms.states().some(({ says }) => says === 'No connection to the gateway'));
    line.connect(side);
    for (let i = 0; i < 80 && line.telemetry.waiting > 1; i++) {
      clock.now += 1_000;
      await line.telemetry.beat();
      await written(side);
    }
    const numbers = side.received.frames.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    );
    assert.equal(numbers.length, 610);
    assert.equal(side.received.lost, 0);
    clock.now += 61_000;
    for (let i = 0; i < 60 && minutes(TERMS.steps.code) < 10; i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(minutes(TERMS.steps.code) >= 10, 'a trend without a hole');
  });

  it('shows as a gap what its memory could not hold', async () => {
    wear(16 * 1024);
    line.connect(side);
    await pass(10);
    line.cut();
    for (let i = 0; i < 600; i++) {
      clock.now += 1_000;
      watch.measure();
    }
    line.connect(side);
    for (let i = 0; i < 80 && line.telemetry.waiting > 1; i++) {
      clock.now += 1_000;
      await line.telemetry.beat();
      await written(side);
    }
    assert.ok(side.received.lost > 100, String(side.received.lost));
    const [gap] = side.store.reader('SELECT next - first AS n FROM gap').all();
    assert.equal(Number(gap?.['n']), side.received.lost);
  });
});

describe('the phone of a watch', () => {
  let gateway: Server;
  let phone: Phone;
  const near: Socket[] = [];

  before(async () => {
    gateway = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const address = gateway.address();
    phone = await openPhone({ port: 0, gateway: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  });
  after(async () => {
    for (const socket of near) socket.destroy();
    await phone.close();
    await new Promise((resolve) => void gateway.close(resolve));
  });

  const dial = async (): Promise<Socket> => {
    const socket = connect(phone.port, '127.0.0.1').on('error', () => undefined);
    near.push(socket);
    await once(socket, 'connect');
    return socket;
  };

  it('carries bytes both ways, as they are', async () => {
    const watch = await dial();
    const sent = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256));
    watch.write(sent);
    const heard: Buffer[] = [];
    while (Buffer.concat(heard).length < sent.length) {
      const [part] = (await once(watch, 'data')) as [Buffer];
      heard.push(part);
    }
    assert.deepEqual(Buffer.concat(heard), sent);
  });

  it('breaks off when it is away, lets nobody through meanwhile, and carries again when it is back', async () => {
    const watch = await dial();
    phone.away();
    await once(watch, 'close');
    const another = await dial();
    await once(another, 'close');
    phone.back();
    const again = await dial();
    again.write('x');
    assert.equal(String((await once(again, 'data'))[0]), 'x');
  });
});
