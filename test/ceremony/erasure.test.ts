import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { LIMITS } from '../../server/limits.ts';
import { readAttestation } from '../../server/protocol/attestation.ts';
import { type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { verifyBundle } from '../../server/protocol/verify/bundle.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { hashOf, nudge, refuses } from './world.ts';

const WHY = 'complaint 12';

describe('erasing a person', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let operator: TestClinician;
  let auditor: TestClinician;
  let tag: Bytes = new Uint8Array();
  let command = '';

  const open = async (years: number): Promise<void> => {
    ward = await openWard({
      configure: (folder) => {
        writeFileSync(
          join(folder, 'hospital', 'retention.json'),
          JSON.stringify([{ class: 'commands', years, basis: 'a test' }]),
        );
        return {};
      },
    });
    doctor = await ward.signIn('dr-a');
    operator = await ward.signIn('operator');
    auditor = await ward.signIn('auditor');
    const pump = ward.device('pump-1');
    const bytes = await doctor.prepare(pump, nudge(pump));
    await doctor.sign(pump, bytes);
    command = hex(hashOf(bytes));
    tag = readAttestation(await ward.desk.open(doctor.session, unhex(pump.id))).patient;
  };
  const erase = async (who = operator): Promise<number> =>
    ward.desk.audit.erase(
      who.session,
      await who.statement(
        'erase',
        new Map<number, Bytes | string>([
          [1, tag],
          [2, 'asked by the patient'],
        ]),
      ),
    );
  const note = async (kind: string, about: string): Promise<unknown> =>
    ward.desk.audit.note(
      auditor.session,
      await auditor.statement(
        'note',
        new Map<number, string>([
          [1, about],
          [2, kind],
          [3, 'court'],
        ]),
      ),
    );
  const bundle = async () =>
    openZip(
      (
        await ward.desk.audit.bundle(auditor.session, {
          covers: 'period',
          commands: [],
          names: true,
          since: [],
          purpose: WHY,
        })
      ).bytes,
    );
  const onDisk = (text: string): boolean =>
    ['countersign.db', 'countersign.db-wal'].some((name) =>
      readFileSync(join(ward.config.folder, name)).includes(text),
    );

  describe('whose time has come', () => {
    before(() => open(0));
    after(() => ward.end());

    it('is not needed to keep a person covered: who unmasks says why, and has a quarter of an hour', async () => {
      const show = (who = auditor) => ward.desk.audit.unmask(who.session, command, 'complaint 12');
      const reads = () =>
        ward
          .entries()
          .filter(({ type, detail }) => type === 'logRead' && detail === 'unmask a patient: complaint 12');
      await refuses('E_ROLE', show(operator));
      assert.equal(reads().length, 0);
      const shown = await show();
      assert.ok(shown.until > ward.now() && shown.until <= ward.now() + LIMITS.unmasked.max);
      assert.deepEqual([shown.reason, shown.order], ['titration', 'ORD-1']);
      assert.deepEqual(shown.people, [doctor.session.subject]);
      assert.equal(shown.patient?.mrn, ward.device('pump-1').patient.mrn);
      assert.deepEqual(
        reads().map(({ device, kids }) => [device && hex(device), kids]),
        [[ward.device('pump-1').id, [auditor.passkey.kid]]],
      );
      assert.equal((await show()).until, shown.until, 'the same quarter of an hour');
      assert.equal(reads().length, 1);
      ward.ahead(LIMITS.unmasked.max + 1_000);
      ward.desk.signIn.session(await auditor.token());
      await show();
      assert.equal(reads().length, 2, 'said anew');
      ward.ahead(-LIMITS.unmasked.max - 1_000);
    });

    it('shows everybody what their own passkeys signed, and nothing else', async () => {
      const { uses, total } = await ward.desk.audit.uses(doctor.session, {});
      assert.equal(total, uses.length);
      assert.deepEqual(
        uses
          .filter((use) => use.command === command)
          .map(({ action, outcome, kid }) => [action, outcome, kid]),
        [['program', 'applied', hex(doctor.passkey.kid)]],
      );
      const others = await ward.desk.audit.uses(auditor.session, {});
      assert.ok(
        others.uses.every((use) => use.command === undefined && use.kid === hex(auditor.passkey.kid)),
      );
    });

    it('waits for a legal hold on the patient or on a command, and is for operators alone', async () => {
      for (const about of [hex(tag), command]) {
        await note('hold', about);
        await refuses('E_LOCKED', erase());
        const { holds } = await ward.desk.audit.retention(auditor.session, WHY);
        assert.deepEqual(
          holds.map((hold) => [hold.about, hold.by, hold.text]),
          [[about, auditor.session.subject, 'court']],
        );
        await note('release', about);
      }
      assert.deepEqual((await ward.desk.audit.retention(auditor.session, WHY)).holds, []);
      await refuses('E_ROLE', erase(auditor));
      const { rows } = await ward.desk.audit.search(auditor.session, {}, WHY);
      assert.equal(rows.length, 1, 'nothing was touched');
      assert.ok((await bundle()).has(`commands/${command}/openings.cbor`));
    });

    it('takes names, reasons and values away, and every entry still verifies', async () => {
      assert.equal(await erase(), 1);
      await refuses('E_SCOPE', erase());
      await refuses('E_SCOPE', ward.desk.audit.unmask(auditor.session, command, 'complaint 12'));
      const files = await bundle();
      assert.ok(
        !files.has(`commands/${command}/openings.cbor`) && !files.has(`commands/${command}/evidence.cbor`),
      );
      const report = await verifyBundle(nodeCrypto, files, {
        roots: ward.roots,
        remembered: () => undefined,
      });
      assert.equal(report.verdict, 'INCOMPLETE');
      for (const id of ['inclusion', 'checkpoint'])
        assert.equal(report.checks.find((check) => check.id === id)?.verdict, 'PASS');
      assert.equal((await ward.walk()).fault, null);
      const entry = ward.entries().at(-1);
      assert.ok(
        ward.entries().some(({ type, number }) => type === 'statement' && number === 12),
        entry?.type,
      );
      const gone = { by: operator.session.subject };
      const { rows } = await ward.desk.audit.search(auditor.session, {}, WHY);
      const { erased } = await ward.desk.audit.story(auditor.session, rows[0]?.id ?? 0, WHY);
      assert.equal(erased?.by, gone.by);
      const kept = await ward.desk.audit.retention(auditor.session, WHY);
      assert.deepEqual(
        kept.erased.map(({ patient, by }) => [patient, by]),
        [[hex(tag).slice(0, 8), gone.by]],
      );
      const page = await ward.desk.audit.export(auditor.session, {
        format: 'csv',
        offset: 0,
        names: true,
        purpose: WHY,
        rows: 'commands',
      });
      let text = '';
      for await (const chunk of page.chunks) text += chunk;
      assert.match(text, /erased,erased,erased/u);
      assert.equal(onDisk('after the morning round'), false);
    });
  });

  describe('whose time has not come', () => {
    before(() => open(6));
    after(() => ward.end());

    it('is refused, with the day from which it is not', async () => {
      const refusal = await refuses('E_POLICY', erase());
      assert.match(refusal.message, /E_POLICY/u);
      const { retention: rows } = await ward.desk.audit.retention(auditor.session, WHY);
      assert.deepEqual(
        rows.find((row) => row.class === 'commands'),
        { class: 'commands', years: 6, basis: 'a test' },
      );
      assert.equal(rows.find((row) => row.class === 'alarms')?.years, 6);
    });
  });
});
