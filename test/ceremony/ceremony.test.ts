import assert from 'node:assert/strict';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, encodeCommand, OPERATION, parseCommand } from '../../server/protocol/command.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { testPem } from '../support/keys.ts';
import { PUMP } from '../support/settings.ts';
import { CONTEXT, openWard, type TestClinician, type TestWard, therapyDigest } from '../support/ward.ts';
import {
  countDeliveries,
  hashOf,
  nudge,
  program,
  refuses,
  stateOf,
  storyOf,
  typesOf,
  until,
} from './world.ts';

describe('the ceremony, from a signature to a sealed outcome', () => {
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  it('one clinician changes an alarm limit of the pump, and the tablet itself verifies the outcome', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, program(PUMP.occlusion, 325));
    const stages: Stage[] = [];
    const outcome = await doctor.sign(pump, bytes, stages);
    assert.equal(outcome.kind, 'done');
    assert.equal(pump.therapy.acting.get(PUMP.occlusion), 325);
    assert.deepEqual(stages, ['checked', 'logged', 'granted', 'sent', 'answered']);
    assert.deepEqual(typesOf(storyOf(ward, bytes)), ['intent', 'outcome']);
    const evidence = await ward.desk.evidence(doctor.session, hex(hashOf(bytes)));
    const verdict = await verifyEvidence(nodeCrypto, evidence, ward.roots);
    assert.equal(verdict.verdict, 'VERIFIED', JSON.stringify(verdict.checks, null, 1));
  });

  it('one person stops the infusion: what lowers risk needs no second', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, { operation: OPERATION.stop, changes: new Map() });
    assert.equal((await doctor.sign(pump, bytes)).kind, 'done');
    assert.equal(pump.therapy.mode, 'stopped');
  });

  describe('refuses, and nothing reaches the device', () => {
    let deliveries: () => number;
    let felt: string;
    beforeEach(() => {
      const pump = ward.device('pump-1');
      deliveries = countDeliveries(pump);
      felt = therapyDigest(pump);
    });
    afterEach(() => {
      const pump = ward.device('pump-1');
      pump.onFrame = (frame) => frame;
      assert.equal(deliveries(), 0);
      assert.equal(therapyDigest(pump), felt);
    });

    it('whoever does not care for the patient, in the words of a device that does not exist', async () => {
      const pump = ward.device('pump-1');
      const doctor = await ward.signIn('dr-a');
      const bytes = await doctor.prepare(pump, nudge(pump));
      const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
      const stranger = { ...doctor.session, subject: '00'.repeat(16) };
      const wish = { command: bytes, approval, context: CONTEXT };
      await refuses(
        'E_SCOPE',
        ward.desk.sign(stranger, wish, () => undefined),
      );
      await until('the refusal is logged', () => storyOf(ward, bytes).length > 0);
      const logged = storyOf(ward, bytes);
      assert.deepEqual(typesOf(logged), ['refused']);
      assert.equal(logged[0]?.code, 'E_SCOPE');
    });

    it('a device nobody enrolled, and the refusal is in the log', async () => {
      const pump = ward.device('pump-1');
      const doctor = await ward.signIn('dr-a');
      const command = parseCommand(await doctor.prepare(pump, nudge(pump)));
      const bytes = encodeCommand({ ...command, device: new Uint8Array(8).fill(7) });
      await refuses('E_SCOPE', doctor.sign(pump, bytes));
      await until('the refusal is logged', () => storyOf(ward, bytes).length > 0);
      assert.deepEqual(typesOf(storyOf(ward, bytes)), ['refused']);
    });

    it('a passkey that the authority never certified', async () => {
      const pump = ward.device('pump-1');
      const doctor = await ward.signIn('dr-a');
      const bytes = await doctor.prepare(pump, nudge(pump));
      const own = people(ward.folder)['dr-a'];
      const extra = softwarePasskey({ ...own, key: testPem('an extra passkey') });
      const approval = await extra.approve(challengeFor(nodeCrypto.sha256, 'command', bytes));
      const sent = ward.desk.sign(
        doctor.session,
        { command: bytes, approval, context: CONTEXT },
        () => undefined,
      );
      await refuses('E_ASSERTION_CRED', sent);
    });

    it("another clinician's signature in this one's session", async () => {
      const pump = ward.device('pump-1');
      const [a, b] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
      const command = await a.prepare(pump, nudge(pump));
      const approval = await b.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', command));
      await refuses(
        'E_ASSERTION',
        ward.desk.sign(a.session, { command, approval, context: CONTEXT }, () => undefined),
      );
    });

    it('a signature over other bytes', async () => {
      const pump = ward.device('pump-1');
      const doctor = await ward.signIn('dr-a');
      const command = await doctor.prepare(pump, nudge(pump));
      const other = await doctor.prepare(pump, program(PUMP.occlusion, 350));
      const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', other));
      const sent = ward.desk.sign(doctor.session, { command, approval, context: CONTEXT }, () => undefined);
      await refuses('E_ASSERTION', sent);
    });

    for (const [what, code, change] of [
      ['the wrong place in the sequence', 'E_COUNTER', { counter: 9 }],
      ['another patient', 'E_PATIENT', { patient: new Uint8Array(32) }],
      ['another profile', 'E_PROFILE', { profile: new Uint8Array(32) }],
      ['settings that are not those of the device', 'E_APPROVAL_STALE', { settings: new Uint8Array(32) }],
      ['a session the device never opened', 'E_NONCE', { nonce: new Uint8Array(16) }],
      ['a value beyond the limits', 'E_CMD_LIMIT', { changes: new Map([[PUMP.volume, 2]]) }],
    ] as const) {
      it(`a command for ${what}`, async () => {
        const pump = ward.device('pump-1');
        const doctor = await ward.signIn('dr-a');
        const command = parseCommand(await doctor.prepare(pump, nudge(pump)));
        await refuses(code, doctor.sign(pump, encodeCommand({ ...command, ...change })));
      });
    }
  });

  it('refuses a command signed before the settings changed', async () => {
    const pump = ward.device('pump-1');
    const [a, b] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    const early = await a.prepare(pump, program(PUMP.occlusion, 350));
    const meanwhile = await b.prepare(pump, nudge(pump));
    assert.equal((await b.sign(pump, meanwhile)).kind, 'done');
    await b.prepare(pump, nudge(pump)); // Somebody opens it again.
    const refusal = await refuses('E_NONCE', a.sign(pump, early));
    assert.match(refusal.message, /opened again since/);
    assert.notEqual(pump.therapy.acting.get(PUMP.occlusion), 350);
  });

  it('refuses a nonce that another life of the gateway has granted', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const { device, nonce } = parseCommand(bytes);
    // The gateway writes there too: wait for it, as it would wait for us.
    const db = new DatabaseSync(join(ward.config.folder, 'countersign.db'), { timeout: 5_000 });
    db.prepare('INSERT INTO granted(device, nonce) VALUES(?, ?)').run(device, nonce);
    db.close();
    const deliveries = countDeliveries(pump);
    await refuses('E_GRANT_USED', doctor.sign(pump, bytes));
    assert.equal(deliveries(), 0);
    assert.equal(stateOf(ward, bytes, doctor.session), 'expired');
    pump.forward(1_000); // The nonce dies, and with it what was granted.
  });

  it('refuses a nonce that was granted before, even when the device would still take it', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const [one, two] = [
      await doctor.prepare(pump, nudge(pump)),
      await doctor.prepare(pump, program(PUMP.occlusion, 350)),
    ];
    assert.equal((await doctor.sign(pump, one)).kind, 'done');
    const deliveries = countDeliveries(pump);
    await refuses('E_GRANT_USED', doctor.sign(pump, two));
    assert.equal(deliveries(), 0);
    const [intent, outcome] = storyOf(ward, two);
    assert.deepEqual([intent?.type, outcome?.type, outcome?.code], ['intent', 'outcome', 'E_GRANT_USED']);
    assert.deepEqual(ward.entries()[outcome?.index ?? -1], intent, 'the outcome names its intent');
    assert.equal(stateOf(ward, two, doctor.session), 'expired');
  });

  it('applies one of two identical submissions at once, with exactly one grant', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const deliveries = countDeliveries(pump);
    const both = await Promise.allSettled([doctor.sign(pump, bytes), doctor.sign(pump, bytes)]);
    const done = both.filter((each) => each.status === 'fulfilled');
    assert.equal(done.length, 1);
    assert.equal(deliveries(), 1);
    assert.equal(storyOf(ward, bytes).filter(({ type }) => type === 'intent').length, 1);
    assert.equal(stateOf(ward, bytes, doctor.session), 'applied');
  });

  it('takes one of two different commands at once; the other is told that the device is busy', async () => {
    const pump = ward.device('pump-1');
    const [a, b] = [await ward.signIn('dr-a'), await ward.signIn('dr-b')];
    const one = await a.prepare(pump, nudge(pump));
    const two = await b.prepare(pump, program(PUMP.occlusion, 375));
    const signed = async ({ passkey }: TestClinician, command: Bytes) => ({
      command,
      approval: await passkey.approve(challengeFor(nodeCrypto.sha256, 'command', command)),
      context: CONTEXT,
    });
    const wishes = [await signed(a, one), await signed(b, two)] as const;
    const first = ward.desk.sign(a.session, wishes[0], () => undefined);
    await refuses(
      'E_BUSY',
      ward.desk.sign(b.session, wishes[1], () => undefined),
    );
    assert.equal((await first).kind, 'sealed');
  });

  it('leaves a log that holds when every entry is hashed again', async () => {
    const report = await ward.walk();
    assert.equal(report.fault, null, report.fault?.what);
    assert.ok(report.entries > 10);
  });
});
