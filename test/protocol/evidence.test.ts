import assert from 'node:assert/strict';
import { type Anchors, issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import { encodeEvidence, type Evidence, parseEvidence } from '../../server/protocol/evidence/evidence.ts';
import { issueProfile } from '../../server/protocol/profile.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import type { CheckId } from '../../server/protocol/verify/run-checks.ts';
import { type Case, caseOf, makeCase, makePrimedCase } from '../support/evidence.ts';
import { draft, ISSUED, makeBundle, makeOutcome, makeReceipt, makeWorld } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { AMPLITUDE, LOWER, testProfile } from '../support/profile.ts';

const judge = (bytes: Bytes, trusted?: Pick<Anchors, 'authorities' | 'recovery'>) =>
  verifyEvidence(nodeCrypto, bytes, trusted);

/** Verdicts of a changed case: the overall one, and the checks that did not pass. */
async function verdictOf({ world, evidence }: Case, changes: Partial<Evidence>) {
  const report = await judge(encodeEvidence({ ...evidence, ...changes }), world.anchors);
  const ids = (verdict: string): CheckId[] =>
    report.checks.filter((check) => check.verdict === verdict).map(({ id }) => id);
  return { verdict: report.verdict, failed: ids('FAIL'), open: ids('NOT CHECKED') };
}

describe('evidence of one command', () => {
  let whole: Case;
  before(async () => {
    whole = await makeCase(await makeWorld());
  });

  it('is verified by nine checks when everything is there', async () => {
    const report = await judge(whole.bytes, whole.world.anchors);
    assert.deepEqual(
      report.checks.filter(({ verdict }) => verdict !== 'PASS'),
      [],
    );
    assert.equal(report.checks.length, 9);
    assert.equal(report.verdict, 'VERIFIED');
    assert.ok(report.story.includes('Amplitude [3]: 2.5 V -> 2.0 V'));
    assert.ok(report.story.includes('the device answered applied in receipt 58'));
  });

  it('tells how the second person checked, and finds a check that the anchors do not admit', async () => {
    const says = async (bytes: Bytes, verdict: string): Promise<string> => {
      const report = await judge(bytes, whole.world.anchors);
      const people = report.checks.find(({ id }) => id === 'people');
      assert.deepEqual(
        [report.verdict, people?.verdict],
        verdict === 'PASS' ? ['VERIFIED', verdict] : ['FAILED', verdict],
      );
      return people?.says ?? '';
    };
    assert.match(
      await says(whole.bytes, 'PASS'),
      /the second entered the values again \(independent entry\)/u,
    );
    const admitting = await makeWorld({ anchors: { primedChecks: true } });
    assert.match(await says((await makePrimedCase(admitting)).bytes, 'PASS'), /\(review only, primed\)/u);
    assert.match(await says((await makePrimedCase(await makeWorld())).bytes, 'FAIL'), /E_DUAL_REQUIRED/u);
    const hidden = await makePrimedCase(admitting, { label: 'primed' });
    assert.ok((await verdictOf(hidden, {})).failed.includes('signatures'), 'the log kept it to itself');
  });

  it('says of an operation without values that the second person agreed, and that nothing was asked to change', async () => {
    const world = await makeWorld();
    const command = encodeCommand(draft(world, { operation: OPERATION.stop, changes: new Map() }));
    const one = await caseOf(world, await makeBundle(world, command, [world.alice, world.bob]));
    const report = await judge(one.bytes, world.anchors);
    const says = (id: CheckId) => report.checks.find((check) => check.id === id)?.says ?? '';
    assert.equal(report.verdict, 'VERIFIED');
    assert.match(
      says('people'),
      /the second person checked the patient and agreed; there were no values to enter$/u,
    );
    assert.equal(says('readBack'), 'no setting was asked to change, and every setting reads back as before');
    assert.match(says('checkpoint'), /the outcome at the latest \S+ \(newest checkpoint\)$/u);
    assert.doesNotMatch(report.story.join('\n'), /independent entry/u);
  });

  it('reads back what was written', () => {
    assert.deepEqual(parseEvidence(whole.bytes), whole.evidence);
  });

  it('is incomplete, not verified, when nobody vouches for the keys', async () => {
    const report = await judge(whole.bytes);
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.deepEqual(
      report.checks.filter(({ verdict }) => verdict !== 'PASS').map(({ id }) => id),
      ['credentials'],
    );
  });

  it('is neither verified nor failed for a command that was never granted', async () => {
    const none = { bundle: new Uint8Array(), attestation: new Uint8Array(), receipt: new Uint8Array() };
    const { verdict, failed, open } = await verdictOf(whole, none);
    assert.equal(verdict, 'INCOMPLETE');
    assert.deepEqual(failed, []);
    assert.ok(open.includes('grant') && open.includes('signatures') && open.includes('receipt'));
  });

  it('fails under the keys of another hospital', async () => {
    const other = { authorities: [testSigner('other').key], recovery: whole.world.anchors.recovery };
    const report = await judge(whole.bytes, other);
    assert.equal(report.verdict, 'FAILED');
    assert.equal(report.checks.find(({ id }) => id === 'credentials')?.verdict, 'FAIL');
  });

  it('does not verify a forger’s whole world, even one that verifies by itself', async () => {
    const [authority, recovery] = [testSigner('forger'), testSigner('forger 2')];
    const anchors = { ...whole.world.anchors, authorities: [authority.key], recovery: recovery.key };
    const forged = await issueAnchors(anchors, authority, recovery);
    assert.ok((await verdictOf(whole, { anchors: forged })).failed.includes('credentials'));
  });

  it('names the profile that the maker did not sign, and still makes every other check', async () => {
    const profile = await issueProfile(testProfile, testSigner('not the maker'));
    const result = await verdictOf(whole, { profile });
    assert.deepEqual(result, { verdict: 'FAILED', failed: ['bytes'], open: [] });
  });

  it('finds a swapped receipt, both at the device’s word and in the log', async () => {
    const { world, bundle } = whole;
    const receipt = await makeReceipt(world, bundle, world.attestation.settings, { readBack: new Map() });
    const result = await verdictOf(whole, { receipt });
    assert.deepEqual(result.failed, ['readBack', 'inclusion']);
  });

  it('finds a receipt that another device signed', async () => {
    const { world, bundle } = whole;
    const stranger = { ...world, device: testSigner('another device') };
    const receipt = await makeReceipt(stranger, bundle, world.attestation.settings);
    assert.ok((await verdictOf(whole, { receipt })).failed.includes('receipt'));
  });

  it('finds a read-back that differs from what was set', async () => {
    const { world, bundle } = whole;
    const after = new Map([...world.attestation.settings, [AMPLITUDE, 20]]);
    const receipt = await makeReceipt(world, bundle, after, { readBack: world.attestation.settings });
    const outcome = await makeOutcome(world, bundle, receipt);
    assert.deepEqual((await verdictOf(whole, { receipt, outcome })).failed, ['readBack']);
  });

  it('finds an outcome from a log that the anchors do not name', async () => {
    const { world, bundle, evidence } = whole;
    for (const log of [new TestLog('foreign'), new TestLog('log', 'stranger')]) {
      for (const entry of world.log.entries) log.entries.push(entry);
      const outcome = await makeOutcome({ ...world, log }, bundle, evidence.receipt);
      assert.deepEqual((await verdictOf(whole, { outcome })).failed, ['checkpoint']);
    }
  });

  it('finds an intent entry in the place of the outcome', async () => {
    assert.deepEqual((await verdictOf(whole, { outcome: whole.bundle.proof })).failed, ['inclusion']);
  });

  it('finds a revoked passkey, and a list that the authority did not sign', async () => {
    const revoked = { version: 2, issued: ISSUED, revoked: [2] };
    for (const signer of [whole.world.authority, testSigner('other')]) {
      const status = await issueStatus(revoked, signer);
      const bundle = encodeBundle({ ...whole.bundle, status });
      assert.deepEqual((await verdictOf(whole, { bundle })).failed, ['credentials']);
    }
  });

  it('finds an approval that was made for other bytes', async () => {
    const other = await makeBundle(whole.world, encodeCommand(draft(whole.world)), [
      whole.world.alice,
      whole.world.bob,
    ]);
    const bundle = encodeBundle({ ...whole.bundle, approvals: other.approvals });
    assert.deepEqual((await verdictOf(whole, { bundle })).failed, ['signatures']);
  });

  it('finds a change that needed two people and had one', async () => {
    const world = await makeWorld();
    const command = encodeCommand(draft(world, { changes: new Map([[AMPLITUDE, 20]]) }));
    const one = await caseOf(world, await makeBundle(world, command, [world.alice]));
    assert.deepEqual((await verdictOf(one, {})).failed, ['people', 'inclusion']);
  });

  it('finds one person behind two passkeys', async () => {
    const world = await makeWorld({ bob: { subject: testBytes('subject alice', 16) } });
    assert.deepEqual((await verdictOf(await makeCase(world), {})).failed, ['people']);
  });

  it('finds a value beyond the limits of the profile', async () => {
    const world = await makeWorld();
    const command = encodeCommand(draft(world, { changes: new Map([[LOWER, 115]]) }));
    const far = await caseOf(world, await makeBundle(world, command));
    assert.deepEqual((await verdictOf(far, {})).failed, ['bytes']);
  });

  it('finds a grant for other bytes, and one that names another log entry', async () => {
    for (const [changes, failed] of [
      [{ command: testBytes('other') }, ['grant']],
      [{ intentLeaf: testBytes('other') }, ['grant', 'receipt']],
    ] as const) {
      const world = await makeWorld();
      const bundle = await makeBundle(world, encodeCommand(draft(world)), [world.alice], changes);
      assert.deepEqual((await verdictOf(await caseOf(world, bundle), {})).failed, failed);
    }
  });

  it('is not verified with any one of its bytes changed', async function () {
    this.timeout(60_000);
    const { bytes, world } = whole;
    // Every 19th byte, a different bit each time: the whole of every message is touched, in a few seconds.
    for (let at = 0; at < bytes.length; at += 19) {
      const broken = bytes.slice();
      broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
      const { verdict } = await judge(broken, world.anchors);
      assert.notEqual(verdict, 'VERIFIED', `byte ${at}`);
    }
  });

  it('says of a file that is something else that it could not be checked', async () => {
    const report = await judge(encodeEvidence(whole.evidence).slice(0, -1), whole.world.anchors);
    assert.equal(report.verdict, 'FAILED');
    const other = await judge(Uint8Array.of(0x81, 0x01), whole.world.anchors);
    assert.equal(other.verdict, 'INCOMPLETE');
    assert.equal(other.checks.length, 9);
  });
});
