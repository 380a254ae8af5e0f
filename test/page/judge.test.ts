import assert from 'node:assert/strict';
import { judgeEntry } from '../../clients/tablet/history/judge.ts';
import { hex } from '../../server/protocol/bytes.ts';
import { encodeEvidence } from '../../server/protocol/evidence.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
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
