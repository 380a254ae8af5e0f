import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { type SoftwarePasskey, softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { wardTokens } from '../support/ward-tokens.ts';
import { type Bytes, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, issueStatus, readCredential, ROLE } from '../../server/protocol/credential.ts';
import { issueAttestation, readAttestation } from '../../server/protocol/attestation.ts';
import type { SignedStatement } from '../../server/protocol/statement.ts';
import { encodeAnswer, encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';
import { PACEMAKER } from '../support/settings.ts';
import { CONTEXT, openWard, type TestWard } from '../support/ward.ts';
import { bearer, sessionBy, tabletKey, WARD_HOST } from '../support/ward-clinician.ts';
import { impostor, nudge, program, refuses, until } from './world.ts';

const OPEN = encodeRequest({ kind: 'open' });
const MINUTE = 60_000;

describe('sessions', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard({ policy: (quick) => quick.replace('"maxMinutes": 720', '"maxMinutes": 30') });
  });
  after(() => ward.end());

  const passkeyOf = (name: 'dr-a' | 'dr-b' | 'operator') => softwarePasskey(people(ward.folder)[name]);
  const authority = () =>
    signerFromPem(readFileSync(join(ward.folder, 'keys/authority/authority.key.pem'), 'utf8'));

  /** A session as a tablet opens it, wrong in at most one place. */
  async function open(
    wrong: {
      readonly signed?: SignedStatement;
      readonly nonce?: Bytes;
      readonly passkey?: SoftwarePasskey;
      readonly scope?: string;
      readonly approvedAt?: string;
      readonly tokenOf?: 'dr-a' | 'dr-b' | 'auditor';
      readonly claims?: object;
    } = {},
  ) {
    const { signIn } = ward.desk;
    const key = tabletKey(ward.folder, 'tablet-1');
    const tokens = wardTokens(ward.folder, wrong.tokenOf ?? 'dr-a', WARD_HOST, ward.now);
    const approvedAt = tabletKey(ward.folder, wrong.approvedAt ?? 'tablet-1');
    const { passkey = passkeyOf('dr-a'), nonce = signIn.challenge(), scope = tokens.scope } = wrong;
    const signed = wrong.signed ?? (await sessionBy(passkey, nonce, approvedAt, scope));
    const token = { ...(await bearer(ward.desk, tokens, key, ward.now)), ...wrong.claims };
    return { signed, session: await signIn.open(token, signed) };
  }

  it('are approved with passkeys that a tablet is told of: those of whoever is signed in, and of nobody else', async () => {
    const key = tabletKey(ward.folder, 'tablet-1');
    const tokens = wardTokens(ward.folder, 'dr-a', WARD_HOST, ward.now);
    const token = await bearer(ward.desk, tokens, key, ward.now);
    const told = ward.desk.signIn.passkeys(token);
    const owners = told.map((credential) => hex(readCredential(nodeCrypto, credential).said.subject));
    assert.ok(owners.length > 0);
    assert.deepEqual([...new Set(owners)], [token.subject]);
  });

  it('open on a fresh nonce of the gateway, once, within two minutes', async () => {
    const { signed } = await open();
    await refuses('E_SESSION', open({ signed }));
    await refuses('E_SESSION', open({ nonce: new Uint8Array(16).fill(3) }));
    const slow = ward.desk.signIn.challenge();
    ward.ahead(2 * MINUTE + 1_000);
    await refuses('E_SESSION', open({ nonce: slow }));
  });

  it('open on a session statement only, and a lock is never set by one', async () => {
    const operator = await ward.signIn('operator');
    await refuses('E_CMD_SCHEMA', open({ signed: await operator.statement('lock') }));
    await refuses('E_CMD_SCHEMA', ward.desk.lock(operator.session, await operator.statement('session')));
  });

  it('do not open for a passkey that the authority never certified', async () => {
    const extra = softwarePasskey({ ...people(ward.folder)['dr-a'], key: testPem('an extra passkey') });
    await refuses('E_ASSERTION_CRED', open({ passkey: extra }));
  });

  it('do not open with a passkey used on the page of the other signing host', async () => {
    const { key } = people(ward.folder)['dr-a'];
    const elsewhere = softwarePasskey({ ...people(ward.folder)['dr-b'], key });
    await refuses('E_ASSERTION', open({ passkey: elsewhere }));
  });

  it('open at the tablet they were approved for, and for who signed in there', async () => {
    await refuses('E_DPOP_BINDING', open({ approvedAt: 'tablet-2' }));
    await refuses('E_ASSERTION', open({ tokenOf: 'dr-b' }));
    await refuses('E_NOT_ENROLLED', open({ claims: { jkt: 'A'.repeat(43) } }));
  });

  it('allow what was approved and what the token allows, never more', async () => {
    for (const scope of ['read everything', 'command', ' ', 'read  command'])
      await refuses('E_ROLE', open({ scope }));
    await refuses('E_ROLE', open({ claims: { scope: new Set(['read']) } }));
    await refuses('E_ROLE', open({ claims: { roles: ROLE.auditor } }));
    const { session } = await open({ claims: { roles: ROLE.clinician | ROLE.operator } });
    assert.equal(session.roles, ROLE.clinician, 'the credential of a doctor names no operator');
  });

  it('open for measurements alone, by scopes of SMART App Launch that the token names too', async () => {
    const scope = 'user/Observation.rs user/Device.rs';
    await refuses('E_ROLE', open({ scope }));
    const claims = { scope: new Set(scope.split(' ')) };
    const { session } = await open({ scope, claims });
    assert.deepEqual([...session.scope], scope.split(' '));
    await refuses(
      'E_ROLE',
      open({ scope: 'user/Patient.rs', claims: { scope: new Set(['user/Patient.rs']) } }),
    );
  });

  it('opened for reading sign nothing', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const { session } = await open({ scope: 'read' });
    const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
    const wish = { command: bytes, approval, context: CONTEXT };
    await refuses(
      'E_ROLE',
      ward.desk.sign(session, wish, () => undefined),
    );
  });

  it('narrowed to one device see and sign for no other', async () => {
    const [pump, pacemaker] = [ward.device('pump-1'), ward.device('pacemaker-1')];
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
    const wish = { command: bytes, approval, context: CONTEXT };
    const { session } = await open({ claims: { devices: new Set([pacemaker.id]) } });
    assert.deepEqual(
      ward.desk.devices(session).map(({ id }) => id),
      [pacemaker.id],
    );
    await refuses('E_SCOPE', ward.desk.open(session, unhex(pump.id)));
    await refuses(
      'E_SCOPE',
      ward.desk.sign(session, wish, () => undefined),
    );
    // The second person as well: their token is for the pump alone.
    const lower = await doctor.prepare(pacemaker, program(PACEMAKER.lowerRate, 65));
    const outcome = await doctor.sign(pacemaker, lower);
    assert.ok('draft' in outcome);
    const passkey = passkeyOf('dr-b');
    const second = await open({ tokenOf: 'dr-b', passkey, claims: { devices: new Set([pump.id]) } });
    await ward.desk.enter(second.session, outcome.draft, lower);
    const agreed = await passkey.approve(challengeFor(nodeCrypto.sha256, 'command', lower));
    await refuses(
      'E_SCOPE',
      ward.desk.approve(second.session, outcome.draft, agreed, () => undefined),
    );
  });

  it('ask for a fresh sign-in: to read once an hour, to sign every five minutes', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
    const wish = { command: bytes, approval, context: CONTEXT };
    const token = await doctor.token();
    const ago = (seconds: number) => ({ ...token, authTime: ward.now() - seconds * 1_000 });
    const { signIn } = ward.desk;
    const session = signIn.session(ago(301));
    await refuses(
      'E_STEP_UP',
      ward.desk.sign(session, wish, () => undefined),
    );
    assert.throws(() => signIn.session(ago(3_601)), { code: 'E_STEP_UP' });
    assert.throws(() => signIn.session({ ...token, acr: 'phr' }), { code: 'E_STEP_UP' });
    assert.throws(() => ward.desk.signIn.live(session), { code: 'E_STEP_UP' });
    signIn.session(ago(0));
    assert.equal((await ward.desk.sign(session, wish, () => undefined)).kind, 'sealed');
  });

  it('end with their token, and a newer token of the same person at the same tablet carries them on', async () => {
    const doctor = await ward.signIn('dr-a');
    const { signIn } = ward.desk;
    const [first, stranger] = [await doctor.token(), await ward.signIn('dr-b', 'tablet-2')];
    const later = { issued: first.issued + 1_000, expires: first.expires + 60_000 };
    ward.ahead(121_000);
    assert.throws(() => signIn.session(first), { code: 'E_TOKEN_EXPIRED' });
    assert.throws(() => signIn.live(doctor.session), { code: 'E_TOKEN_EXPIRED' });
    assert.throws(() => signIn.ticket(doctor.session), { code: 'E_TOKEN_EXPIRED' });
    const other = { ...first, ...later, subject: stranger.session.subject };
    assert.throws(() => signIn.session(other), { code: 'E_SESSION' });
    assert.equal(signIn.session({ ...first, ...later }).id, doctor.session.id);
    assert.equal(signIn.live(doctor.session).id, doctor.session.id);
    // What the issuer said last counts: an older token gives nothing back.
    const less = { ...first, issued: later.issued + 1, expires: later.expires, scope: new Set(['read']) };
    signIn.session(less);
    assert.ok(!signIn.session({ ...first, ...later }).scope.has('command'));
  });

  it('are one for each tablet: the next one there ends the one before', async () => {
    const first = await ward.signIn('dr-a', 'tablet-1');
    await ward.signIn('dr-b', 'tablet-1');
    assert.throws(() => ward.desk.signIn.live(first.session), { code: 'E_SESSION' });
  });

  it('of one person all end from whatever tablet they stand at: each is told where, it is logged, and no earlier sign-in opens one again', async () => {
    const { signIn } = ward.desk;
    const [one, two] = [await ward.signIn('dr-a'), await ward.signIn('dr-a', 'tablet-2')];
    const stranger = await ward.signIn('dr-b');
    const where = signIn.allOf(one.session).map(({ tablet, here }) => `${tablet} ${here}`);
    assert.deepEqual(
      where.toSorted(),
      [`${two.session.tablet} false`, `${one.session.tablet} true`].toSorted(),
    );
    const before = { authTime: ward.now() - 2_000, issued: ward.now() };
    const told: string[] = [];
    for (const { session } of [one, two, stranger]) signIn.onEndOfAll(session, (tablet) => told.push(tablet));
    const ended = await signIn.endAll(two.session);
    assert.deepEqual(told, [two.session.tablet, two.session.tablet]);
    assert.equal(ended.length, 2);
    for (const { session } of [one, two]) assert.throws(() => signIn.live(session), { code: 'E_SESSION' });
    assert.equal(signIn.live(stranger.session).id, stranger.session.id);
    const entry = ward.entries().findLast(({ type }) => type === 'signedOut');
    assert.deepEqual([entry?.number, entry?.detail], [2, two.session.tablet]);
    assert.equal(hex(entry?.kids?.[0] ?? new Uint8Array()), hex(passkeyOf('dr-a').kid));
    await refuses('E_TOKEN_REVOKED', open({ claims: before }));
    const token = { ...(await one.token()), ...before };
    assert.throws(() => signIn.session(token), { code: 'E_TOKEN_REVOKED' });
    await ward.restartGateway();
    await refuses('E_TOKEN_REVOKED', open({ claims: before }));
    await open({ claims: { authTime: ward.now() + 1_000 } });
  });

  it('end when the policy says, and when they are closed', async () => {
    const { signIn } = ward.desk;
    const [one, two] = [await ward.signIn('dr-a'), await ward.signIn('dr-a', 'tablet-2')];
    signIn.close(two.session);
    assert.throws(() => signIn.live(two.session), { code: 'E_SESSION' });
    assert.throws(() => signIn.ticket(two.session), { code: 'E_SESSION' });
    ward.ahead(29 * MINUTE);
    const token = await one.token();
    assert.equal(signIn.session(token).id, one.session.id);
    ward.ahead(2 * MINUTE);
    const next = await one.token();
    assert.throws(() => signIn.session(next), { code: 'E_TOKEN_EXPIRED' });
  });

  it('give tickets that count once, within half a minute', async () => {
    const { signIn } = ward.desk;
    const { session } = await ward.signIn('dr-a');
    const ticket = signIn.ticket(session);
    assert.equal(signIn.redeem(ticket).id, session.id);
    assert.throws(() => signIn.redeem(ticket), { code: 'E_SESSION' });
    const late = signIn.ticket(session);
    ward.ahead(31_000);
    assert.throws(() => signIn.redeem(late), { code: 'E_SESSION' });
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
    const [token, others] = [await doctor.token(), await other.token()];
    const ended = (): boolean => {
      try {
        ward.desk.signIn.session(token);
        return false;
      } catch {
        return true;
      }
    };
    await until('the session has ended', ended, 3_000);
    assert.throws(() => ward.desk.signIn.session(token), { code: 'E_ASSERTION_CRED' });
    await refuses('E_ASSERTION_CRED', doctor.sign(pump, bytes));
    assert.equal(ward.desk.signIn.session(others).id, other.session.id);
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

  it('of the operator who signed the policy: it stays in force, and the gateway starts again', async () => {
    const file = join(ward.folder, 'keys/public/credentials/operator.bin');
    const { serial } = readCredential(nodeCrypto, new Uint8Array(readFileSync(file))).said;
    const revoked = [serial, 50].toSorted((a, b) => a - b);
    const list = { version: 8, issued: Math.floor(Date.now() / 1000), revoked };
    writeFileSync(join(ward.folder, 'keys/public/status.bin'), await issueStatus(list, authority()));
    await ward.restartGateway();
    await assert.rejects(ward.signIn('operator'), { code: 'E_ASSERTION_CRED' });
    assert.ok(await ward.signIn('dr-b'));
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
