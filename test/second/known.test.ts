import assert from 'node:assert/strict';
import { readAnchors } from '../../clients/second/check/anchors.ts';
import { Wrong } from '../../clients/second/check/bytes.ts';
import { knownDevice } from '../../clients/second/gate/known.ts';
import { Lists } from '../../clients/second/gate/lists.ts';
import { base64url, hex } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import type { ListedDevice } from '../../server/protocol/fleet/fleet-device.ts';
import { listingOf } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
import { testSigner } from '../support/keys.ts';

/** What the gateway answers of a device, as the second signer’s page takes it. */
async function known(
  more: Partial<ListedDevice> = {},
  { version = 7, seen = new Map<string, number>(), by = undefined as Signer | undefined } = {},
) {
  const world = await makeWorld();
  const listing = await listingOf(world, { name: 'bed 4', ...more }, by, version);
  const said = {
    name: 'whatever the gateway likes',
    listing: base64url(listing),
    profile: base64url(world.profileBytes),
  };
  const kept = new Map<string, unknown>([['lists', seen]]);
  const lists = new Lists({
    get: (name) => Promise.resolve(kept.get(name)),
    put: (name, value) => Promise.resolve(void kept.set(name, value)),
  });
  const anchors = await readAnchors(new Uint8Array(world.anchorsBytes));
  const found = await knownDevice({ ask: () => Promise.resolve(said) }, anchors, lists, hex(world.deviceId));
  return { found, kept, by: hex((by ?? world.authority).key.kid) };
}

describe('the second signer’s page knows a device', () => {
  it('as the authority lists it, whatever the gateway calls it', async () => {
    const { found, kept, by } = await known();
    assert.equal(found.name, 'bed 4');
    assert.deepEqual(kept.get('lists'), new Map([[by, 7]]));
  });

  it('never by a list of somebody else, the row of another device, or another profile', async () => {
    await assert.rejects(known({}, { by: testSigner('gateway') }), Wrong);
    await assert.rejects(known({ id: new Uint8Array(8) }), Wrong);
    await assert.rejects(known({ profile: new Uint8Array(32) }), Wrong);
  });

  it('by no older list than it has seen of the same key', async () => {
    const { by } = await known();
    await assert.rejects(known({}, { version: 7, seen: new Map([[by, 8]]) }), Wrong);
    assert.ok(await known({}, { version: 8, seen: new Map([[by, 8]]) }));
  });
});
