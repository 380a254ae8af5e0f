import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { encodeEmergency, parseEmergency } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, encodeCommand, parseCommand } from '../../server/protocol/command.ts';
import {
  type EmergencyEvidence,
  encodeEmergencyEvidence,
  parseEmergencyEvidence,
} from '../../server/protocol/evidence/emergency-evidence.ts';
import { parseSign1 } from '../../server/protocol/encoding/cose.ts';
import { parseProfile } from '../../server/protocol/profile.ts';
import { issueReceipt, type Receipt, readReceipt } from '../../server/protocol/receipt.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { verifyBundle } from '../../server/protocol/verify/bundle.ts';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import type { CheckId } from '../../server/protocol/verify/run-checks.ts';
import { until } from '../ceremony/world.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestClinician, type TestWard } from '../support/ward.ts';
import { rescueOf, rescuerIn, stationOf } from './rescue.ts';

const WHY = 'complaint 12';

describe('the evidence of an emergency', () => {
  let ward: TestWard;
  let doctor: TestClinician;
  let command: string;
  let bytes: Bytes;
  let whole: EmergencyEvidence;

  before(async () => {
    ward = await openWard();
    doctor = await ward.signIn('dr-a');
    const heart = ward.device('pacemaker-1');
    const station = stationOf(ward);
    await until('told', () => station.told.some(({ kind }) => kind === 'rescuer'));
    heart.cut();
    station.say(await rescueOf(heart, doctor, rescuerIn(station.told)));
    await until('confirmed', () => station.told.some(({ kind }) => kind === 'logged'));
    heart.connect();
    await until('known', () => ward.desk.device(doctor.session, heart.id).review !== undefined);
    command = ward.desk.device(doctor.session, heart.id).review ?? '';
    await until(
      'witnessed',
      () => (ward.gateway.log.latest().cosigned?.size ?? 0) === ward.gateway.log.latest().size,
    );
    bytes = await ward.desk.evidence(doctor.session, command);
    whole = parseEmergencyEvidence(bytes);
  });
  after(() => ward.end());

  const verify = (changes: Partial<EmergencyEvidence> = {}) =>
    verifyEvidence(nodeCrypto, encodeEmergencyEvidence({ ...whole, ...changes }), ward.roots);
  /** What the device would have signed, had it done something else. */
  const receipt = (change: Partial<Receipt>): Promise<Bytes> => {
    const key = readFileSync(join(ward.folder, 'keys/devices/pacemaker-1/identity.key.pem'), 'utf8');
    return issueReceipt({ ...readReceipt(whole.receipt), ...change }, signerFromPem(key));
  };
  const fails = async (ids: readonly CheckId[], changes: Partial<EmergencyEvidence>): Promise<void> => {
    const { verdict, checks } = await verify(changes);
    assert.equal(verdict, 'FAILED');
    assert.deepEqual(
      checks.filter((one) => one.verdict === 'FAIL').map(({ id }) => id),
      ids,
    );
  };

  it('passes nine checks, tells the story, and is INCOMPLETE for whoever trusts no key', async () => {
    const { verdict, checks, story } = await verifyEvidence(nodeCrypto, bytes, ward.roots);
    assert.equal(verdict, 'VERIFIED', JSON.stringify(checks));
    assert.equal(checks.filter((one) => one.verdict === 'PASS').length, 9);
    assert.ok(story.includes('Emergency safe mode'));
    assert.equal((await verifyEvidence(nodeCrypto, bytes)).verdict, 'INCOMPLETE');
  });

  it('stands among the commands of its device, done by one person', () => {
    const [newest] = ward.desk.commands(doctor.session, { device: ward.device('pacemaker-1').id, limit: 5 });
    assert.equal(newest?.hash, command);
    assert.deepEqual([newest.state, newest.people.length], ['applied', 1]);
    assert.equal(
      ward.desk.commands(doctor.session, { device: ward.device('pump-1').id, limit: 5 }).length,
      0,
    );
  });

  it('is found by an auditor under "Emergency", and leaves in a bundle that verifies', async () => {
    const auditor = await ward.signIn('auditor');
    const found = await ward.desk.audit.search(auditor.session, { tier: 0 }, WHY);
    assert.deepEqual(
      found.rows.map((row) => [row.action, row.command, row.outcome, row.people.length]),
      [['safe-mode', command, 'applied', 1]],
    );
    const wish = { covers: 'command', commands: [command], names: false, since: [], purpose: WHY } as const;
    const { bytes: zip } = await ward.desk.audit.bundle(auditor.session, wish);
    const report = await verifyBundle(nodeCrypto, await openZip(zip), {
      roots: ward.roots,
      remembered: () => undefined,
    });
    assert.equal(report.verdict, 'VERIFIED', JSON.stringify(report.checks));
    assert.deepEqual(
      report.commands.map(({ hash }) => hash),
      [command],
    );
  });

  it('stands on the patient’s own page, with what it moved, and can be checked there', async () => {
    const { links } = ward.desk.audit;
    const { key } = await links.make(doctor.session, ward.device('pacemaker-1').id);
    const { changes, total } = await links.page(key);
    assert.equal(total, 1);
    const [change] = changes;
    assert.deepEqual([change?.command, change?.people, change?.outcome], [command, 1, 'applied']);
    assert.equal(change?.changes[0]?.name, 'Emergency safe mode');
    assert.ok(change.changes.length > 1);
    const { verdict } = await verifyEvidence(nodeCrypto, links.evidence(key, command), ward.roots);
    assert.equal(verdict, 'VERIFIED');
    const pump = await links.make(doctor.session, ward.device('pump-1').id);
    assert.throws(() => links.evidence(pump.key, command), /E_SCOPE/u);
  });

  it('fails for a signature that was made for other bytes, or by somebody else', async () => {
    const message = parseEmergency(whole.message);
    const other = challengeFor(nodeCrypto.sha256, 'command', Uint8Array.of(1));
    const approval = await doctor.passkey.approve(other);
    await fails(['signatures'], { message: encodeEmergency({ ...message, approval }) });
    const second = await ward.signIn('dr-b');
    const theirs = await second.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', message.command));
    await fails(['signatures', 'people', 'inclusion'], {
      message: encodeEmergency({ ...message, approval: theirs }),
    });
  });

  it('fails for a command with a parameter, and for another one than device and log name', async () => {
    const message = parseEmergency(whole.message);
    const said = parseCommand(message.command);
    const chosen = encodeCommand({ ...said, changes: new Map([[1, 2]]) });
    await fails(['bytes', 'signatures', 'receipt', 'inclusion'], {
      message: encodeEmergency({ ...message, command: chosen }),
    });
    const again = encodeCommand({ ...said, nonce: new Uint8Array(16) });
    await fails(['signatures', 'receipt', 'inclusion'], {
      message: encodeEmergency({ ...message, command: again }),
    });
  });

  it('fails for a credential whose issuance is not in the log', async () => {
    const message = parseEmergency(whole.message);
    const credential = { ...message.credential, proof: whole.entry };
    await fails(['credentials'], { message: encodeEmergency({ ...message, credential }) });
  });

  it('fails for a receipt that names a grant, another state, or other people', async () => {
    await fails(['grant', 'inclusion'], { receipt: await receipt({ grant: new Uint8Array(16) }) });
    const { readBack } = readReceipt(whole.receipt);
    const { payload } = parseSign1(whole.profile, 'profile', 16_384, 'E_PROFILE');
    const [[code, safe] = [0, 0]] = parseProfile(payload).safeState;
    const moved = new Map([...readBack, [code, safe + 1]]);
    await fails(['readBack', 'inclusion'], {
      receipt: await receipt({ result: 'applied-modified', after: moved, readBack: moved }),
    });
    await fails(['people', 'inclusion'], { receipt: await receipt({ kids: [] }) });
    await fails(['receipt', 'inclusion'], { receipt: await receipt({ result: 'refused', code: 'E_RATE' }) });
  });

  it('fails for a receipt of another device, another entry of the log, and a log no witness saw', async () => {
    const key = readFileSync(join(ward.folder, 'keys/devices/pump-1/identity.key.pem'), 'utf8');
    const theirs = await issueReceipt(readReceipt(whole.receipt), signerFromPem(key));
    await fails(['receipt'], { receipt: theirs });
    const elsewhere = { entry: parseEmergency(whole.message).credential.proof };
    await fails(['inclusion'], elsewhere);
    const said = (await verify(elsewhere)).checks.find(({ id }) => id === 'inclusion')?.says ?? '';
    assert.match(said, /tells of no emergency/u);
    const [text = ''] = whole.entry.checkpoint.split('\n\n');
    const alone = whole.entry.checkpoint.split('\n').filter((line) => line.startsWith('\u2014'))[0] ?? '';
    await fails(['checkpoint'], { entry: { ...whole.entry, checkpoint: `${text}\n\n${alone}\n` } });
  });
});
