import assert from 'node:assert/strict';
import type { BoardNames } from '../../server/authorize/policy-file.ts';
import type { Session } from '../../server/edge/desks/desk.ts';
import { wardList } from '../../server/gateway/desks/ward-list.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { type BedState, type Live, liveValue, parseLive } from '../../server/protocol/telemetry/live.ts';
import { encodeReply, parseReply } from '../../server/protocol/stream.ts';
import { packSamples } from '../../server/protocol/telemetry/samples.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { beats, DESCRIBE, DEVICE, HEART, identity } from './bench.ts';
import { reporting } from './reporting.ts';

const settled = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const DEVICE_ROW = {
  id: DEVICE,
  hex: hex(DEVICE),
  name: 'monitor-1',
  model: 'SIM-PM1',
  identity: identity.key,
  transport: 'websocket',
  profile: { deviceClass: 69_965 },
} as const;

describe('live values', () => {
  let ward: TestWard;
  const open: (() => void)[] = [];
  before(async () => {
    ward = await openWard();
  });
  after(async () => {
    for (const end of open) end();
    await ward.end();
  });

  it('reach those who may see the device: the whole first, then each frame, and a tick every second', async () => {
    const { session } = await ward.signIn('dr-a');
    const pump = reporting(ward, 'pump-1');
    pump.telemetry.report([DESCRIBE, beats(61)]);
    const heard: Live[] = [];
    const wish = { devices: [unhex(ward.device('pump-1').id)], waves: true };
    open.push(ward.desk.monitoring.watch(session, wish, (live) => heard.push(live)));
    const [first] = heard;
    assert.equal(first?.kind, 'bed');
    assert.deepEqual(
      first.bed.latest.map(({ value }) => value),
      [61],
    );
    assert.deepEqual([first.bed.simulated, first.bed.contact, first.bed.signed], [true, 'live', true]);
    assert.equal(first.bed.described?.metrics[0]?.name, HEART.name);
    pump.telemetry.report([beats(62)]);
    const frame = heard.find((live) => live.kind === 'frame');
    assert.deepEqual(frame?.kind === 'frame' && frame.frame.contents, [beats(62)]);
    await settled(1_200);
    assert.ok(heard.some(({ kind }) => kind === 'tick'));
    for (const live of heard) {
      const bytes = encodeReply(7, { kind: 'live', said: liveValue(live) });
      const { message } = parseReply(bytes);
      assert.ok(message.kind === 'live');
      assert.deepEqual(liveValue(parseLive(message.said)), message.said, 'one spelling');
    }
  });

  it('say so when a device falls silent or loses its link, and when nothing vouches for it any more', async () => {
    const { session } = await ward.signIn('dr-a');
    const pump = reporting(ward, 'pump-1');
    pump.telemetry.report([DESCRIBE, beats(61)]);
    const beds: BedState[] = [];
    const wish = { devices: [], waves: false };
    open.push(
      ward.desk.monitoring.watch(session, wish, (live) => {
        if (live.kind === 'bed' && hex(live.bed.device) === ward.device('pump-1').id) beds.push(live.bed);
      }),
    );
    ward.ahead(6_000);
    await settled(1_200);
    assert.equal(beds.at(-1)?.contact, 'silent');
    pump.cut();
    await settled(1_200);
    assert.equal(beds.at(-1)?.contact, 'away');
    assert.equal(beds.at(-1)?.signed, true);
    ward.ahead(45_000);
    await settled(1_200);
    assert.equal(beds.at(-1)?.signed, false);
  });

  it('leave waveforms out for a screen that wants none', async () => {
    const { session } = await ward.signIn('dr-a');
    const pump = reporting(ward, 'pump-1');
    const ecg = { ...HEART, handle: 2, code: 131_330, unit: 'mV', scale: 2, period: 4_000, name: 'ECG' };
    const heard: Live[] = [];
    pump.telemetry.report([{ ...DESCRIBE, metrics: [HEART, ecg] }]);
    const wish = { devices: [unhex(ward.device('pump-1').id)], waves: false };
    open.push(ward.desk.monitoring.watch(session, wish, (live) => heard.push(live)));
    const data = packSamples([1, 2, 3]);
    const wave = { handle: 2, offset: 12, count: 3, quality: 'valid', data } as const;
    pump.telemetry.report([{ kind: 'wave', wave }]);
    pump.telemetry.report([{ kind: 'wave', wave }, beats(70)]);
    const frames = heard.flatMap((live) => (live.kind === 'frame' ? [live.frame.contents] : []));
    assert.deepEqual(frames, [[beats(70)]]);
  });

  it('are nobody’s who does not care for the patient', async () => {
    const { session } = await ward.signIn('dr-a');
    const narrowed = { ...session, devices: new Set<string>() };
    const wish = { devices: [unhex(ward.device('pump-1').id)], waves: false };
    assert.throws(() => ward.desk.monitoring.watch(narrowed, wish, () => undefined), /E_SCOPE/u);
    assert.deepEqual(ward.desk.monitoring.beds(narrowed), []);
    assert.deepEqual(await ward.desk.monitoring.ward(narrowed), []);
    const trend = { device: ward.device('pump-1').id, code: HEART.code, since: 0, until: 1, points: 1 };
    assert.throws(() => ward.desk.monitoring.trend(narrowed, trend), /E_SCOPE/u);
  });

  describe('on a board', () => {
    const mine = { id: 'a7', family: 'Weiß', given: 'élodie', ward: 'Ward 3', bed: '3-2' };
    const listed = (names: BoardNames, known = true) =>
      wardList({} as Session, {
        devices: () => [DEVICE_ROW],
        maySee: () => true,
        patientOf: () => (known ? mine : undefined),
        safetyOf: () => ({ safeSince: 5 }),
        names: () => names,
      });

    it('have as much of a name beside them as the policy says, and by default two letters', () => {
      const said = (['none', 'initials', 'full'] as const).map((names) => listed(names)[0]?.patient?.name);
      assert.deepEqual(said, [undefined, 'É. W.', 'WEISS élodie']);
      assert.equal(listed('full', false)[0]?.patient, undefined);
      assert.equal(
        listed('none', false)[0]?.safeSince,
        5,
        'safe mode is told of a device that nobody is assigned to',
      );
    });

    it('are read once a session, says the log', async () => {
      const { session } = await ward.signIn('dr-a');
      const reads = () =>
        ward.entries().filter((one) => one.type === 'logRead' && one.detail === 'the ward board').length;
      const before = reads();
      const rows = await ward.desk.monitoring.ward(session);
      await ward.desk.monitoring.ward(session);
      assert.ok(rows.some(({ device }) => device === ward.device('pump-1').id));
      assert.equal(reads(), before + 1);
    });
  });
});
