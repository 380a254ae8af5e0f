import assert from 'node:assert/strict';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
import { judgeBundle, remembering } from '../support/judge.ts';
import { nodeCrypto } from '../support/keys.ts';

describe('a bundle that two people signed', () => {
  let whole: Case;
  let bytes: Bytes;
  const crypto = remembering(nodeCrypto);
  before(async () => {
    whole = await makeCase(await makeWorld());
    bytes = encodeBundle(whole.bundle);
  });
  const judge = (changed: Bytes): Promise<void> => judgeBundle(changed, whole.world.anchors, crypto);

  it('passes every step of the protocol', () => judge(bytes));

  it('is refused with any single bit changed, wherever it is', async function () {
    this.timeout(120_000);
    const changed = bytes.slice();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      const byte = bytes[at] ?? 0;
      changed[at] = byte ^ (1 << (bit & 7));
      await assert.rejects(judge(changed), Refusal, `bit ${bit & 7} of byte ${at}`);
      changed[at] = byte;
    }
  });

  it('is refused when any two of its parts change places', async () => {
    const { bundle } = whole;
    const [first, second] = [bundle.credentials, bundle.credentials.toReversed()];
    for (const mixed of [
      { ...bundle, approvals: bundle.approvals.toReversed() },
      { ...bundle, credentials: second },
      { ...bundle, status: bundle.grant },
      { ...bundle, grant: bundle.status },
      { ...bundle, proof: first[0]?.proof ?? bundle.proof },
      { ...bundle, command: bundle.grant },
    ]) {
      await assert.rejects(judge(encodeBundle(mixed)), Refusal);
    }
  });

  it('needs one credential for each approval', async () => {
    const { bundle } = whole;
    await assert.rejects(
      judge(encodeBundle({ ...bundle, credentials: bundle.credentials.slice(0, 1) })),
      Refusal,
    );
    await assert.rejects(judge(encodeBundle({ ...bundle, approvals: [], credentials: [] })), Refusal);
  });
});
