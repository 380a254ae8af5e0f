import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { PatientMonitor } from '../../clients/device/monitor/patient-monitor.ts';
import { limitsOf } from '../../clients/device/monitor/limits.ts';
import { Telemetry } from '../../clients/device/sdk/telemetry.ts';
import { base64, unbase64 } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { openStore } from '../../server/store/store.ts';
import { vitalsStore } from '../../server/store/vitals-schema.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { openWard } from '../support/ward.ts';
import {
  beats,
  type Clock,
  DESCRIBE,
  DEVICE,
  identity,
  openSide,
  reporter,
  testFolder,
  written,
} from './bench.ts';
import { reporting } from './reporting.ts';

const SIDE = fileURLToPath(new URL('side-process.ts', import.meta.url));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** The limits of the reference monitor, as its profile has them. */
const LIMITS_SET = limitsOf(
  new Map([150, 45, 88, 30, 8, 180, 90, 390].map((value, i) => [0xf002_0001 + i, value])),
);

describe('faults while devices report', () => {
  it('the gateway is killed again and again under load: nothing acknowledged is lost, nothing is there twice', async () => {
    const place = testFolder();
    let child: ChildProcess | undefined;
    let acknowledged = 0;
    const telemetry = new Telemetry({
      device: DEVICE,
      identity,
      crypto: nodeCrypto,
      random: (size) => testBytes('killed', size),
      now: () => Date.now(),
      uptime: () => performance.now(),
      send: (message) => child?.connected === true && child.send(base64(message)),
    });
    const start = async (): Promise<void> => {
      const next = fork(SIDE, [place.folder]);
      await new Promise<void>((resolve) => next.once('message', () => resolve()));
      next.on('message', (message) => {
        const answer = telemetry.handle(unbase64(message as string));
        if (answer.kind === 'stored') acknowledged = Math.max(acknowledged, answer.number);
      });
      child = next;
      telemetry.linkUp();
    };
    const kill = async (): Promise<void> => {
      const gone = child;
      child = undefined;
      telemetry.linkDown();
      gone?.kill('SIGKILL');
      await new Promise((resolve) => gone?.once('exit', resolve));
    };
    const stored = (): number[] => {
      const store = openStore(place.folder, vitalsStore(64 * 1024 * 1024));
      const rows = store.reader('SELECT number FROM recent ORDER BY number').all();
      void store.stop();
      return rows.map(({ number }) => Number(number));
    };
    telemetry.report([DESCRIBE]);
    let reported = 1;
    for (let round = 0; round < 3; round++) {
      await start();
      for (let i = 0; i < 40; i++, reported++) {
        telemetry.report([beats(60 + (i % 20))]);
        await pause(5);
      }
      const told = acknowledged;
      await kill();
      const numbers = stored();
      assert.ok(numbers.length >= told, `${told} were acknowledged, ${numbers.length} are there`);
      assert.deepEqual(
        numbers,
        Array.from({ length: numbers.length }, (_, i) => i + 1),
        'a gap, or one twice',
      );
    }
    await start();
    for (let i = 0; i < 100 && telemetry.waiting > 1; i++) {
      await pause(50);
      await telemetry.beat();
    }
    await pause(300);
    await kill();
    assert.deepEqual(
      stored(),
      Array.from({ length: reported }, (_, i) => i + 1),
    );
    place.remove();
  }).timeout(60_000);

  it('a link is cut for ten minutes: numbers and waveforms come back whole, and late ones are not shown as new', async () => {
    const place = testFolder();
    const clock: Clock = { now: 1_790_000_000_000 };
    const side = openSide(place.folder, clock, identity);
    const device = reporter(clock, identity);
    const patient = new SimulatedPatient(3);
    const monitor = new PatientMonitor({
      telemetry: device.telemetry,
      patient,
      limits: () => LIMITS_SET,
      now: () => clock.now,
    });
    device.connect(side);
    const pass = (halfSeconds: number): void => {
      for (let i = 0; i < halfSeconds; i++) {
        clock.now += 500;
        monitor.measure();
      }
    };
    pass(4);
    await written(side);
    device.cut();
    pass(1_200);
    const atReturn = clock.now;
    device.pass = (message) => {
      clock.now += 5; // the network takes its time
      return [message];
    };
    assert.ok(monitor.alarms.states().some(({ says }) => says === 'No connection to the gateway'));
    device.connect(side);
    for (let i = 0; i < 200 && device.telemetry.waiting > 0; i++) {
      clock.now += 1_000;
      await device.telemetry.beat();
      await written(side);
    }
    const samples = side.received.frames.flatMap(({ contents }) =>
      contents.flatMap((c) => (c.kind === 'wave' && c.wave.handle === 1 ? [c.wave.count] : [])),
    );
    const sum = samples.reduce((a, b) => a + b, 0);
    assert.ok(sum >= 602 * 250 - 125, `${sum} samples of ${602 * 250}`);
    assert.equal(side.received.lost, 0);
    assert.deepEqual(side.received.refused, []);
    const late = side.received.frames.filter(({ at }) => at < atReturn - 2_000);
    assert.ok(late.length > 1_100, 'each keeps the time at which it was measured');
    await side.stop();
    place.remove();
  }).timeout(60_000);

  it('the disk takes no more measurements: none is acknowledged, the screens go on, and commands are unaffected', async () => {
    const ward = await openWard({
      monitor: true,
      vitals: (folder) => openStore(folder, vitalsStore(140 * 1024)),
    });
    try {
      const line = reporting(ward, 'pump-1');
      const { session } = await ward.signIn('dr-a');
      line.telemetry.report([DESCRIBE, beats(60)]);
      const full = (): boolean => ward.program.some((text) => text.includes('measurements are not stored'));
      for (let i = 0; i < 300 && !full(); i++) {
        for (let n = 0; n < 20; n++)
          line.telemetry.report([
            { kind: 'events', events: [{ at: ward.now(), code: 1, says: 'x'.repeat(80) }] },
            beats(61),
          ]);
        await pause(120);
      }
      assert.ok(full(), 'it says so');
      assert.ok(line.telemetry.waiting > 0, 'the device keeps what was not stored');
      line.telemetry.report([beats(99)]);
      const dr = await ward.signIn('dr-a');
      const device = ward.device('pump-1');
      const wish = { operation: OPERATION.program, changes: new Map([[0xf001_0012, 8]]) };
      const outcome = await dr.sign(device, await dr.prepare(device, wish));
      assert.equal(outcome.kind, 'done');
      const [bed] = ward.desk.monitoring.beds(session).filter(({ received }) => received > 0);
      assert.ok(bed, 'what came in is still shown');
    } finally {
      await ward.end();
    }
  }).timeout(90_000);
});
