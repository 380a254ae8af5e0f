import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equal, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { nudge, program, refuses } from '../ceremony/world.ts';
import { PUMP } from '../support/settings.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';

describe('break-glass', () => {
  let ward: TestWard;
  let stranger: TestClinician;
  let team: TestClinician;
  let operator: TestClinician;
  let pump: TestDevice;
  let patient = '';

  before(async () => {
    ward = await openWard({ configure: (folder) => (notMine(folder), {}) });
    [stranger, team] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    operator = await ward.signIn('operator');
    pump = ward.device('pump-1');
    const found = await ward.desk.patients.search(stranger.session, { wristband: pump.patient.mrn });
    patient = found.patients[0]?.id ?? '';
    assert.equal(found.patients[0]?.restricted, true);
  });
  after(() => ward.end());

  /** dr-a no longer cares for the pump and its patient; dr-b does. */
  function notMine(folder: string): void {
    const file = join(folder, 'hospital', 'care.json');
    const names = JSON.parse(readFileSync(join(folder, 'hospital', 'people.json'), 'utf8')) as Record<
      string,
      string
    >;
    const devices = JSON.parse(readFileSync(join(folder, 'keys/public/devices.json'), 'utf8')) as {
      id: string;
      name: string;
    }[];
    const care = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string[]>;
    const theirs = devices.find(({ name }) => name === 'pump-1')?.id;
    const less = Object.entries(care).map(([subject, ids]) => [
      subject,
      names[subject] === 'Dr Ada Okafor' ? ids.filter((id) => id !== theirs && id !== 'Patient/sim-1') : ids,
    ]);
    writeFileSync(file, JSON.stringify(Object.fromEntries(less)));
  }

  const said = (changes: readonly (readonly [number, Cbor])[] = []) =>
    new Map<number, Cbor>([[1, unhex(patient)], [2, 'team-absent'], [3, ''], [4, 600], ...changes]);
  const open = async (who = stranger, changes: readonly (readonly [number, Cbor])[] = []) =>
    ward.desk.glass.open(who.session, await who.statement('breakGlass', said(changes)));
  const review = async (who: TestClinician, id: string, note = 'was called by the ward') =>
    ward.desk.glass.review(
      who.session,
      await who.statement(
        'review',
        new Map<number, Cbor>([
          [3, note],
          [4, unhex(id)],
        ]),
      ),
    );

  it('is needed: without it the patient and the device do not exist', async () => {
    await refuses('E_SCOPE', ward.desk.patients.patient(stranger.session, patient));
    await refuses('E_SCOPE', ward.desk.open(stranger.session, unhex(pump.id)));
  });

  it('is for those who treat patients, by their own signature, with a reason, for an hour at most', async () => {
    await refuses('E_ROLE', open(operator));
    await refuses(
      'E_ASSERTION',
      ward.desk.glass.open(stranger.session, await team.statement('breakGlass', said())),
    );
    await refuses('E_CMD_MALFORMED', open(stranger, [[2, 'curious']]));
    await refuses('E_CMD_MALFORMED', open(stranger, [[4, 3_601]]));
    await refuses('E_CMD_MALFORMED', open(stranger, [[4, 5]]));
    await refuses('E_SCOPE', open(stranger, [[1, new Uint8Array(16)]]));
    const statement = await stranger.statement('breakGlass', said());
    await ward.desk.glass
      .open(stranger.session, statement)
      .then(({ id }) => ward.desk.glass.close(stranger.session, id));
    await refuses('E_SESSION', ward.desk.glass.open(stranger.session, statement));
    for (const { id } of ward.desk.glass.list(stranger.session)) await review(operator, id);
  });

  it('opens one patient for reading and for a small change; it is told, logged, and ends', async () => {
    const news: string[] = [];
    const hears = (who: TestClinician, name: string) =>
      ward.desk.watch(who.session, (event) => void news.push(`${name}: ${event}`));
    const stops = [hears(team, 'team'), hears(operator, 'operator'), hears(stranger, 'who opens it')];
    const opened = await open();
    for (const stop of stops) stop();
    assert.deepEqual(news, ['team: break-glass', 'operator: break-glass'], 'and not who opens it');
    const entry = ward.entries().findLast(({ type }) => type === 'breakGlass');
    assert.ok(entry?.digest && equal(entry.digest, unhex(opened.id)));
    assert.equal((await ward.desk.patients.patient(stranger.session, patient)).restricted, false);
    const bytes = await stranger.prepare(pump, nudge(pump));
    assert.equal((await stranger.sign(pump, bytes)).kind, 'done');
    const [view] = ward.desk.glass.list(team.session);
    assert.deepEqual([view?.byName, view?.reason, view?.open], ['Dr Ada Okafor', 'team-absent', true]);
    const asked = { limit: 50, before: undefined, alarms: 'none' as const };
    const history = (): unknown[] => {
      const found = ward.desk.history.of(team.session, pump.id, asked).entries;
      const one = found.find(({ type }) => type === 'breakGlass');
      return [one?.people[0]?.name, one?.reason, one?.until];
    };
    assert.deepEqual(
      history(),
      ['Dr Ada Okafor', 'team-absent', view?.until],
      'the history of the device tells it',
    );
    ward.ahead(601_000);
    [stranger, team, operator] = [
      await ward.signIn('dr-a'),
      await ward.signIn('dr-b'),
      await ward.signIn('operator'),
    ];
    await refuses('E_SCOPE', ward.desk.patients.patient(stranger.session, patient));
    await refuses('E_SCOPE', ward.desk.open(stranger.session, unhex(pump.id)));
  });

  it('has to be reviewed by somebody else, in words, once it is over', async () => {
    const [waiting] = ward.desk.glass.list(operator.session);
    const id = waiting?.id ?? '';
    await refuses('E_DUAL_SAME_PERSON', review(stranger, id));
    await refuses('E_CMD_MALFORMED', review(team, id, '  '));
    await review(team, id);
    assert.deepEqual(ward.desk.glass.list(operator.session), []);
    await refuses('E_SCOPE', review(operator, id));
  });

  it('lifts no second person: neither first nor second of two may have broken the glass', async () => {
    pump.forward(100);
    const { id } = await open();
    const wish = program(PUMP.rate, (pump.therapy.acting.get(PUMP.rate) ?? 0) + 100);
    const bytes = await stranger.prepare(pump, wish);
    await refuses('E_BREAKGLASS_SCOPE', stranger.sign(pump, bytes));
    const own = await team.sign(pump, await team.prepare(pump, wish));
    assert.equal(own.kind, 'awaiting-second');
    const draft = 'draft' in own ? own.draft : '';
    const asSecond = { ...stranger.session, roles: 3 };
    assert.deepEqual(ward.desk.inbox.waiting(asSecond), []);
    await refuses('E_DRAFT', ward.desk.enter(asSecond, draft, bytes));
    await ward.desk.cancel(team.session, nodeCrypto.sha256(await team.prepare(pump, wish)));
    await refuses('E_CMD_SCHEMA', review(team, id));
    await ward.desk.glass.close(stranger.session, id);
    await refuses('E_SCOPE', ward.desk.open(stranger.session, unhex(pump.id)));
    await review(team, id);
  });

  it('goes on over a restart, and is refused to who has one that was not reviewed within a day', async () => {
    const { id } = await open();
    await ward.restartGateway();
    [stranger, team, operator] = [
      await ward.signIn('dr-a'),
      await ward.signIn('dr-b'),
      await ward.signIn('operator'),
    ];
    await ward.desk.patients.patient(stranger.session, patient);
    ward.ahead(25 * 3_600_000);
    stranger = await ward.signIn('dr-a');
    await refuses('E_REVIEW', open());
    operator = await ward.signIn('operator');
    await review(operator, id);
    await ward.desk.glass.close(stranger.session, (await open()).id);
  });
});
