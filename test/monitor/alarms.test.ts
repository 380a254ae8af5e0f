import assert from 'node:assert/strict';
import { limitsOf } from '../../clients/device/monitor/limits.ts';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { PatientMonitor } from '../../clients/device/monitor/patient-monitor.ts';
import { playLine } from '../../clients/device/monitor/player.ts';
import { type AlarmCondition, AlarmSystem } from '../../clients/device/sdk/alarms.ts';
import { type AlarmEvent, AlarmWatch } from '../../server/monitor/alarm-watch.ts';
import { Bed } from '../../server/monitor/bed.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Raised } from '../../server/protocol/telemetry/live.ts';
import type { AlarmState, Priority } from '../../server/protocol/telemetry/telemetry-content.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { DEVICE, identity } from './bench.ts';
import { reporting } from './reporting.ts';

const condition = (more: Partial<AlarmCondition>): AlarmCondition => ({
  id: 1,
  priority: 'high',
  kind: 'physiological',
  metric: 1,
  says: 'SpO2 low',
  latching: false,
  delay: 3_000,
  ...more,
});

describe('the alarms of a device', () => {
  const presence = (system: AlarmSystem): string => system.states()[0]?.presence ?? 'off';

  it('come after their delay, and go with their condition', () => {
    const system = new AlarmSystem([condition({})]);
    system.set(1, true, 0);
    assert.equal(presence(system), 'off', 'one odd value is no alarm');
    system.set(1, true, 3_000);
    assert.equal(presence(system), 'on');
    system.set(1, false, 4_000);
    assert.equal(presence(system), 'off');
  });

  it('stay after their condition where they latch, until somebody acts', () => {
    const system = new AlarmSystem([condition({ latching: true, delay: 0 })]);
    system.set(1, true, 0);
    system.set(1, false, 1_000);
    assert.equal(presence(system), 'latched');
    system.acknowledge(2_000);
    assert.equal(presence(system), 'off');
  });

  it('sound again two minutes after they were acknowledged, if the condition is still there', () => {
    const system = new AlarmSystem([condition({ delay: 0 })]);
    system.set(1, true, 0);
    system.acknowledge(1_000);
    system.set(1, true, 60_000);
    assert.equal(presence(system), 'acknowledged');
    system.set(1, true, 121_001);
    assert.equal(presence(system), 'on');
  });

  it('are paused for two minutes at most, however often somebody asks', () => {
    const system = new AlarmSystem([condition({})]);
    system.pause(1_000, 3_600_000);
    assert.equal(system.pausedUntil(1_000), 121_000);
    assert.equal(system.pausedUntil(121_000), 0);
  });

  it('are told the most urgent first', () => {
    const system = new AlarmSystem([
      condition({ id: 1, priority: 'low', delay: 0 }),
      condition({ id: 2, priority: 'high', delay: 0 }),
      condition({ id: 3, priority: 'medium', delay: 0 }),
    ]);
    for (const id of [1, 2, 3]) system.set(id, true, 0);
    assert.deepEqual(
      system.states().map(({ priority }) => priority),
      ['high', 'medium', 'low'],
    );
  });

  it('can be tried by a visitor: what is not understood is answered with what would be', () => {
    const done: string[] = [];
    const bed = { play: (what: string) => done.push(what), press: (what: string) => done.push(what) };
    const beds = new Map([['monitor-1', bed]]);
    assert.equal(playLine('monitor-1 desaturation', beds), 'ok');
    assert.equal(playLine('monitor-1 acknowledge', beds), 'ok');
    assert.deepEqual(done, ['desaturation', 'acknowledge']);
    assert.match(playLine('monitor-9 desaturation', beds), /monitor-1/u);
    assert.match(playLine('monitor-1 explode', beds), /arrhythmia, desaturation/u);
  });
});

describe('a flood of alarms', () => {
  it('of one priority hides none of another, and is told as a number when its minute is over', () => {
    let now = 1_790_000_040_000;
    const told: AlarmEvent[] = [];
    const watch = new AlarmWatch({
      second: () => undefined,
      now: () => now,
      happened: (event) => told.push(event),
      announce: () => undefined,
    });
    const bed = new Bed({
      id: DEVICE,
      hex: hex(DEVICE),
      name: 'monitor-1',
      model: 'PM1',
      identity: identity.key,
      transport: 'websocket',
      profile: { deviceClass: 69_965 },
    });
    const alarm = (id: number, priority: Priority): AlarmState =>
      ({
        id,
        metric: 1,
        priority,
        kind: 'technical',
        presence: 'on',
        since: now,
        says: 'ECG leads off',
      }) as const;
    const say = (...alarms: readonly AlarmState[]): void => {
      const contents = [{ kind: 'alarms', pausedUntil: 0, alarms }] as const;
      const frame = {
        session: new Uint8Array(8),
        number: 1,
        previous: new Uint8Array(32),
        at: now,
        up: 0,
        contents,
      };
      watch.frame(bed, frame, new Uint8Array(32));
    };
    for (let i = 0; i < 50; i++) {
      say(alarm(1, 'low'));
      say();
    }
    say(alarm(2, 'high'));
    const changes = told.map(({ priority, change }) => `${priority} ${change}`);
    assert.deepEqual(changes.slice(-2), ['low flood', 'high raised']);
    assert.equal(told.length, 62);
    now += 60_000;
    watch.look(bed);
    const { change, priority, count } = told.find((event) => event.count !== undefined) ?? {};
    assert.deepEqual([change, priority, count], ['flood', 'low', 40]);
    now += 60_000;
    watch.look(bed);
    assert.equal(told.filter((event) => event.count !== undefined).length, 1, 'once');
  });
});

describe('a patient monitor in the ward', () => {
  let ward: TestWard;
  let monitor: PatientMonitor;
  let patient: SimulatedPatient;
  let line: ReturnType<typeof reporting>;

  const bed = async () => {
    const { session } = await ward.signIn('dr-a');
    const found = ward.desk.monitoring
      .beds(session)
      .find(({ device }) => hex(device) === ward.device('monitor-1').id);
    assert.ok(found);
    return found;
  };
  const alarms = async (): Promise<readonly AlarmState[]> => (await bed()).alarms.alarms;
  const raised = async (): Promise<readonly Raised[]> => (await bed()).raised;
  /** Lets this many seconds pass at the bed, a second at a time. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 1; i <= seconds; i++) {
      ward.ahead(1_000);
      monitor.measure();
      if (i % 10 === 0 || i === seconds) await settled();
    }
  };
  const logged = (): string[] =>
    ward.entries().flatMap(({ type, code, detail = '' }) => (type === 'alarm' ? [`${code}: ${detail}`] : []));
  const settled = (ms = 150): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  before(async () => {
    ward = await openWard({ monitor: true });
    line = reporting(ward, 'monitor-1');
    patient = new SimulatedPatient(1);
    const { therapy } = ward.device('monitor-1');
    const limits = () => limitsOf(therapy.acting);
    monitor = new PatientMonitor({ telemetry: line.telemetry, patient, limits, now: ward.now });
    await pass(3);
  });
  after(() => ward.end());

  it('shows numbers, units and real time of each, marked as simulated', async () => {
    const { described, latest, simulated } = await bed();
    assert.equal(simulated, true);
    const names = new Map(described?.metrics.map(({ handle, name, unit }) => [handle, `${name} ${unit}`]));
    assert.deepEqual(
      latest.map(({ handle }) => String(names.get(handle))).toSorted(),
      [
        'Battery %', 'Heart rate /min', 'NIBP diastolic mm[Hg]', 'NIBP mean mm[Hg]', 'NIBP systolic mm[Hg]',
        'Pulse rate /min', 'Respiration rate /min', 'SpO2 %', 'Temperature Cel',
      ],
    ); // prettier-ignore
    for (const { at } of latest) assert.ok(Math.abs(at - ward.now()) < 4_000);
  });

  it('alarms by itself on what happens to the patient; gateway and log say so, and nobody here can end it', async () => {
    patient.play('desaturation', ward.now() / 1_000);
    await pass(40);
    const [first] = await alarms();
    assert.deepEqual([first?.says, first?.priority, first?.presence], ['SpO2 low', 'high', 'on']);
    patient.play('recover', ward.now() / 1_000);
    await pass(10);
    assert.equal((await alarms()).find(({ says }) => says === 'SpO2 low')?.presence, 'latched');
    monitor.alarms.acknowledge(ward.now());
    await pass(6);
    assert.deepEqual(
      (await alarms()).map(({ says }) => says),
      [],
    );
    await settled();
    const about = logged().filter((what) => what.includes('high physiological'));
    assert.deepEqual(about, [
      'alarm.raised: high physiological, by the device',
      'alarm.latched: high physiological, by the device',
      'alarm.ended: high physiological, by the device',
    ]);
    const { session } = await ward.signIn('dr-a');
    const events = ward.desk.monitoring.alarms(session, ward.device('monitor-1').id, 0, ward.now() + 1);
    assert.ok(events.some(({ says, change }) => says === 'SpO2 low' && change === 'latched'));
    assert.ok(!logged().some((what) => what.includes('SpO2')), 'the log names no condition');
  });

  it('calls whom the hospital’s roster names when nobody answers at the bed, and nobody else', async () => {
    const { session } = await ward.signIn('dr-b');
    const other = await ward.signIn('dr-a');
    const told: string[] = [];
    const toldOther: string[] = [];
    const stops = [
      ward.desk.watch(session, (event) => told.push(event)),
      ward.desk.watch(other.session, (event) => toldOther.push(event)),
    ];
    patient.play('arrhythmia', ward.now() / 1_000);
    await pass(70);
    await settled(1_200);
    for (const stop of stops) stop();
    for (const heard of [told, toldOther])
      assert.ok(heard.includes('alarm-raised') && heard.includes('alarm-escalated'), heard.join());
    assert.deepEqual(
      [told, toldOther].map((heard) => heard.filter((event) => event === 'alarm-called').length),
      [1, 0],
    );
    const said = (await raised()).find(({ code }) => code === 'escalated')?.says;
    assert.equal(said, 'Nobody answered at the bed: Dr Ben Lindqvist is called');
    assert.ok(
      logged().includes(`alarm.escalated: high physiological, by the gateway, calls ${session.subject}`),
    );
    monitor.alarms.acknowledge(ward.now());
    await pass(6);
    await settled(1_200);
    assert.ok(!(await raised()).some(({ code }) => code === 'escalated'));
    patient.play('recover', ward.now() / 1_000);
    await pass(10);
    monitor.alarms.acknowledge(ward.now());
    await pass(6);
  });

  it('alarms by a limit that a clinician signed, and by no other', async () => {
    const device = ward.device('monitor-1');
    const before = (await alarms()).length;
    const dr = await ward.signIn('dr-a');
    const high = 0xf002_0004; // respiration rate, high
    const wish = { operation: OPERATION.program, changes: new Map([[high, 16]]) };
    const outcome = await dr.sign(device, await dr.prepare(device, wish));
    assert.equal(outcome.kind, 'done');
    assert.equal(device.therapy.acting.get(high), 16);
    await pass(10);
    const now = await alarms();
    assert.equal(before, 0);
    assert.deepEqual(
      now.map(({ says, priority }) => [says, priority]),
      [['Respiration rate high', 'medium']],
    );
  });

  it('says at both ends that the link is lost', async () => {
    line.cut();
    await pass(15);
    assert.ok(monitor.alarms.states().some(({ says }) => says === 'No connection to the gateway'));
    await settled(1_200);
    assert.deepEqual((await raised()).map(({ code }) => code).includes('link'), true);
    assert.ok(logged().includes('alarm.raised: medium technical, by the gateway'));
    const { device } = await bed();
    assert.deepEqual(device, unhex(ward.device('monitor-1').id));
  });
});
