import assert from 'node:assert/strict';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  makeDeviceWorld,
  open,
  opened,
  refuse,
  refuseThenApply,
  reopened,
  switchOn,
} from '../support/device.ts';
import { approve, ISSUED, type Person, type World } from '../support/fixtures.ts';
import { testSigner } from '../support/keys.ts';
import { UP } from '../support/passkey.ts';
import { AMPLITUDE } from '../support/profile.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const list = (version: number, revoked: readonly number[] = [], by = world.authority) =>
  issueStatus({ version, issued: ISSUED, revoked }, by);
/** The fixtures number credentials by their place in the log: Alice is entry 1, Bob entry 2. */
const SERIAL = { alice: 1, bob: 2 };
const AGAIN = { changes: new Map([[1, 75]]) };

describe('the list of revoked credentials', () => {
  beforeEach(setUp);
  it('older than the one the device holds is refused', async () => {
    const bench = await opened(world, { state: { statusVersion: 2 } });
    const bundle = encodeBundle(await bundleWith(world));
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_STATUS', field: 'status.1' });
  });

  it('with the number of the one held but other contents is refused', async () => {
    const bench = await opened(world, { state: { statusVersion: 1, revoked: [99] } });
    const bundle = encodeBundle(await bundleWith(world));
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_STATUS', field: 'status.3' });
  });

  it('may run ahead by a thousand and no further', async () => {
    const status = await list(1 + 1_001);
    await refuseThenApply(world, await bundleWith(world, { bundle: { status } }), {
      code: 'E_STATUS',
      field: 'status.1',
    });
    const bench = await opened(world);
    await apply(bench, await bundleWith(world, { bundle: { status: await list(1 + 1_000) } }));
    assert.equal((await open(bench)).statusVersion, 1_001);
  });

  it('by another key, or by one that claims the authority’s name, is refused', async () => {
    const stranger = testSigner('stranger');
    for (const by of [stranger, { ...stranger, key: world.authority.key }]) {
      const status = await list(2, [], by);
      await refuseThenApply(world, await bundleWith(world, { bundle: { status } }), { code: 'E_STATUS' });
    }
  });

  it('with its serials out of order, or one of them twice, is refused', async () => {
    for (const revoked of [[5, 4], [4, 4]]) {
      const status = await list(2, revoked);
      await refuseThenApply(world, await bundleWith(world, { bundle: { status } }), { code: 'E_STATUS', field: 'status.3' });
    } // prettier-ignore
  });

  it('ends what a revoked person may sign', async () => {
    const status = await list(2, [SERIAL.alice]);
    await refuseThenApply(world, await bundleWith(world, { bundle: { status } }), {
      code: 'E_ASSERTION_CRED',
      field: 'credential.serial',
    });
  });

  it('is remembered only when the command it came with was accepted', async () => {
    const bench = await opened(world);
    const status = await list(9, [SERIAL.bob]);
    const bundle = await bundleWith(world, { bundle: { status } });
    const approvals = [await approve(world.alice, bundle.command, { flags: UP })];
    const deliver = { kind: 'deliver', bundle: encodeBundle({ ...bundle, approvals }) } as const;
    await refuse(bench, deliver, { code: 'E_ASSERTION' });
    await apply(bench, bundle);
    assert.equal(bench.device.state.statusVersion, 9);
    assert.deepEqual(bench.device.state.revoked, [SERIAL.bob]);
  });

  it('counts while it is the one held, without being verified again, and across a power cut', async () => {
    const bench = await opened(world);
    const status = await list(2, [SERIAL.bob]);
    await apply(bench, await bundleWith(world, { bundle: { status } }));
    const people: readonly Person[] = [world.alice, world.bob];
    for (const device of [bench, await switchOn(world, { storage: bench.storage })]) {
      const now = await reopened(device);
      const command = { changes: new Map([[AMPLITUDE, 20]]) };
      const bundle = encodeBundle(await bundleWith(now, { command, people, bundle: { status } }));
      await refuse(
        device,
        { kind: 'deliver', bundle },
        { code: 'E_ASSERTION_CRED', field: 'credential.serial' },
      );
    }
  });

  it('of another version is verified, even on a device that holds one', async () => {
    const bench = await opened(world);
    await apply(bench, await bundleWith(world));
    const now = await reopened(bench);
    const status = await list(2, [SERIAL.alice]);
    const bundle = encodeBundle(await bundleWith(now, { command: AGAIN, bundle: { status } }));
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_ASSERTION_CRED' });
  });
});
