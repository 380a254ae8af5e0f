import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeSaid } from '../../clients/auditor/story/reviewed.ts';
import type { Reviewing } from '../../clients/auditor/wire.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { base64url, type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION, parseCommand } from '../../server/protocol/command.ts';
import { nodeCrypto } from '../../server/crypto.ts';
import { parseEntry } from '../../server/protocol/log/entry.ts';
import { parseStatement } from '../../server/protocol/statement.ts';
import { openStore, type Store } from '../../server/store/store.ts';
import { openWard, type TestClinician, type TestDevice, type TestWard } from '../support/ward.ts';
import { program, refuses, until } from '../ceremony/world.ts';
import { PACEMAKER } from '../support/settings.ts';
import { type Rescuer, rescueOf, rescuerIn, stationOf } from './rescue.ts';

let ward: TestWard;
let doctor: TestClinician;
let heart: TestDevice;
let store: Store;
const setUp = async (): Promise<void> => {
  ward = await openWard({ disk: (folder) => (store = openStore(folder)) });
  doctor = await ward.signIn('dr-a');
  heart = ward.device('pacemaker-1');
};
const tearDown = () => ward.end();

const stationAt = () => stationOf(ward);
const rescue = (proven: Rescuer): Promise<Bytes> => rescueOf(heart, doctor, proven);
const emergencies = (): number => ward.entries().filter(({ type }) => type === 'emergency').length;
const review = (): string | undefined => ward.desk.device(doctor.session, heart.id).review;
const rearm = { operation: OPERATION.resume, changes: new Map<number, number>() };
const closingOf = (command: string, note = 'looked at it'): ReadonlyMap<number, Bytes | string> =>
  new Map<number, Bytes | string>([
    [1, unhex(heart.id)],
    [2, unhex(command)],
    [3, note],
  ]);
const closing = (note?: string) => closingOf(review() ?? '', note);
const reasonFor = (command: string, reason = 'danger', text = 'pauses of four seconds') =>
  new Map<number, Bytes | string>([...closingOf(command, reason), [4, text]]);
const explain = async (who: TestClinician, detail: ReadonlyMap<number, Bytes | string>): Promise<void> =>
  ward.desk.reviews.explain(who.session, await who.statement('reason', detail));

describe('after an emergency', () => {
  beforeEach(setUp);
  afterEach(tearDown);
  it('the log learns of it from the station, once, and the station may forget it then', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    const record = await rescue(rescuerIn(station.told));
    station.say(record);
    station.say(record);
    await until('confirmed', () => station.told.filter(({ kind }) => kind === 'logged').length === 2);
    assert.equal(emergencies(), 1);
    assert.ok(review());
    heart.connect();
    await until('back', () => ward.desk.device(doctor.session, heart.id).connected);
    assert.equal(emergencies(), 1, 'the device brings the same news');
    assert.equal((await ward.walk()).fault, null);
  });

  it('a store that is read-only takes in nothing and loses nothing: what was done is brought again until it is in the log', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    const record = await rescue(rescuerIn(station.told));
    const { size } = ward.gateway.log.latest();
    // Whatever else shares its transaction is turned away with it.
    await store.write([{ sql: 'PRAGMA query_only = ON', params: [] }]).catch(() => undefined);
    const failed = (): number => ward.program.filter((line) => line.includes('unforeseen')).length;
    for (let tries = 1; tries <= 3; tries++) {
      const before = failed();
      station.say(record);
      await until('it was tried', () => failed() > before);
    }
    heart.connect(); // The device brings the same news, and cannot be heard either.
    await until('back', () => ward.desk.device(doctor.session, heart.id).connected);
    assert.ok(!station.told.some(({ kind }) => kind === 'logged'), 'the station keeps it');
    assert.equal(ward.gateway.log.latest().size, size);
    assert.ok(review(), 'and nobody overlooks it meanwhile');
    heart.cut();
    await ward.restartGateway(); // Its rights are given back.
    doctor = await ward.signIn('dr-a');
    const again = stationAt();
    again.say(record);
    await until('confirmed', () => again.told.some(({ kind }) => kind === 'logged'));
    assert.equal(emergencies(), 1, 'once, whoever brought it first');
    assert.ok(review());
    assert.equal((await ward.walk()).fault, null);
  });

  it('the log learns of it from the device, where no station kept it', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    await rescue(rescuerIn(station.told));
    heart.connect();
    await until('known', () => review() !== undefined);
    await until('logged', () => emergencies() === 1);
  });

  it('nothing of high risk is granted until somebody else has reviewed it, also over a restart', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    const record = await rescue(rescuerIn(station.told));
    station.say(record);
    await until('known', () => review() !== undefined);
    await refuses('E_ROLE', explain(await ward.signIn('dr-b', 'tablet-2'), reasonFor(review() ?? '')));
    await explain(doctor, reasonFor(review() ?? ''));
    await refuses('E_SCOPE', explain(doctor, reasonFor(review() ?? '', 'mistake')));
    await ward.restartGateway();
    doctor = await ward.signIn('dr-a');
    await refuses('E_REVIEW', doctor.sign(heart, await doctor.prepare(heart, rearm)));
    const auditor = await ward.signIn('auditor');
    const operator = await ward.signIn('operator');
    const [mine, ...others] = ward.desk.reviews.open(doctor.session);
    assert.deepEqual(others, []);
    assert.deepEqual([mine?.command, mine?.by, mine?.own], [review(), doctor.session.subject, true]);
    const { time } = ward.entries().find(({ type }) => type === 'emergency') ?? {};
    assert.deepEqual([mine?.since, mine?.due], [time, Number(time) + 24 * 3_600_000]);
    assert.deepEqual(ward.desk.reviews.open(operator.session), [{ ...mine, own: false, patient: undefined }]);
    const { time: said = 0, ...reason } = mine?.reason ?? {};
    assert.deepEqual(reason, { reason: 'danger', text: 'pauses of four seconds' }, 'also after a restart');
    assert.ok(Math.abs(said - Number(time)) < 60_000);
    const told = mine?.told.people.map(({ name, reviews, here }) => [name, reviews, here]);
    assert.deepEqual(
      [told, mine?.told.more],
      [[['Olga Marek (operator)', true, true], ['Dr Ben Lindqvist', true, false]], 0], // prettier-ignore
      'who may review it, those who are signed in before the others; no auditor, and not the rescuer',
    );
    const safety = () => ward.desk.device(doctor.session, heart.id);
    const { safeSince = 0, reviewDue, rescuer } = safety();
    assert.ok(safeSince > 0, 'also after a restart');
    assert.deepEqual([reviewDue, rescuer], [safeSince + 24 * 3_600_000, 'Dr Ada Okafor']);
    const close = async (who: TestClinician, detail = closing()): Promise<void> =>
      ward.desk.reviews.close(who.session, await who.statement('review', detail));
    await refuses('E_DUAL_SAME_PERSON', close(doctor));
    await refuses('E_ROLE', close(auditor));
    await refuses('E_CMD_MALFORMED', close(operator, closing('  ')));
    await close(operator);
    await refuses(
      'E_SCOPE',
      close(operator, new Map<number, Bytes | string>([...closing(), [2, new Uint8Array(32)]])),
    );
    assert.equal(review(), undefined);
    assert.deepEqual(
      [safety().safeSince, safety().reviewDue],
      [safeSince, undefined],
      'it is in its safe mode still',
    );
    assert.deepEqual(ward.desk.reviews.open(operator.session), []);
    const asked = { limit: 50, before: undefined, alarms: 'none' as const };
    const { entries } = ward.desk.history.of(doctor.session, heart.id, asked);
    const [reviewed, explained] = entries.filter(({ statement }) => statement !== undefined);
    for (const [entry, who, word] of [
      [reviewed, operator, 'looked at it'],
      [explained, doctor, 'danger'],
    ] as const) {
      assert.equal(entry?.people[0]?.subject, who.session.subject, 'the history tells who said it');
      assert.equal(parseStatement(entry.statement ?? new Uint8Array()).detail.get(3), word);
      const digest = parseEntry(entry.entry).digest ?? new Uint8Array();
      assert.equal(hex(digest), hex(nodeCrypto.sha256(entry.statement ?? new Uint8Array())));
    }
    await refuses('E_SCOPE', explain(doctor, reasonFor(mine?.command ?? '')));
    const late = stationAt();
    late.say(record);
    await until('confirmed', () => late.told.some(({ kind }) => kind === 'logged'));
    assert.equal(review(), undefined, 'old news opens no second review');
    const waiting = await doctor.sign(heart, await doctor.prepare(heart, rearm));
    assert.equal(waiting.kind, 'awaiting-second');
    assert.equal(parseCommand(await doctor.prepare(heart, rearm)).operation, OPERATION.resume);
  });

  it('an auditor who says why is shown whose device it was, by the command before', async () => {
    const done = await doctor.sign(heart, await doctor.prepare(heart, program(PACEMAKER.atrialAlert, 190)));
    assert.equal(done.kind, 'done');
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    station.say(await rescue(rescuerIn(station.told)));
    await until('logged', () => emergencies() === 1);
    const auditor = await ward.signIn('auditor');
    const { rows } = await ward.desk.audit.search(auditor.session, { tier: 0 }, 'complaint 12');
    assert.equal(rows.length, 1);
    const { command = '', patient = '' } = rows[0] ?? {};
    const shown = await ward.desk.audit.unmask(auditor.session, command, 'complaint 12');
    assert.equal(shown.patient?.mrn, heart.patient.mrn);
    assert.equal(shown.pseudonym.slice(0, 8), patient);
    assert.deepEqual(
      [shown.people, shown.reason, shown.order, shown.tablets],
      [[doctor.session.subject], '', '', []],
      'nothing of the other command',
    );
    const reads = ward.entries().filter(({ detail }) => detail === 'unmask a patient: complaint 12');
    assert.deepEqual(
      reads.map(({ device }) => device && hex(device)),
      [heart.id],
    );
  });

  it('an auditor is shown its reason and its review as the log has them, and no emergency that was reviewed waits for attention', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    station.say(await rescue(rescuerIn(station.told)));
    await until('logged', () => emergencies() === 1);
    const auditor = await ward.signIn('auditor');
    const { audit, reviews } = ward.desk;
    const waiting = async (): Promise<number> =>
      (await audit.search(auditor.session, { proof: 'unreviewed' }, 'complaint 12')).total;
    const counted = async (): Promise<number> =>
      (await audit.overview(auditor.session, 0, 'complaint 12')).emergencies;
    assert.deepEqual([await waiting(), await counted()], [1, 1]);
    await explain(doctor, reasonFor(review() ?? ''));
    const operator = await ward.signIn('operator');
    await reviews.close(
      operator.session,
      await operator.statement('review', closing('needed: flat battery')),
    );
    assert.deepEqual([await waiting(), await counted()], [0, 0]);
    const { rows } = await audit.search(auditor.session, { tier: 0 }, 'complaint 12');
    const { id = 0, command = '', review: at = 0, reason: whyAt = 0 } = rows[0] ?? {};
    await until('witnessed', () => (ward.gateway.log.latest().cosigned?.size ?? 0) > at);
    const { review: said, reason } = await audit.story(auditor.session, id, 'complaint 12');
    assert.ok(said?.path && reason?.path);
    const [entry, statement, path] = [
      base64url(said.entry),
      base64url(said.statement),
      said.path.map(base64url),
    ];
    const shown = { ...said, entry, statement, path };
    const anchors = new Uint8Array(readFileSync(join(ward.folder, 'keys/public/anchors.bin')));
    const trust = readAnchors(nodeCrypto, anchors);
    const judge = async (part: Partial<Reviewing> = {}, of = command) =>
      judgeSaid(nodeCrypto, trust, of, 'review', { ...shown, ...part });
    const judged = await judge();
    assert.deepEqual(
      [judged?.verdict, judged?.found, judged?.by.subject, judged?.index],
      ['VERIFIED', 'needed: flat battery', operator.session.subject, at],
    );
    const why: Reviewing = {
      ...reason,
      entry: base64url(reason.entry),
      statement: base64url(reason.statement),
      path: reason.path.map(base64url),
    };
    const judgedAs = (purpose: 'reason' | 'review') => judgeSaid(nodeCrypto, trust, command, purpose, why);
    const own = await judgedAs('reason');
    assert.deepEqual(
      [own?.verdict, own?.found, own?.by.subject, own?.index],
      ['VERIFIED', 'danger: pauses of four seconds', doctor.session.subject, whyAt],
    );
    assert.equal((await judgedAs('review'))?.verdict, 'FAILED', 'a rescuer’s word is nobody’s review');
    const other = await operator.statement('review', closingOf(command, 'nothing'));
    const failing: readonly (readonly [Partial<Reviewing>, string?])[] = [
      [{ statement: base64url(other.statement) }],
      [{}, 'ab'.repeat(32)],
      [{ by: { kid: hex(doctor.passkey.kid) } }],
      [{ path: path.map(() => base64url(new Uint8Array(32))) }],
    ];
    for (const [part, of] of failing) assert.equal((await judge(part, of))?.verdict, 'FAILED');
    assert.equal((await judge({ path: undefined, checkpoint: undefined }))?.verdict, 'NOT CHECKED');
  });

  it('a record that proves nothing is refused, and confirmed to nobody', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    const record = await rescue(rescuerIn(station.told));
    station.say(record.map((byte, i) => (i === record.length - 3 ? byte ^ 1 : byte)));
    station.say(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(emergencies(), 0);
    assert.equal(
      station.told.some(({ kind }) => kind === 'logged'),
      false,
    );
  });

  it('stations are told of a revocation as soon as it is known', async () => {
    const station = stationAt();
    await until('told', () => station.told.some(({ kind }) => kind === 'status'));
    const lists = station.told.filter(({ kind }) => kind === 'status').length;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(
      station.told.filter(({ kind }) => kind === 'status').length,
      lists,
      'not again without news',
    );
  });
});
