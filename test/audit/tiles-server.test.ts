import assert from 'node:assert/strict';
import { tilesServer } from '../../server/audit/tiles-server.ts';
import { text } from '../../server/protocol/encoding/bytes.ts';
import { leafHash, nodeHash, root } from '../../server/protocol/log/merkle.ts';
import { parseCheckpoint, parseNote } from '../../server/protocol/log/note.ts';
import { decodeBundle } from '../../server/protocol/log/tiles.ts';
import { type World, entry, sha256, world } from './world.ts';

describe('The tiles of the log', () => {
  let here: World;
  afterEach(() => here.end());

  it('let a stranger rebuild the signed root from hashes, and an auditor from entries', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    const get = tilesServer(store);
    assert.equal(get('checkpoint').status, 404);
    const entries = Array.from({ length: 530 }, () => entry());
    for (let i = 0; i < entries.length; i += 53) await log.append(entries.slice(i, i + 53));
    await log.stop();
    const checkpoint = parseCheckpoint(parseNote(text(get('checkpoint').body)).body);
    assert.equal(checkpoint.size, 530);

    const bundles = ['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/18'].map(get);
    assert.ok(bundles.every(({ status, auditorsOnly }) => status === 200 && auditorsOnly));
    const leaves = bundles.flatMap(({ body }) => decodeBundle(body)).map((each) => leafHash(sha256, each));
    assert.deepEqual(root(sha256, leaves), checkpoint.root);

    const [full, upper, rest] = ['tile/0/000', 'tile/1/000.p/2', 'tile/0/002.p/18'].map(get);
    assert.ok(full && upper && rest);
    assert.deepEqual(full.body.subarray(0, 32), leaves[0]);
    assert.deepEqual(upper.body.subarray(0, 32), root(sha256, leaves.slice(0, 256)));
    const both = nodeHash(sha256, upper.body.subarray(0, 32), upper.body.subarray(32, 64));
    assert.deepEqual(nodeHash(sha256, both, root(sha256, leaves.slice(512))), checkpoint.root);
    assert.equal(rest.body.length, 18 * 32);
    assert.match(full.cache, /immutable/);
  });

  it('show nothing that no witness has cosigned, and nothing else', async () => {
    here = await world();
    const store = here.openStore();
    const log = await here.openLog(store);
    await log.append([entry(), entry()]);
    await log.stop();
    const get = tilesServer(store);
    assert.equal(get('tile/0/000.p/2').status, 200);
    for (const path of [
      'tile/0/000.p/3',
      'tile/0/000',
      'tile/1/000.p/1',
      '../store',
      'tile/0/000.p/02',
      '',
    ]) {
      assert.equal(get(path).status, 404, path);
    }
  });
});
