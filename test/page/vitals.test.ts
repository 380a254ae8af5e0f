import assert from 'node:assert/strict';
import { LiveBed, MAX_AGE_MS, MAX_SOURCE_AGE_MS } from '../../clients/common/page/vitals/bed.ts';
import { Feed } from '../../clients/common/page/vitals/feed.ts';
import { gainOf } from '../../clients/common/page/vitals/gain.ts';
import { clockTime, contactSaid, stateSaid } from '../../clients/common/page/vitals/said.ts';
import { WaveBuffer } from '../../clients/common/page/vitals/waves.ts';
import { onlyImplants } from '../../clients/tablet/live/implants.ts';
import { aloneIn, columnsOf, summaryOf, type Trend } from '../../clients/tablet/live/trends/trend.ts';
import { placesOf, severity, standing, type WardRow } from '../../clients/tablet/live/ward.ts';
import type { Patient } from '../../clients/tablet/patient/patients.ts';
import { newState } from '../../clients/tablet/state.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import type { BedState, LiveFrame, Raised } from '../../server/protocol/telemetry/live.ts';
import type { AlarmState, Content, Metric } from '../../server/protocol/telemetry/telemetry-content.ts';
import { beats, DESCRIBE, DEVICE } from '../monitor/bench.ts';
import { testBytes } from '../support/keys.ts';

/** Unix ms by the gateway; the page's own clock counts from its own start. */
const GATEWAY = 1_790_000_000_000;

/** A page with its clocks in the hand of the test, and what comes to it. */
function page() {
  const at = { clock: 1_000, wall: GATEWAY + 7_000 }; // this tablet's clock is seven seconds ahead
  const feed = new Feed(
    () => at.clock,
    () => at.wall,
  );
  return {
    feed,
    pass(ms: number): void {
      at.clock += ms;
      at.wall += ms;
      feed.look();
    },
    /** The machine sleeps with its lid shut: on some, the clock that never goes back stands still meanwhile. */
    sleep(ms: number): void {
      at.clock += 1;
      at.wall += ms;
      feed.look();
    },
    now: (): number => GATEWAY + at.clock,
    get bed(): LiveBed | undefined {
      return feed.beds.get(hex(DEVICE));
    },
  };
}

const state = (now: number, more: Partial<BedState> = {}): BedState => ({
  device: DEVICE,
  now,
  simulated: true,
  contact: 'live',
  signed: true,
  received: now,
  pausedUntil: 0,
  described: DESCRIBE,
  latest: [],
  alarms: { kind: 'alarms', pausedUntil: 0, alarms: [] },
  raised: [],
  ...more,
});
const frame = (now: number, contents: readonly Content[], more: Partial<LiveFrame> = {}): LiveFrame => ({
  device: DEVICE,
  now,
  at: now,
  signed: true,
  contents,
  ...more,
});

describe('what a page knows of a device', () => {
  /** A page that shows a heart rate, live. */
  const live = () => {
    const one = page();
    one.feed.follow([hex(DEVICE)]);
    one.feed.take({ kind: 'bed', bed: state(one.now()) });
    one.feed.take({ kind: 'frame', frame: frame(one.now(), [beats(72)]) });
    return one;
  };
  const heart = ({ feed, bed }: ReturnType<typeof page>) => bed?.numbers(feed.clock)[0];

  it('is a number while it comes, and none two looks later', () => {
    const one = live();
    assert.equal(heart(one)?.value, 72);
    one.pass(MAX_AGE_MS);
    assert.equal(heart(one)?.state, 'live');
    one.pass(1);
    assert.deepEqual([heart(one)?.state, heart(one)?.value, heart(one)?.last], ['no-data', undefined, 72]);
  });

  it('is not made younger by ticks of the gateway', () => {
    const one = live();
    for (let i = 0; i < 3; i++) {
      one.pass(1_000);
      one.feed.take({ kind: 'tick', now: one.now() });
    }
    assert.equal(one.feed.state, 'live');
    assert.equal(heart(one)?.state, 'no-data');
  });

  it('is as old as it waited, when it was held up on the way', () => {
    const one = live();
    const sent = one.now();
    one.pass(1_000);
    one.pass(1_000);
    one.feed.take({ kind: 'frame', frame: frame(sent, [beats(73)]) });
    assert.equal(heart(one)?.state, 'no-data');
    assert.equal(one.feed.state, 'lost');
  });

  it('is history when the device kept it through an outage: never a live number', () => {
    const one = live();
    one.pass(MAX_SOURCE_AGE_MS + 1_000);
    const late = { at: one.now() - MAX_SOURCE_AGE_MS - 1 };
    one.feed.take({ kind: 'frame', frame: frame(one.now(), [beats(44)], late) });
    assert.deepEqual([heart(one)?.value, heart(one)?.last], [undefined, 72]);
    assert.equal(one.bed?.fresh(one.feed.clock), false);
  });

  it('is never going back to an older value', () => {
    const one = live();
    one.feed.take({ kind: 'frame', frame: frame(one.now(), [beats(60)], { at: one.now() - 500 }) });
    assert.equal(heart(one)?.value, 72);
  });

  it('is without a number while nothing vouches for it', () => {
    const one = live();
    one.feed.take({ kind: 'frame', frame: frame(one.now(), [beats(74)], { signed: false }) });
    assert.deepEqual([heart(one)?.state, heart(one)?.value], ['unsigned', undefined]);
  });

  it('is nothing for a page that was asleep, until something new comes; the last contact stays a fact', () => {
    const one = live();
    one.sleep(MAX_AGE_MS + 1);
    assert.equal(heart(one)?.state, 'no-data');
    assert.equal(one.bed?.contactAge(one.feed.clock), 1);
    one.feed.take({ kind: 'frame', frame: frame(one.now(), [beats(75)]) });
    assert.equal(heart(one)?.value, 75);
  });

  it('is not live, and not missing, of an implant that nobody reads: with the time of its last live values', () => {
    const one = live();
    const heard = one.now();
    one.pass(4 * 60_000);
    one.feed.take({ kind: 'bed', bed: state(one.now(), { contact: 'away', received: heard }) });
    const [bed, signal] = [one.bed, heart(one)];
    assert.ok(bed && signal);
    assert.equal(signal.value, undefined, 'no old value is shown as one');
    assert.deepEqual([stateSaid(signal, true), stateSaid(signal)], ['NOT LIVE', 'NO DATA 4 min']);
    const says = (readOut: boolean): string => contactSaid('pacemaker-1', bed, one.feed.clock, readOut);
    assert.equal(says(true), `pacemaker-1: not live. Last live values ${clockTime(heard)}`);
    assert.equal(says(false), 'pacemaker-1: last contact 4 min ago');
  });

  it('is nobody’s who was not asked for', () => {
    const one = page();
    one.feed.follow(['0011223344556677']);
    one.feed.take({ kind: 'bed', bed: state(one.now()) });
    assert.equal(one.bed, undefined);
  });
});

describe('samples of a waveform', () => {
  const kept = (buffer: WaveBuffer) => {
    const found: [number, number, boolean][] = [];
    buffer.between(0, Infinity, (at, value, joined) => found.push([at, value, joined]));
    return found;
  };

  it('stand at the time their source took them, and a gap is a gap', () => {
    const buffer = new WaveBuffer(4);
    buffer.push(1_000, [100, 200], 100);
    buffer.push(1_020, [300], 100);
    assert.deepEqual(kept(buffer), [
      [1_000, 1, false],
      [1_004, 2, true],
      [1_020, 3, false],
    ]);
  });

  it('are taken once, and never out of turn', () => {
    const buffer = new WaveBuffer(4);
    buffer.push(1_000, [1, 2, 3], 1);
    buffer.push(1_000, [1, 2, 3], 1);
    buffer.push(996, [9], 1);
    assert.deepEqual(
      kept(buffer).map(([, value]) => value),
      [1, 2, 3],
    );
  });

  it('are the newest when there are more than are kept', () => {
    const buffer = new WaveBuffer(2);
    buffer.push(0, new Float32Array(20_000).fill(1), 1);
    const found = kept(buffer);
    assert.ok(found.length >= 10_000 / 2, String(found.length));
    assert.equal(found.at(-1)?.[0], 19_999 * 2);
    buffer.clear();
    assert.equal(buffer.newest, Number.NEGATIVE_INFINITY);
  });
});

describe('the order of a ward', () => {
  const alarm = (more: Partial<AlarmState>): AlarmState => ({
    id: 1,
    metric: 1,
    priority: 'high',
    kind: 'physiological',
    presence: 'on',
    since: GATEWAY,
    says: 'Heart rate low',
    ...more,
  });
  const DEVICES = ['quiet', 'low', 'medium', 'answered', 'high', 'silent', 'implant'];
  const idOf = (name: string) => testBytes(`ward ${name}`, 8);
  const row = (name: string, i: number): WardRow => ({
    device: hex(idOf(name)),
    name,
    model: 'SIM-PM1',
    patient: { id: name, ward: 'Ward 3', bed: `3-${i + 1}` },
  });

  it('is: high, silent and medium, low, and then the beds that are well by their numbers', () => {
    const one = page();
    one.feed.follow(DEVICES.map((name) => hex(idOf(name))));
    const said: Readonly<Record<string, Partial<BedState>>> = {
      low: { alarms: { kind: 'alarms', pausedUntil: 0, alarms: [alarm({ priority: 'low' })] } },
      medium: { alarms: { kind: 'alarms', pausedUntil: 0, alarms: [alarm({ priority: 'medium' })] } },
      high: { alarms: { kind: 'alarms', pausedUntil: 0, alarms: [alarm({})] } },
      answered: {
        alarms: { kind: 'alarms', pausedUntil: 0, alarms: [alarm({ presence: 'acknowledged' })] },
      },
      silent: { received: one.now() - 4_000, contact: 'silent' },
      implant: { received: one.now() - 90_000, contact: 'away' },
    };
    for (const name of DEVICES)
      one.feed.take({ kind: 'bed', bed: state(one.now(), { device: idOf(name), ...said[name] }) });
    const places = placesOf(DEVICES.map(row), one.feed);
    assert.deepEqual(
      places.map(({ key }) => key),
      ['high', 'answered', 'medium', 'silent', 'low', 'quiet', 'implant'],
    );
  });

  it('is that of the alarm strip: a heart before a newer saturation, and what nobody answered hides none', () => {
    const one = page();
    const names = ['saturation', 'tachycardia'];
    const tachycardia = alarm({ says: 'Ventricular tachycardia', presence: 'on' });
    const metrics = (code: number) => ({
      ...DESCRIBE,
      metrics: DESCRIBE.metrics.map((of) => ({ ...of, code })),
    });
    const alarms = (...all: AlarmState[]) => ({ kind: 'alarms' as const, pausedUntil: 0, alarms: all });
    const called: Raised = {
      code: 'escalated',
      priority: 'high',
      since: GATEWAY + 90_000,
      says: 'Nobody answered at the bed: Dr Ben Lindqvist is called',
    };
    const lead = alarm({ id: 2, kind: 'technical', since: GATEWAY + 80_000, says: 'Sensor failed' });
    one.feed.follow(names.map((name) => hex(idOf(name))));
    one.feed.take({
      kind: 'bed',
      bed: state(one.now(), {
        device: idOf('saturation'),
        described: metrics(TERMS.spo2.code),
        alarms: alarms(alarm({ says: 'SpO2 low', since: GATEWAY + 60_000 })),
      }),
    });
    one.feed.take({
      kind: 'bed',
      bed: state(one.now(), {
        device: idOf('tachycardia'),
        described: metrics(TERMS.heartRate.code),
        alarms: alarms(lead, tachycardia),
        raised: [called],
      }),
    });
    const rows = names.map(row);
    const strip = standing(one.feed, rows).now;
    assert.deepEqual(
      strip.map(({ says }) => says),
      ['Ventricular tachycardia', 'SpO2 low', 'Sensor failed', called.says],
    );
    const places = placesOf(rows, one.feed);
    assert.deepEqual(
      places.map(({ key, alarms: [worst] }) => [key, worst?.says]),
      [
        ['tachycardia', 'Ventricular tachycardia'],
        ['saturation', 'SpO2 low'],
      ],
      'the first tile is that of the alarm the strip names',
    );
    one.feed.take({
      kind: 'bed',
      bed: state(one.now(), {
        device: idOf('tachycardia'),
        described: metrics(TERMS.heartRate.code),
        alarms: alarms({ ...tachycardia, presence: 'latched' }),
        raised: [called],
      }),
    });
    assert.deepEqual(
      standing(one.feed, rows).now.map(({ says }) => says),
      ['SpO2 low', 'Ventricular tachycardia', called.says],
      'what is gone and unanswered stands behind what is on, and before the call for somebody',
    );
  });

  it('holds what the gateway misses against a bed, and puts the devices of one patient together', () => {
    const one = page();
    const raised: Raised = {
      code: 'link',
      priority: 'medium',
      since: GATEWAY,
      says: 'No data from this device',
    };
    one.feed.follow([hex(idOf('low')), hex(idOf('high'))]);
    for (const name of ['low', 'high'])
      one.feed.take({ kind: 'bed', bed: state(one.now(), { device: idOf(name), raised: [raised] }) });
    const patient = { id: 'p', ward: 'Ward 3', bed: '3-1' };
    const [place, ...more] = placesOf(
      ['low', 'high'].map((name, i) => ({ ...row(name, i), patient })),
      one.feed,
    );
    assert.equal(more.length, 0);
    assert.deepEqual([place?.beds.length, place?.alarms.length], [2, 2]);
    assert.equal(place && severity(place), 20);
  });
});

describe('a trend', () => {
  const MINUTE = 60_000;
  const trend: Trend = {
    code: 147_842,
    unit: '/min',
    step: MINUTE,
    points: [
      { at: 10 * MINUTE, low: 60, high: 70, mean: 65, count: 60 },
      { at: 12 * MINUTE, low: 50, high: 90, mean: 80, count: 20 },
    ],
    gaps: [],
  };

  it('draws a value with none beside it as a point, so that a cuff’s is seen', () => {
    assert.deepEqual(aloneIn([1, null, 2, 3, null, undefined, 4]), [0, 6]);
    assert.deepEqual(aloneIn([null]), []);
  });

  it('has a place for every step, and nothing where nothing was measured', () => {
    const [time, low, high, mean] = columnsOf(trend, 9.5 * MINUTE, 13 * MINUTE);
    assert.deepEqual(time, [540, 600, 660, 720]);
    assert.deepEqual(mean, [null, 65, null, 80]);
    assert.deepEqual(
      [low, high],
      [
        [null, 60, null, 50],
        [null, 70, null, 90],
      ],
    );
  });

  it('is said in a sentence: each measurement counts as much as any other', () => {
    assert.deepEqual(summaryOf(trend), { low: 50, high: 90, mean: 68.75, at: 12 * MINUTE, newest: 80 });
    assert.equal(summaryOf({ ...trend, points: [] }), undefined);
  });
});

describe('where to look when no live value comes', () => {
  it('is the patient alone where each of their devices is an implant', () => {
    const only = (...transports: string[]): boolean => {
      const state = newState();
      const assigned = transports.map((transport, id) => ({ id: String(id), transport }));
      state.patient.value = { assigned } as unknown as Patient;
      return onlyImplants(state);
    };
    assert.deepEqual([only('nfc'), only('nfc', 'nfc')], [true, true]);
    assert.deepEqual([only('websocket'), only('nfc', 'websocket'), only()], [false, false, false]);
    assert.equal(onlyImplants(newState()), false, 'on the board of the ward');
  });
});

describe('the gain of a trace', () => {
  const ROOM_PX = 96;
  const ecg = {
    handle: 1,
    code: TERMS.ecg.code,
    name: 'ECG II',
    unit: 'mV',
    scale: 2,
    low: -1_000,
    high: 1_000,
  } as unknown as Metric;

  it('is the largest step of a monitor at which nothing is cut, and is said', () => {
    const cases = [[1.2, '10 mm/mV'], [2.9, '5 mm/mV'], [5.8, '2.5 mm/mV'], [14, '1 mm/mV'], [20, '0.5 mm/mV']] as const; // prettier-ignore
    for (const [span, says] of cases)
      for (const low of [-span, -span / 2, 0.4]) {
        const gain = gainOf(ecg, ROOM_PX, { low, high: low + span });
        assert.equal(gain.says, says);
        assert.ok(gain.low < low && gain.low + ROOM_PX / gain.px > low + span, 'the whole of it has room');
      }
  });

  it('is that of every day while nothing came, and smaller than any step before anything is cut', () => {
    assert.equal(gainOf(ecg, ROOM_PX, undefined).says, '10 mm/mV');
    const gain = gainOf(ecg, 40, { low: -10, high: 10 });
    assert.ok(gain.low < -10 && gain.low + 40 / gain.px > 10, gain.says);
  });
});
