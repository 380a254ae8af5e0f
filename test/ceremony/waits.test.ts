import assert from 'node:assert/strict';
import { OPERATION } from '../../server/protocol/command.ts';
import { PACEMAKER, PUMP } from '../support/settings.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { countDeliveries, hashOf, nudge, program, refuses, storyOf, typesOf, until } from './world.ts';

const LOCK = { kind: 1, subject: 2, reason: 3 } as const;
const lockOn = (kind: string, subject: string) =>
  new Map([
    [LOCK.kind, kind],
    [LOCK.subject, subject],
    [LOCK.reason, 'a test'],
  ]);

/** One ward whose small changes wait a second to be cancelled, and half a minute to be followed by another. */
describe('the waits before a grant', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let operator: TestClinician;
  before(async () => {
    ward = await openWard({
      policy: (quick) =>
        quick
          .replace('"cancelWindowSeconds": 0', '"cancelWindowSeconds": 1')
          .replace('"coolDownSeconds": 0', '"coolDownSeconds": 30')
          .replace(/"count": 1000,\s*"seconds": 1/u, '"count": 3, "seconds": 3600'),
    });
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
  });
  after(() => ward.end());

  const pump = () => ward.device('pump-1');
  const lock = async (kind: string, subject: string) =>
    ward.desk.lock(operator.session, await operator.statement('lock', lockOn(kind, subject)));
  const unlock = async (id: string) =>
    ward.desk.unlock(operator.session, await operator.statement('unlock', new Map([[5, id]])));
  const waiting = async () => {
    await until('the command waits', () => ward.entries().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 150));
  };

  it('whoever signed takes it back within the window, and nothing is announced or sent', async () => {
    const bytes = await doctor.prepare(pump(), nudge(pump()));
    const deliveries = countDeliveries(pump());
    const sent = refuses('E_CANCELLED', doctor.sign(pump(), bytes));
    await waiting();
    const other = await ward.signIn('dr-b');
    await refuses('E_SCOPE', ward.desk.cancel(other.session, hashOf(bytes)));
    await ward.desk.cancel(doctor.session, hashOf(bytes));
    await sent;
    assert.equal(deliveries(), 0);
    await until('cancelled is logged', () => storyOf(ward, bytes).length > 0);
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['cancelled']);
  });

  it('a lock set while the command waits stops it', async () => {
    const bytes = await doctor.prepare(pump(), nudge(pump()));
    const deliveries = countDeliveries(pump());
    const sent = refuses('E_LOCKED', doctor.sign(pump(), bytes));
    await waiting();
    const { id } = await lock('device', pump().id);
    await sent;
    assert.equal(deliveries(), 0);
    assert.equal(
      storyOf(ward, bytes).some(({ type }) => type === 'intent'),
      false,
    );
    await unlock(id);
  });

  it('a gateway that stops grants nothing that still waits, and says so in the log', async () => {
    const bytes = await doctor.prepare(pump(), nudge(pump()));
    const sent = refuses('E_CANCELLED', doctor.sign(pump(), bytes));
    await waiting();
    await ward.restartGateway();
    await sent;
    assert.equal(storyOf(ward, bytes).at(-1)?.type, 'cancelled');
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
  });

  it('three an hour are three an hour, also over a restart', async () => {
    // Each of the three above passed every rule, and so was counted.
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
    await refuses('E_RATE', doctor.sign(pump(), await doctor.prepare(pump(), nudge(pump()))));
    ward.ahead(3_600_000);
  });

  it('the next change waits for the last to show its effect; stopping does not', async () => {
    const bytes = await doctor.prepare(pump(), nudge(pump()));
    assert.equal((await doctor.sign(pump(), bytes)).kind, 'done');
    await refuses('E_COOL_DOWN', doctor.sign(pump(), await doctor.prepare(pump(), nudge(pump()))));
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
    await refuses('E_COOL_DOWN', doctor.sign(pump(), await doctor.prepare(pump(), nudge(pump()))));
    const stop = await doctor.prepare(pump(), { operation: OPERATION.stop, changes: new Map() });
    const before = Date.now();
    assert.equal((await doctor.sign(pump(), stop)).kind, 'done');
    assert.ok(Date.now() - before < 900, 'no cancel window for what lowers risk');
    ward.ahead(31_000);
  });

  for (const [what, kind, subject] of [
    ['the kill switch', 'all', () => ''],
    ['a lock on the person', 'person', () => doctor.session.subject],
    ['a lock on the device', 'device', () => pump().id],
    ['a lock on the tablet', 'tablet', () => doctor.session.tablet],
    ['a lock on the role', 'role', () => 'clinician'],
    ['a lock on the site', 'site', () => 'ward'],
  ] as const) {
    it(`${what} stops commands until an operator lifts it`, async () => {
      const other = kind === 'all' || kind === 'site' || kind === 'device';
      const bytes = await doctor.prepare(pump(), nudge(pump()));
      const deliveries = countDeliveries(pump());
      const { id } = await lock(kind, subject());
      const before = Date.now();
      await refuses('E_LOCKED', doctor.sign(pump(), bytes));
      assert.ok(Date.now() - before < 900, 'at once, not after the window');
      assert.equal(deliveries(), 0);
      // Locks on people end their sessions; locks on things leave reading open.
      const token = await doctor.token();
      if (other) assert.equal(ward.desk.signIn.session(token).id, doctor.session.id);
      else assert.throws(() => ward.desk.signIn.session(token), { code: 'E_LOCKED' });
      await unlock(id);
      assert.equal(ward.desk.signIn.session(token).id, doctor.session.id);
    });
  }

  it('a lock is met before a second person is asked', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const { id } = await lock('all', '');
    const bytes = await doctor.prepare(pacemaker, program(PACEMAKER.lowerRate, 65));
    await refuses('E_LOCKED', doctor.sign(pacemaker, bytes));
    await unlock(id);
    const auditor = await ward.signIn('auditor');
    await refuses('E_ROLE', auditor.sign(pacemaker, bytes));
    assert.equal(ward.desk.inbox.waiting((await ward.signIn('dr-b')).session).length, 0);
  });

  it('a lock set after the first signature stops the second', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const second = await ward.signIn('dr-b');
    const bytes = await doctor.prepare(pacemaker, program(PACEMAKER.lowerRate, 65));
    const outcome = await doctor.sign(pacemaker, bytes);
    assert.ok('draft' in outcome);
    await ward.desk.enter(second.session, outcome.draft, bytes);
    const deliveries = countDeliveries(pacemaker);
    const { id } = await lock('person', doctor.session.subject);
    await refuses('E_LOCKED', second.second(pacemaker, outcome.draft, bytes));
    assert.equal(deliveries(), 0);
    await unlock(id);
  });

  it('a refusal that comes again and again is logged once, and then with its number', async () => {
    await ward.restartGateway(); // It has counted others like it.
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
    const bytes = await doctor.prepare(pump(), program(PUMP.occlusion, 325));
    const { id } = await lock('all', '');
    const logged = () => storyOf(ward, bytes).filter(({ type }) => type === 'refused');
    for (let i = 0; i < 20; i++) await refuses('E_LOCKED', doctor.sign(pump(), bytes));
    await until('the first is logged', () => logged().length > 0);
    assert.equal(logged().length, 1);
    await unlock(id);
    await ward.restartGateway();
    assert.deepEqual(
      logged().map(({ number }) => number),
      [undefined, 19],
    );
  });

  it('leaves a log that holds', async () => {
    assert.equal((await ward.walk()).fault, null);
  });
});
