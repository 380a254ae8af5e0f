import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { coseKey } from '../../server/protocol/cose-key.ts';
import { issueCredential, issueStatus, readCredential } from '../../server/protocol/credential.ts';
import { issueAttestation, readAttestation } from '../../server/protocol/attestation.ts';
import { encodeAnswer, encodeRequest, parseAnswer } from '../../server/protocol/wire.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { statementBy } from '../support/ward-clinician.ts';
import { impostor, nudge, refuses, until } from './world.ts';

const OPEN = encodeRequest({ kind: 'open' });
const MINUTE = 60_000;

describe('sessions', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard({ policy: (quick) => quick.replace('"maxMinutes": 720', '"maxMinutes": 30') });
  });
  after(() => ward.end());

  const passkeyOf = (name: 'dr-a' | 'operator') => softwarePasskey(people(ward.folder)[name]);
  const authority = () =>
    signerFromPem(readFileSync(join(ward.folder, 'keys/authority/authority.key.pem'), 'utf8'));

  it('open on a fresh nonce of the gateway, once, within two minutes', async () => {
    const passkey = passkeyOf('dr-a');
    const signed = await statementBy(passkey, ward.desk.challenge(), 'session');
    await ward.desk.openSession(signed, 'tablet-1');
    await refuses('E_SESSION', ward.desk.openSession(signed, 'tablet-1'));
    const foreign = await statementBy(passkey, new Uint8Array(16).fill(3), 'session');
    await refuses('E_SESSION', ward.desk.openSession(foreign, 'tablet-1'));
    const slow = await statementBy(passkey, ward.desk.challenge(), 'session');
    ward.ahead(2 * MINUTE + 1_000);
    await refuses('E_SESSION', ward.desk.openSession(slow, 'tablet-1'));
  });

  it('open on a session statement only, and a lock is never set by one', async () => {
    const operator = await ward.signIn('operator');
    await refuses('E_CMD_SCHEMA', ward.desk.openSession(await operator.statement('lock'), 'tablet-1'));
    await refuses('E_CMD_SCHEMA', ward.desk.lock(operator.session, await operator.statement('session')));
  });

  it('do not open for a passkey that the authority never certified', async () => {
    const extra = softwarePasskey({ ...people(ward.folder)['dr-a'], key: testPem('an extra passkey') });
    const signed = await statementBy(extra, ward.desk.challenge(), 'session');
    await refuses('E_ASSERTION_CRED', ward.desk.openSession(signed, 'tablet-1'));
  });

  it('do not open with a passkey used on the page of the other signing host', async () => {
    const { key } = people(ward.folder)['dr-a'];
    const elsewhere = softwarePasskey({ ...people(ward.folder)['dr-b'], key });
    const signed = await statementBy(elsewhere, ward.desk.challenge(), 'session');
    await refuses('E_ASSERTION', ward.desk.openSession(signed, 'tablet-1'));
  });

  it('end when the policy says, and when they are closed', async () => {
    const [one, two] = [await ward.signIn('dr-a'), await ward.signIn('dr-a', 'tablet-2')];
    ward.desk.closeSession(two.token);
    assert.throws(() => ward.desk.session(two.token), { code: 'E_SESSION' });
    assert.throws(() => ward.desk.ticket(two.session), { code: 'E_SESSION' });
    ward.ahead(29 * MINUTE);
    assert.equal(ward.desk.session(one.token).id, one.session.id);
    ward.ahead(2 * MINUTE);
    assert.throws(() => ward.desk.session(one.token), { code: 'E_TOKEN_EXPIRED' });
  });

  it('give tickets that count once, within half a minute', async () => {
    const { session } = await ward.signIn('dr-a');
    const ticket = ward.desk.ticket(session);
    assert.equal(ward.desk.redeem(ticket).id, session.id);
    assert.throws(() => ward.desk.redeem(ticket), { code: 'E_SESSION' });
    const late = ward.desk.ticket(session);
    ward.ahead(31_000);
    assert.throws(() => ward.desk.redeem(late), { code: 'E_SESSION' });
  });

  it('show a clinician the patients in their care, and an auditor every device', async () => {
    const [doctor, auditor] = [await ward.signIn('dr-a'), await ward.signIn('auditor')];
    assert.equal(ward.desk.devices(doctor.session).length, 2);
    assert.equal(ward.desk.devices(auditor.session).length, 2);
    const stranger = { ...doctor.session, subject: '00' };
    assert.equal(ward.desk.devices(stranger).length, 0);
    assert.throws(() => ward.desk.device(stranger, ward.device('pump-1').id), { code: 'E_SCOPE' });
  });

  it('count a later certificate of the same passkey, with a proof of its own', async () => {
    const pump = ward.device('pump-1');
    const file = join(ward.folder, 'keys/public/credentials/dr-a.bin');
    const { said } = readCredential(nodeCrypto, new Uint8Array(readFileSync(file)));
    const { key } = passkeyOf('dr-a');
    const renewed = await issueCredential(
      { ...said, coseKey: coseKey(key.alg, key.raw), serial: 50 },
      authority(),
    );
    const before = ward.entries().filter(({ type }) => type === 'credential').length;
    writeFileSync(file, renewed);
    await until(
      'announced',
      () => ward.entries().filter(({ type }) => type === 'credential').length > before,
      4_000,
    );
    const doctor = await ward.signIn('dr-a');
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });

  it('end for a person whose credential a new list revokes, within three seconds, without a restart', async () => {
    const pump = ward.device('pump-1');
    const [doctor, other] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    const bytes = await doctor.prepare(pump, nudge(pump));
    const list = { version: 7, issued: Math.floor(Date.now() / 1000), revoked: [50] };
    writeFileSync(join(ward.folder, 'keys/public/status.bin'), await issueStatus(list, authority()));
    const ended = (): boolean => {
      try {
        ward.desk.session(doctor.token);
        return false;
      } catch {
        return true;
      }
    };
    await until('the session has ended', ended, 3_000);
    assert.throws(() => ward.desk.session(doctor.token), { code: 'E_ASSERTION_CRED' });
    await refuses('E_ASSERTION_CRED', doctor.sign(pump, bytes));
    assert.equal(ward.desk.session(other.token).id, other.session.id);
    assert.equal((await other.sign(pump, await other.prepare(pump, nudge(pump)))).kind, 'done');
  });

  it('do not come back with an older list', async () => {
    const list = { version: 6, issued: Math.floor(Date.now() / 1000), revoked: [] };
    writeFileSync(join(ward.folder, 'keys/public/status.bin'), await issueStatus(list, authority()));
    await until(
      'it is reported',
      () => ward.program.some((line) => line.includes('older than the list held')),
      4_000,
    );
    await assert.rejects(ward.signIn('dr-a'), { code: 'E_ASSERTION_CRED' });
  });

  it('do not come back with an older list after a restart either', async () => {
    await ward.restartGateway();
    await assert.rejects(ward.signIn('dr-a'), { code: 'E_ASSERTION_CRED' });
  });
});

describe('contacts', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('are turned away, and it is logged, when what answers signs with another key', async () => {
    const [pump, pacemaker] = [ward.device('pump-1'), ward.device('pacemaker-1')];
    const doctor = await ward.signIn('dr-a');
    pump.cut();
    const stolen = await pacemaker.device.handle(OPEN, {
      kind: 'websocket',
      channel: new Uint8Array(32),
    });
    const genuine = parseAnswer(
      await pump.device.handle(OPEN, { kind: 'websocket', channel: new Uint8Array(32) }),
    );
    assert.ok(genuine.kind === 'attestation');
    const attestation = await issueAttestation(readAttestation(genuine.attestation), impostor(pump.identity));
    const forged = encodeAnswer({ kind: 'attestation', attestation });
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? forged : frame);
    pump.connect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(
      ward.desk.device(doctor.session, pump.id).connected,
      false,
      'it names the key, and does not have it',
    );
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? stolen : frame);
    pump.connect();
    await until('refused', () =>
      ward.entries().some(({ type, code }) => type === 'refused' && code === 'E_DEVICE_IDENTITY'),
    );
    assert.equal(ward.desk.device(doctor.session, pump.id).connected, false);
    pump.onFrame = (frame, towards) => (towards === 'gateway' ? encodeAnswer({ kind: 'accepted' }) : frame);
    pump.connect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(ward.desk.device(doctor.session, pump.id).connected, false);
    await refuses('E_LINK', doctor.prepare(pump, nudge(pump)));
    pump.onFrame = (frame) => frame;
    pump.connect();
    await until('in contact', () => ward.desk.device(doctor.session, pump.id).connected);
  });

  it('of people end with their certificates', async () => {
    const operator = await ward.signIn('operator');
    ward.ahead(370 * 24 * 60 * MINUTE);
    await assert.rejects(ward.signIn('dr-a'), { code: 'E_ASSERTION_CRED' });
    // Stopping is open to a session that has ended; to a certificate that has ended it is not.
    await refuses('E_ASSERTION_CRED', ward.desk.lock(operator.session, await operator.statement('lock')));
  });
});
