import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { PUMP } from '../support/settings.ts';
import {
  openWard,
  type TestClinician,
  type TestDevice,
  type TestWard,
  therapyDigest,
} from '../support/ward.ts';
import {
  countDeliveries,
  hashOf,
  nudge,
  program,
  refuses,
  stateOf,
  storyOf,
  typesOf,
  until,
} from './world.ts';

describe('no witness, no command', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let pump: TestDevice;
  before(async () => {
    ward = await openWard();
    pump = ward.device('pump-1');
    doctor = await ward.signIn('dr-a');
  });
  after(() => ward.end());

  it('refuses before anything reaches the device, while reading goes on', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    const felt = therapyDigest(pump);
    await ward.stopWitness();
    const deliveries = countDeliveries(pump);
    await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, bytes));
    assert.equal(deliveries(), 0);
    assert.equal(therapyDigest(pump), felt);
    assert.equal(ward.desk.health().evidence, 'no-quorum');
    assert.equal(ward.desk.health().ready, false);
    assert.equal(ward.desk.devices(doctor.session).length, 2);
    await doctor.prepare(pump, nudge(pump));
    assert.deepEqual(typesOf(storyOf(ward, bytes)).slice(0, 2), ['intent', 'outcome']);
    assert.equal(stateOf(ward, bytes, doctor.session), 'expired');
  });

  it('stops a pump all the same: what lowers risk waits for nobody, and is witnessed later', async () => {
    const bytes = await doctor.prepare(pump, { operation: OPERATION.stop, changes: new Map() });
    const ending = await doctor.sign(pump, bytes);
    assert.equal(pump.therapy.mode, 'stopped');
    assert.equal(ending.kind, 'unknown', 'nobody is told that it is done while no witness has seen it');
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome']);
    await ward.startWitness();
    await until('witnessed again', () => ward.desk.health().evidence === 'ok');
    const later = await ward.desk.resolve(doctor.session, unhex(pump.id));
    assert.equal(later.kind, 'sealed');
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome']);
    const evidence = await ward.desk.evidence(doctor.session, hex(hashOf(bytes)));
    const verdict = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(verdict.verdict, 'VERIFIED', JSON.stringify(verdict.checks, null, 1));
  });

  it('takes the same command again when the witness is back', async () => {
    const bytes = await doctor.prepare(pump, nudge(pump));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'done');
    assert.equal((await ward.walk()).fault, null);
  });

  it('a command that found no witness does not hide, after a restart, one that may have reached the device', async () => {
    const never = await doctor.prepare(pump, nudge(pump));
    await ward.stopWitness();
    await refuses('E_AUDIT_UNAVAILABLE', doctor.sign(pump, never));
    await ward.startWitness();
    await until('witnessed again', () => ward.desk.health().evidence === 'ok');
    const sent = await doctor.prepare(pump, program(PUMP.occlusion, 325));
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? undefined : frame);
    assert.equal((await doctor.sign(pump, sent)).kind, 'unknown');
    await ward.stopGateway();
    // As if the gateway had died before it could close the first one.
    const db = new DatabaseSync(join(ward.config.folder, 'countersign.db'));
    db.prepare("UPDATE journal SET state = 'logged', updated = updated + 100000 WHERE command = ?").run(
      hashOf(never),
    );
    db.close();
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
    assert.equal(stateOf(ward, never, doctor.session), 'expired');
    assert.ok(ward.desk.device(doctor.session, pump.id).unknown, 'the device is not to be changed yet');
    pump.onFrame = (frame) => frame;
    pump.connect();
    await until('settled', () => stateOf(ward, sent, doctor.session) === 'applied');
  });
});

describe('a log that was cut back behind its witness', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('grants nothing any more, says so, and goes on reading', async () => {
    const pump = ward.device('pump-1');
    let doctor = await ward.signIn('dr-a');
    const file = join(ward.config.folder, 'countersign.db');
    const old = join(ward.folder, 'old.db');
    await ward.stopGateway();
    await cp(file, old);
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    await ward.stopGateway();
    for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    await cp(old, file);
    await ward.startGateway();
    doctor = await ward.signIn('dr-a');
    assert.equal(ward.desk.health().evidence, 'inconsistent');
    assert.equal(ward.desk.health().ready, false);
    const deliveries = countDeliveries(pump);
    const bytes = await doctor.prepare(pump, nudge(pump));
    await refuses('E_LOG_INCONSISTENT', doctor.sign(pump, bytes));
    assert.equal(deliveries(), 0);
    assert.equal(ward.desk.devices(doctor.session).length, 2);
  });
});
