import assert from 'node:assert/strict';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { LIMITS } from '../../server/limits.ts';
import { base64url, hex } from '../../server/protocol/encoding/bytes.ts';
import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { PACEMAKER } from '../support/settings.ts';
import { testBytes } from '../support/keys.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { hashOf, nudge, program, refuses } from './world.ts';

describe('a patient’s link', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let command = '';
  before(async () => {
    ward = await openWard();
    doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(ward.device('pump-1'), nudge(ward.device('pump-1')));
    await doctor.sign(ward.device('pump-1'), bytes);
    command = hex(hashOf(bytes));
  });
  after(() => ward.end());
  const links = () => ward.desk.audit.links;
  const make = () => links().make(doctor.session, ward.device('pump-1').id);

  it('shows what was changed, by how many people, and nobody’s name', async () => {
    const { key, fingerprint } = await make();
    assert.equal(fingerprint, rootsFingerprint(nodeCrypto.sha256, ward.roots));
    const page = await links().page(key);
    assert.equal(page.total, 1);
    assert.deepEqual(
      page.changes.map(({ command: hash, outcome, people, reason, changes }) => [
        hash,
        outcome,
        people,
        reason,
        changes.map(({ name }) => name),
      ]),
      [[command, 'applied', 1, 'titration', ['Alarm volume']]],
    );
    assert.doesNotMatch(JSON.stringify(page), new RegExp(doctor.session.subject, 'u'));
    const logged = ward
      .entries()
      .filter(({ type, detail }) => type === 'export' && detail === 'a link for the patient');
    assert.deepEqual(logged.at(-1)?.kids, [doctor.passkey.kid]);
  });

  it('brings along what the browser checks by itself', async () => {
    const { key } = await make();
    const report = await verifyEvidence(nodeCrypto, links().evidence(key, command), ward.roots);
    assert.equal(report.verdict, 'VERIFIED');
    assert.throws(() => links().evidence(key, '00'.repeat(32)), /E_SCOPE/u);
  });

  it('shows no evidence of another patient', async () => {
    const pacemaker = ward.device('pacemaker-1');
    const bytes = await doctor.prepare(pacemaker, program(PACEMAKER.impedanceLow, 250));
    await doctor.sign(pacemaker, bytes);
    const { key } = await make();
    assert.throws(() => links().evidence(key, hex(hashOf(bytes))), /E_SCOPE/u);
    const own = await links().make(doctor.session, pacemaker.id);
    assert.ok(links().evidence(own.key, hex(hashOf(bytes))).length > 0);
  });

  it('opens nothing else: another key, an ended one', async () => {
    await refuses('E_SCOPE', links().page(base64url(testBytes('guess'))));
    await refuses('E_SCOPE', links().page('short'));
    const { key } = await make();
    ward.ahead(LIMITS.patientLink.max + 1_000);
    await refuses('E_SCOPE', links().page(key));
    ward.ahead(-LIMITS.patientLink.max - 1_000);
  });
});
