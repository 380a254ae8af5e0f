import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { limitsOf } from '../../clients/device/monitor/limits.ts';
import { SimulatedPatient } from '../../clients/device/monitor/patient.ts';
import { PatientMonitor } from '../../clients/device/monitor/patient-monitor.ts';
import { openVitals } from '../../server/gateway/opening/open-vitals.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { TERMS } from '../../server/protocol/telemetry/nomenclature.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { nudge, until } from '../ceremony/world.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { reporting } from './reporting.ts';

const PAGE = 4_096;
/** In a frame, where its time stands: still a frame with another bit there. */
const TIME_AT = 55;

describe('stored measurements that are damaged', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let doctor: TestClinician;
  let line: ReturnType<typeof reporting>;
  let monitor: PatientMonitor;
  let id = '';
  /** What SQLite says of a file that is damaged while it is open. */
  let damaged = false;
  const file = (): string => join(ward.config.folder, 'vitals.db');
  const aside = (): string[] =>
    readdirSync(ward.config.folder).filter((name) => /^vitals\.db\.damaged-[\dTZ.]+$/u.test(name));

  before(async () => {
    ward = await openWard({
      monitor: true,
      vitals(folder) {
        const real = openVitals(folder, Date.now());
        const broken = () => Promise.reject(new StoreUnavailable('corrupt', 'the database is damaged'));
        return { ...real, write: (ops, atOnce) => (damaged ? broken() : real.write(ops, atOnce)) };
      },
    });
    line = reporting(ward, 'monitor-1');
    id = ward.device('monitor-1').id;
    const { therapy } = ward.device('monitor-1');
    const limits = () => limitsOf(therapy.acting);
    const patient = new SimulatedPatient(1);
    monitor = new PatientMonitor({ telemetry: line.telemetry, patient, limits, now: ward.now });
  });
  after(() => ward.end());

  /** Reports for some seconds, until all of it is on the disk. */
  async function measure(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      ward.ahead(1_000);
      monitor.measure();
    }
    // One word acknowledges several frames, or those of two seconds.
    for (let i = 0; i < 20 && line.telemetry.waiting > 1; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      ward.ahead(2_000);
      monitor.measure();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.ok(line.telemetry.waiting <= 1, `${line.telemetry.waiting} wait`);
  }

  /** Lets the minutes that are over be packed into blocks. */
  async function packed(): Promise<void> {
    ward.ahead(61_000);
    await until('packed', () => read('SELECT count(*) AS n FROM recent') === 0);
  }

  function read(sql: string): number {
    const db = new DatabaseSync(file(), { readOnly: true });
    const row = db.prepare(sql).get();
    db.close();
    return Number(row?.['n']);
  }

  /** Flips the lowest bit of a byte of what a row has, where it lies in the file. */
  function flip(sql: string, offset: number): void {
    const db = new DatabaseSync(file(), { readOnly: true });
    const bytes = db.prepare(sql).get()?.['bytes'];
    db.close();
    assert.ok(bytes instanceof Uint8Array);
    const content = readFileSync(file());
    // A long row goes on in other pages: its beginning stands in one piece.
    const at = content.indexOf(bytes.subarray(0, 200));
    assert.ok(at > 0, 'not in the file');
    content[at + offset] = (content[at + offset] ?? 0) ^ 1;
    writeFileSync(file(), content);
  }

  /** Something happens to the file while the gateway is down. */
  async function hurt(how: () => void): Promise<void> {
    await ward.stopGateway();
    const db = new DatabaseSync(file());
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)'); // All of it lies in the one file now.
    db.close();
    how();
    await ward.startGateway();
    line.again();
  }

  const gaps = (): readonly { since: number; until: number; frames: number }[] =>
    ward.desk.monitoring.trend(doctor.session, {
      device: id,
      code: TERMS.heartRate.code,
      since: ward.now() - 3_600_000,
      until: ward.now() + 1,
      points: 60,
    }).gaps;
  const told = () => ward.entries().filter(({ code }) => code === 'telemetry.damaged');
  const part = () => ward.desk.health().parts.find(({ name }) => name === 'measurements');

  /** Commands, new measurements and what is told are as they should be. */
  async function goesOn(): Promise<void> {
    assert.equal(ward.desk.health().ready, true);
    doctor = await ward.signIn('dr-a');
    const pump = ward.device('pump-1');
    pump.forward(1_000);
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    let lines: string[] = [];
    for (let i = 0; i < 5 && lines.length < 10; i++) {
      await measure(4);
      const csv = ward.desk.monitoring.csv(doctor.session, id, ward.now() - 4_000, ward.now() + 1);
      lines = csv.split('\r\n');
    }
    const bed = ward.desk.monitoring.beds(doctor.session).find(({ device }) => hex(device) === id);
    assert.equal(bed?.contact, 'live');
    assert.ok(bed.latest.length > 0, 'new values are shown');
    assert.ok(lines.length > 10, 'and kept');
  }

  it('are put aside frame by frame at the start, shown as a gap and told; the session goes on', async () => {
    await measure(5);
    const sessions = read('SELECT count(*) AS n FROM session');
    await hurt(() => flip('SELECT bytes FROM recent ORDER BY id DESC LIMIT 1 OFFSET 2', TIME_AT));
    await until('told', () => told().length === 1);
    await goesOn();
    const [entry] = told();
    assert.equal(entry?.detail, 'stored measurements could not be read: frame');
    assert.equal(entry.number, 1);
    assert.equal(hex(entry.device ?? new Uint8Array()), id);
    assert.deepEqual(
      gaps().map(({ frames }) => frames),
      [1],
    );
    assert.equal(read('SELECT count(*) AS n FROM aside WHERE told = 1'), 1);
    assert.equal(
      read('SELECT count(*) AS n FROM session'),
      sessions,
      'the device did not have to begin anew',
    );
    assert.equal(part()?.state, 'warning');
    assert.match(String(part()?.says), /^1 damaged part put aside/u);
  });

  it('are put aside block by block when they are read, and shown as a gap', async () => {
    await packed();
    const rows = told().length;
    await hurt(() => flip('SELECT bytes FROM block ORDER BY id LIMIT 1', 60));
    doctor = await ward.signIn('dr-a');
    ward.desk.monitoring.csv(doctor.session, id, ward.now() - 600_000, ward.now());
    await until('told', () => told().length === rows + 1);
    assert.match(String(told().at(-1)?.detail), /: block$/u);
    assert.equal(gaps().length, 2);
    ward.desk.monitoring.csv(doctor.session, id, ward.now() - 600_000, ward.now());
    await goesOn();
    assert.equal(told().length, rows + 1, 'once');
  });

  it('lose what a session’s numbers mean: the device describes them again by itself', async () => {
    const rows = told().length;
    await hurt(() => {
      const db = new DatabaseSync(file());
      db.exec('UPDATE session SET described = zeroblob(40)');
      db.close();
    });
    await goesOn();
    assert.match(String(told().at(-1)?.detail), /: description$/u);
    assert.ok(told().length > rows);
  });

  for (const [what, how] of [
    ['whose beginning is overwritten', (content: Buffer) => content.fill(7, 0, 200)],
    ['of which a bit in every page is another', (content: Buffer) => everyPage(content)],
    ['that is cut in half', (content: Buffer) => content.subarray(0, content.length / 2)],
    ['that is empty', (content: Buffer) => content.subarray(0, 0)],
  ] as const)
    it(`are put aside whole in a file ${what}; it is kept, and all of its time is a gap`, async () => {
      const [files, rows, { size }] = [aside().length, told().length, ward.gateway.log.latest()];
      let broken = Buffer.alloc(0);
      await hurt(() => {
        broken = Buffer.from(how(readFileSync(file())));
        writeFileSync(file(), broken);
      });
      await until('told', () => told().length === rows + 1);
      const names = aside();
      assert.equal(names.length, files + 1);
      assert.ok(
        names.some((name) => readFileSync(join(ward.config.folder, name)).equals(broken)),
        'kept as it was found',
      );
      await goesOn();
      assert.ok(gaps().some(({ until: end, since }) => end - since > 1_000));
      assert.match(String(told().at(-1)?.detail), /: file vitals\.db\.damaged-/u);
      assert.match(String(part()?.mend), /kept as vitals\.db\.damaged-/u);
      assert.ok(ward.gateway.log.latest().size > size);
      assert.equal((await ward.walk()).fault, null);
    });

  it('found damaged while they are used, stop nothing but their storing, and are put aside at the next start', async () => {
    const files = aside().length;
    damaged = true;
    monitor.measure();
    const storing = () => ward.desk.health().parts.find(({ name }) => name === 'storing measurements');
    await until('it says so', () => storing()?.state === 'warning');
    assert.match(String(storing()?.mend), /^start the gateway again when it suits/u);
    assert.equal(ward.desk.health().ready, true);
    const pump = ward.device('pump-1');
    pump.forward(1_000);
    doctor = await ward.signIn('dr-a');
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    damaged = false;
    await hurt(() => undefined);
    assert.equal(aside().length, files + 1);
    await goesOn();
    await ward.restartGateway();
    line.again();
    assert.equal(aside().length, files + 1, 'once');
  });
});

/** One bit in the middle of each page after the first. */
function everyPage(content: Buffer): Buffer {
  for (let at = PAGE + 3; at < content.length; at += PAGE) content[at] = (content[at] ?? 0) ^ 0x10;
  return content;
}
