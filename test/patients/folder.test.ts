import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PatientFile } from '../../server/authorize/patient-file.ts';
import { Patients } from '../../server/authorize/patients.ts';
import { PatientFolder } from '../../server/gateway/hospital/patient-folder.ts';

/** Counts how often the directory was taken anew. */
class Counted extends Patients {
  taken = 0;
  override take(files: readonly PatientFile[]): void {
    this.taken++;
    super.take(files);
  }
}

describe('the directory of patients on the disk', () => {
  const hospital = mkdtempSync(join(tmpdir(), 'cs-hospital-'));
  const folder = join(hospital, 'patients');
  let patients: Counted;
  let directory: PatientFolder;
  let now = (): number => Date.now();

  before(() => mkdirSync(folder));
  after(() => rmSync(hospital, { recursive: true, force: true }));
  beforeEach(() => {
    patients = new Counted();
    now = () => Date.now() + 60_000; // long after whatever is written here
    directory = new PatientFolder(hospital, patients, () => now());
  });

  const write = (family: string): void =>
    writeFileSync(
      join(folder, 'patient-1.json'),
      JSON.stringify({
        resourceType: 'Patient',
        id: 'sim-1',
        identifier: [
          {
            type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
            value: 'SIM-1',
          },
        ],
        name: [{ family, given: ['Ines'] }],
        gender: 'female',
        birthDate: '1948-01-01',
      }),
    );
  const families = () => patients.all.map(({ family }) => family);

  it('is taken once while nothing changes, and anew when a file does', async () => {
    write('Probst');
    await directory.refresh();
    await directory.refresh();
    assert.deepEqual([families(), patients.taken], [['Probst'], 1]);
    write('Muster'); // of the same length
    await directory.refresh();
    assert.deepEqual([families(), patients.taken], [['Muster'], 2]);
    unlinkSync(join(folder, 'patient-1.json'));
    await directory.refresh();
    assert.deepEqual([families(), patients.taken], [[], 3]);
  });

  it('is read again while a file was written just now: the next writing may leave no mark', async () => {
    now = () => Date.now();
    write('Probst');
    await directory.refresh();
    await directory.refresh();
    assert.equal(patients.taken, 2);
  });

  it('keeps what a file said that does not read, says so each time, and takes it when it is mended', async () => {
    write('Probst');
    await directory.refresh();
    writeFileSync(join(folder, 'patient-1.json'), '{');
    for (let i = 0; i < 2; i++) {
      const [fault = ''] = await directory.refresh();
      assert.match(fault, /^file 1 of 1: .*not JSON/u);
    }
    assert.deepEqual(families(), ['Probst']);
    write('Muster');
    assert.deepEqual(await directory.refresh(), []);
    assert.deepEqual(families(), ['Muster']);
  });
});
