import assert from 'node:assert/strict';
import { judgeEntry, neverAnswered } from '../../clients/tablet/history/judge.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { encodeEvidence } from '../../server/protocol/evidence/evidence.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld, NOW } from '../support/fixtures.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';

describe('the proof of an entry in the history', () => {
  let whole: Case;
  let hash: string;
  before(async () => {
    whole = await makeCase(await makeWorld());
    hash = hex(nodeCrypto.sha256(whole.bundle.command));
  });

  const judge = ({ bytes = whole.bytes, of = hash, key = whole.world.device.key } = {}) =>
    judgeEntry(nodeCrypto, whole.world.anchors, bytes, of, key);

  it('is verified by nine checks with the tablet’s own anchors', async () => {
    const { verdict, checks } = await judge();
    assert.equal(verdict, 'VERIFIED');
    assert.equal(checks.length, 9);
  });

  it('has failed when it is good proof of another command', async () => {
    assert.deepEqual(await judge({ of: 'ab'.repeat(32) }), { verdict: 'FAILED', checks: [], other: true });
  });

  it('has failed when another device signed it than the one that was read', async () => {
    const { key } = testSigner('another device');
    assert.deepEqual(await judge({ key }), { verdict: 'FAILED', checks: [], other: true });
  });

  it('tells what was asked of a command that was refused on its way, and that the device gave no receipt', async () => {
    const { log, deviceId: device } = whole.world;
    const command = nodeCrypto.sha256(whole.bundle.command);
    const about = { device, command, index: whole.bundle.proof.index };
    const index = log.append({
      type: 'outcome',
      time: NOW * 1000 + 2,
      ...about,
      result: 3,
      code: 'E_CANCELLED',
    });
    const outcome = await log.proof(index, NOW + 2);
    const bytes = encodeEvidence({ ...whole.evidence, receipt: new Uint8Array(), outcome });
    const { verdict, checks, told } = await judge({ bytes });
    assert.equal(verdict, 'NOT CHECKED');
    assert.equal(neverAnswered(checks), true);
    assert.ok(told && told.receipt === undefined && told.settings.length > 0);
    assert.equal(neverAnswered((await judge()).checks), false);
    assert.equal((await judge({ bytes, key: testSigner('another device').key })).verdict, 'FAILED');
  });

  it('has failed when it was altered, and is not checked when it is of another version', async () => {
    const receipt = whole.evidence.receipt.slice();
    receipt[receipt.length - 1] = (receipt.at(-1) ?? 0) ^ 1;
    const altered = encodeEvidence({ ...whole.evidence, receipt });
    assert.equal((await judge({ bytes: altered })).verdict, 'FAILED');
    const [first = 0, ...rest] = whole.bytes;
    const text = Buffer.from([first, ...rest])
      .toString('latin1')
      .replace('evidence/v1', 'evidence/v9');
    const other = await judge({ bytes: new Uint8Array(Buffer.from(text, 'latin1')) });
    assert.equal(other.verdict, 'NOT CHECKED');
    assert.equal(other.checks.filter((check) => check.verdict === 'PASS').length, 0);
  });
});
