import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import { base64url, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { encodeSigned, type SignedStatement } from '../../server/protocol/statement.ts';
import { testPem } from '../support/keys.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { tabletKey } from '../support/ward-clinician.ts';
import { refuses } from './world.ts';

describe('the tablets of a hospital', () => {
  let ward: TestWard;
  let operator: TestClinician;
  before(async () => {
    ward = await openWard();
  });
  beforeEach(async () => {
    operator = await ward.signIn('operator');
  });
  after(() => ward.end());

  const fresh = new TabletKey(testPem('a new tablet'));
  const jktOf = (name: string): string => tabletKey(ward.folder, name).jkt;
  const said = (
    kind: 'tablet' | 'tablet off',
    name: string,
    jkt: string,
    by = operator,
  ): Promise<SignedStatement> =>
    by.statement(
      'enrolment',
      new Map<number, Cbor>([
        [1, kind],
        [2, name],
        [3, unbase64url(jkt)],
      ]),
    );
  const enrol = async (name: string, jkt: string) =>
    ward.desk.enrolTablet(operator.session, await said('tablet', name, jkt));
  const takeOff = async (name: string, jkt = jktOf(name)) =>
    ward.desk.removeTablet(operator.session, await said('tablet off', name, jkt));
  const names = (): string[] => ward.desk.tablets(operator.session).map(({ name }) => name);
  const statements = (): number => ward.entries().filter(({ type }) => type === 'statement').length;

  it('are known by their keys, to operators only, each by a signed word that is in the log', async () => {
    const before = statements();
    assert.deepEqual(await enrol('tablet-new', fresh.jkt), { name: 'tablet-new', jkt: fresh.jkt });
    assert.ok(names().includes('tablet-new'));
    assert.equal(statements(), before + 1);
    const doctor = await ward.signIn('dr-a');
    assert.throws(() => ward.desk.tablets(doctor.session), { code: 'E_ROLE' });
    await takeOff('tablet-new', fresh.jkt);
  });

  it('are not enrolled by anybody else, or by a statement of somebody else, or one used before', async () => {
    const doctor = await ward.signIn('dr-a');
    const own = await said('tablet', 'tablet-new', fresh.jkt, doctor);
    await refuses('E_ROLE', ward.desk.enrolTablet(doctor.session, own));
    const theirs = await said('tablet', 'tablet-new', fresh.jkt);
    await refuses('E_ASSERTION', ward.desk.enrolTablet(doctor.session, theirs));
    const used = await said('tablet', 'tablet-new', fresh.jkt);
    await ward.desk.enrolTablet(operator.session, used);
    await takeOff('tablet-new', fresh.jkt);
    await refuses('E_SESSION', ward.desk.enrolTablet(operator.session, used));
    // The role of the credential is not enough: the token has to name it too.
    const less = { ...operator.session, roles: 0 };
    await refuses('E_ROLE', ward.desk.enrolTablet(less, await said('tablet', 'tablet-new', fresh.jkt)));
  });

  it('have one name and one key each', async () => {
    await refuses('E_CMD_SCHEMA', enrol('tablet-1', fresh.jkt));
    await refuses('E_CMD_SCHEMA', enrol('tablet-new', jktOf('tablet-1')));
    await refuses('E_CMD_MALFORMED', enrol('a name with spaces', fresh.jkt));
    await refuses('E_SCOPE', takeOff('tablet-1', jktOf('tablet-2')));
    const off = await said('tablet off', 'tablet-new', fresh.jkt);
    await refuses('E_CMD_SCHEMA', ward.desk.enrolTablet(operator.session, off));
  });

  it('lose their session at once when they are taken off, and open no other', async () => {
    const doctor = await ward.signIn('dr-a', 'tablet-1');
    await takeOff('tablet-1');
    assert.throws(() => ward.desk.signIn.live(doctor.session), { code: 'E_NOT_ENROLLED' });
    await assert.rejects(ward.signIn('dr-a', 'tablet-1'), { code: 'E_NOT_ENROLLED' });
    await enrol('tablet-1', jktOf('tablet-1'));
    await ward.signIn('dr-a', 'tablet-1');
  });

  it('stay off over a restart, whatever the file of the first tablets says', async () => {
    await takeOff('tablet-2');
    await enrol('tablet-new', fresh.jkt);
    await ward.restartGateway();
    operator = await ward.signIn('operator');
    assert.ok(names().includes('tablet-new') && !names().includes('tablet-2'));
    await assert.rejects(ward.signIn('dr-a', 'tablet-2'), { code: 'E_NOT_ENROLLED' });
  });

  it('are not taken from a file without an operator’s word about that very key', async () => {
    const file = join(ward.folder, 'hospital', 'tablets.json');
    const good = readFileSync(file, 'utf8');
    const [one, other] = ['one', 'another'].map((name) => new TabletKey(testPem(`${name} tablet`)).jkt);
    assert.ok(one && other);
    const signed = base64url(encodeSigned(await said('tablet', 'tablet-x', one)));
    await ward.stopGateway();
    const entry = { name: 'tablet-x', statement: signed };
    const all: unknown = JSON.parse(good);
    assert.ok(typeof all === 'object');
    writeFileSync(file, JSON.stringify({ ...all, [other]: entry }));
    await assert.rejects(
      ward.startGateway(),
      /tablets\.json: tablet-x: the statement is about another tablet/u,
    );
    writeFileSync(file, JSON.stringify({ ...all, [other]: { ...entry, name: 'tablet-y' } }));
    await assert.rejects(ward.startGateway(), /tablets\.json: tablet-y: /u);
    writeFileSync(file, good);
    await ward.startGateway();
    operator = await ward.signIn('operator');
    assert.ok(!ward.desk.tablets(operator.session).some(({ jkt }) => jkt === other));
  });
});
