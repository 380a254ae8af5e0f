import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../clients/cli/verify.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { CHECKS } from '../../server/protocol/verify.ts';
import { bundleOf, zipOf } from '../support/bundle-zip.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import { TAMPERINGS } from '../support/tamperings.ts';

const NAMES = Object.entries(CHECKS).map(([id, { name }]) => ({ id, name }));

describe('countersign verify, with one bundle in a folder of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cs-alone-'));
  let whole: Case;
  let fingerprint = '';
  before(async () => {
    whole = await makeCase(await makeWorld());
    fingerprint = rootsFingerprint(nodeCrypto.sha256, whole.world.anchors);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Exit code and output for a bundle, on a computer whose memory is in a file. */
  async function run(
    files: ReadonlyMap<string, Bytes>,
    memory: string,
  ): Promise<{ code: number; out: string }> {
    const file = join(folder, 'bundle.zip');
    writeFileSync(file, zipOf(files));
    const write = process.stdout.write.bind(process.stdout);
    let out = '';
    process.stdout.write = (chunk: string | Uint8Array): boolean => {
      out += String(chunk);
      return true;
    };
    try {
      const code = await verify.run([file, '--fingerprint', fingerprint, '--memory', join(folder, memory)]);
      return { code, out };
    } finally {
      process.stdout.write = write;
    }
  }

  it('verifies it by a fingerprint from paper, and keeps nothing but what it saw of the log', async () => {
    const { code, out } = await run(await bundleOf(whole), 'seen.json');
    assert.deepEqual([code, out.slice(0, 8)], [0, 'VERIFIED']);
    assert.deepEqual(readdirSync(folder).toSorted(), ['bundle.zip', 'seen.json']);
  });

  for (const { name, fails, make } of TAMPERINGS)
    it(`finds out ${name}`, async () => {
      const { files, before } = await make(whole);
      const memory = `${name.split('.')[0]}.json`;
      if (before) assert.equal((await run(before, memory)).code, 0);
      const { code, out } = await run(files, memory);
      assert.deepEqual([code, out.slice(0, 6)], [1, 'FAILED']);
      for (const id of fails) {
        const at = NAMES.findIndex((each) => each.id === id);
        assert.ok(out.includes(`✘ ${at + 1} ${NAMES[at]?.name}`), `${id}: ${out}`);
      }
    });
});
