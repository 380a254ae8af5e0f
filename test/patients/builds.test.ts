import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equal, unhex } from '../../server/protocol/encoding/bytes.ts';
import { refuses, until } from '../ceremony/world.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';

const [GOOD, OLD] = ['cd'.repeat(32), 'ab'.repeat(32)];

describe('the version of a signing page', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  const list = (folder: string, value: unknown): void =>
    writeFileSync(join(folder, 'hospital', 'builds.json'), JSON.stringify(value));
  const maySign = async (build: string | undefined): Promise<void> =>
    ward.desk.builds.maySign(doctor.session, build === undefined ? undefined : unhex(build));

  before(async () => {
    ward = await openWard({
      configure: (folder) => {
        list(folder, { builds: { [GOOD]: 'tablet 7' } });
        return {};
      },
    });
    doctor = await ward.signIn('dr-a');
  });
  after(() => ward.end());

  it('is on the hospital’s list, or nothing is signed; the refusal names it in the log', async () => {
    await maySign(GOOD);
    await refuses('E_BUILD', maySign(OLD));
    await refuses('E_BUILD', maySign(undefined));
    await until('logged', () =>
      ward.entries().some(({ code, detail }) => code === 'E_BUILD' && detail === `build ${OLD.slice(0, 16)}`),
    );
    assert.deepEqual(ward.desk.builds.allowed(), {
      builds: [{ build: GOOD, name: 'tablet 7' }],
      programs: false,
    });
  });

  it('stands in the log once for each session that showed it, with who was there', async () => {
    for (let times = 0; times < 3; times += 1) ward.desk.builds.seen(doctor.session, unhex(GOOD));
    const seen = () => ward.entries().filter(({ type }) => type === 'clientBuild');
    await until('logged', () => seen().length > 0);
    assert.equal(seen().length, 1);
    assert.ok(seen()[0]?.digest && equal(seen()[0]?.digest ?? new Uint8Array(), unhex(GOOD)));
    assert.equal(seen()[0]?.kids?.length, 1);
  });

  it('is refused while there is no list that can be read, and said to the operator', async () => {
    list(ward.folder, { builds: { 'not a hash': 'x' } });
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    await refuses('E_BUILD', maySign(GOOD));
    assert.ok(ward.program.some((line) => line.includes('builds.json')));
  });
});
