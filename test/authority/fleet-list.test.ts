import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Enrolled } from '../../clients/authority/enrolled.ts';
import { FleetList } from '../../clients/authority/fleet.ts';
import { type Cbor, encode } from '../../server/protocol/encoding/cbor.ts';
import { sign1 } from '../../server/protocol/encoding/cose.ts';
import { openFleet } from '../../server/protocol/fleet/fleet.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';

const NOW = 1_790_000_000_000;

describe('the list that an authority publishes', () => {
  const signer = testSigner('authority');
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleet-list-'));
    mkdirSync(join(folder, 'published'));
    file = join(folder, 'published', 'fleet.bin');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is signed anew where it is from before there were roots: no tablet could show a device by it', async () => {
    const [version, issued] = [4, NOW / 1000];
    const said = new Map<number, Cbor>([[1, 1], [2, version], [3, issued], [4, []], [5, [['station-1', []]]]]); // prettier-ignore
    writeFileSync(file, await sign1('fleet', encode(said), signer));
    const list = new FleetList({
      published: join(folder, 'published'),
      enrolled: new Enrolled(join(folder, 'enrolled')),
      signer,
      now: () => NOW,
      audit: () => undefined,
    });
    assert.equal(await list.publish(), true);
    const fresh = await openFleet(nodeCrypto, new Uint8Array(readFileSync(file)), [signer.key]);
    assert.deepEqual([fresh.version, fresh.root !== undefined], [version + 1, true]);
    assert.equal(await list.publish(), false, 'once');
  });
});
