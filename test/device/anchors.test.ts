import assert from 'node:assert/strict';
import { type Anchors, issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { decode, encode, isArray } from '../../server/protocol/encoding/cbor.ts';
import { issueStatus } from '../../server/protocol/credential.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  makeDeviceWorld,
  nfc,
  open,
  opened,
  refuse,
  reopened,
  send,
  switchOn,
} from '../support/device.ts';
import { ISSUED, type World } from '../support/fixtures.ts';
import { testSigner } from '../support/keys.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const next = (changes: Partial<Anchors> = {}, authority?: Signer, recovery?: Signer) =>
  issueAnchors(
    { ...world.anchors, version: 2, ...changes },
    authority ?? world.authority,
    recovery ?? world.recovery,
  );

const take = async (bench: Awaited<ReturnType<typeof opened>>, anchors: Uint8Array) =>
  assert.deepEqual(await send(bench, { kind: 'anchors', anchors }), { kind: 'accepted' });

describe('what a device believes in', () => {
  beforeEach(setUp);
  it('changes when both keys sign the next version, and stays changed', async () => {
    const gateway = testSigner('next gateway');
    const bench = await opened(world);
    const old = encodeBundle(await bundleWith(world));
    await take(bench, await next({ grantKeys: [gateway.key] }));
    await refuse(bench, { kind: 'deliver', bundle: old }, { code: 'E_GRANT', field: 'grant.kid' });
    const again = await switchOn(world, { storage: bench.storage });
    const now = await reopened(again);
    assert.equal(now.attestation.anchorsVersion, 2);
    await apply(again, await bundleWith(now, { gateway }));
  });

  it('moves no counter, receipt, nonce or setting', async () => {
    const bench = await opened(world);
    const before = await open(bench);
    await take(bench, await next());
    assert.deepEqual(await open(bench), { ...before, anchorsVersion: 2 });
    await apply(bench, await bundleWith(world));
  });

  it('forgets what it verified under the anchors before', async () => {
    const authority = testSigner('next authority');
    const bench = await opened(world);
    await apply(bench, await bundleWith(world));
    await take(bench, await next({ authorities: [authority.key] }));
    const bundle = encodeBundle(
      await bundleWith(await reopened(bench), { command: { changes: new Map([[1, 75]]) } }),
    );
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_STATUS' });
    const status = await issueStatus({ version: 2, issued: ISSUED, revoked: [] }, authority);
    const again = encodeBundle(
      await bundleWith(await reopened(bench), {
        command: { changes: new Map([[1, 75]]) },
        bundle: { status },
      }),
    );
    await refuse(
      bench,
      { kind: 'deliver', bundle: again },
      { code: 'E_ASSERTION_CRED', field: 'credential.kid' },
    );
  });

  it('does not change by one key, by twice the same key, or by strangers', async () => {
    const bench = await opened(world);
    const [a, r, x] = [world.authority, world.recovery, testSigner('stranger')];
    const pairs: [Signer, Signer][] = [[a, a], [r, r], [r, a], [x, r], [a, x], [x, x]]; // prettier-ignore
    pairs.push([{ ...x, key: a.key }, r], [a, { ...x, key: r.key }], [a, { ...r, key: x.key }]);
    for (const [first, second] of pairs) {
      await refuse(bench, { kind: 'anchors', anchors: await next({}, first, second) }, { code: 'E_ANCHORS' });
    }
    await take(bench, await next());
  });

  it('does not change when the two keys signed different things', async () => {
    const bench = await opened(world);
    const [first] = halves(await next());
    const [, second] = halves(await next({ credentialAge: 0 }));
    const anchors = encode([first ?? 0, second ?? 0]);
    await refuse(bench, { kind: 'anchors', anchors }, { code: 'E_ANCHORS', field: 'anchors' });
  });

  it('takes the next version only: not the same, not one left out, not the last', async () => {
    const bench = await opened(world);
    for (const version of [0, 1, 3]) {
      const anchors = await next({ version });
      await refuse(bench, { kind: 'anchors', anchors }, { code: 'E_ANCHORS', field: 'anchors.2' });
    }
    await take(bench, await next());
    await refuse(
      bench,
      { kind: 'anchors', anchors: await next() },
      { code: 'E_ANCHORS', field: 'anchors.2' },
    );
    await refuse(bench, { kind: 'anchors', anchors: world.anchorsBytes }, { code: 'E_ANCHORS' });
    await take(bench, await next({ version: 3 }));
  });

  it('does not change to anchors under which its own profile would be a stranger’s', async () => {
    const bench = await opened(world);
    const anchors = await next({ profileMaker: testSigner('other maker').key });
    await refuse(bench, { kind: 'anchors', anchors }, { code: 'E_PROFILE' });
    await switchOn(world, { storage: bench.storage });
  });

  it('does not change to anchors that ask for a protocol it does not speak', async () => {
    const bench = await opened(world);
    const anchors = await next({ minimumProtocol: 2 });
    await refuse(bench, { kind: 'anchors', anchors }, { code: 'E_VERSION' });
  });

  it('nonsense is refused at no cost, and forgeries at a bounded cost', async () => {
    const bench = await opened(world, { strangers: { capacity: 2, ticksPerToken: 10 } });
    await refuse(bench, { kind: 'anchors', anchors: new Uint8Array(5) }, { code: 'E_ANCHORS', work: 0 });
    const stranger = testSigner('stranger');
    const forged = await next({}, { ...stranger, key: world.authority.key }, stranger);
    const message = { kind: 'anchors', anchors: forged } as const;
    for (let i = 0; i < 2; i++) await refuse(bench, message, { code: 'E_ANCHORS', work: 1 }, nfc);
    await refuse(bench, message, { code: 'E_RATE', field: 'anchors', work: 0 }, nfc);
    bench.clock.seconds = 10;
    await take(bench, await next());
    await take(bench, await next({ version: 3 }));
  });
});

function halves(pair: Uint8Array) {
  const both = decode(pair);
  if (!isArray(both)) throw new Error('a pair');
  return both;
}
