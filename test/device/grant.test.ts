import assert from 'node:assert/strict';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Grant } from '../../server/protocol/grant.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import type { Request } from '../../server/protocol/link/wire.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  type Bench,
  makeDeviceWorld,
  nfc,
  open,
  opened,
  refuse,
  refuseThenApply,
  send,
} from '../support/device.ts';
import { type World } from '../support/fixtures.ts';
import { testBytes, testSigner } from '../support/keys.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const delivery = async (changes: Parameters<typeof bundleWith>[1]): Promise<Request> => ({
  kind: 'deliver',
  bundle: encodeBundle(await bundleWith(world, changes)),
});

/** A grant the gateway signed for something else. */
const wrong: readonly [what: string, grant: Partial<Grant>, code: RefusalCode, field: string][] = [
  ['another device', { device: testBytes('x', 8) }, 'E_GRANT_DEVICE', 'grant.1'],
  ['another command', { command: testBytes('x') }, 'E_CMD_HASH', 'grant.2'],
  ['another session', { nonce: testBytes('x', 16) }, 'E_NONCE', 'grant.3'],
  ['a time that has passed', { notAfterTick: 999 }, 'E_GRANT_EXPIRED', 'grant.6'],
];

describe('a grant', () => {
  beforeEach(setUp);
  for (const [what, grant, code, field] of wrong) {
    it(`for ${what} is refused before its signature is looked at`, async () => {
      await refuseThenApply(world, await bundleWith(world, { grant }), { code, field, work: 0 });
    });
  }

  it('counts to the last tick it names, and not one longer', async () => {
    const bundle = await bundleWith(world);
    const inTime = await opened(world);
    inTime.clock.seconds = 60;
    await apply(inTime, bundle);
    const late = await opened(world);
    late.clock.seconds = 61;
    const message: Request = { kind: 'deliver', bundle: encodeBundle(bundle) };
    await refuse(late, message, { code: 'E_GRANT_EXPIRED', work: 0 });
  });

  it('signed by a key that is not trusted is refused at no cost', async () => {
    const bundle = await bundleWith(world, { gateway: testSigner('stranger') });
    await refuseThenApply(world, bundle, { code: 'E_GRANT', field: 'grant.kid', work: 0 });
  });

  it('may be signed by any of the gateway’s keys in the anchors', async () => {
    const next = testSigner('next gateway');
    world = await makeDeviceWorld({ anchors: { grantKeys: [world.gateway.key, next.key] } });
    for (const gateway of [world.gateway, next]) {
      await apply(await opened(world), await bundleWith(world, { gateway }));
    }
  });

  it('signed by a key that only claims the trusted name is refused', async () => {
    const forger = { ...testSigner('stranger'), key: world.gateway.key };
    const bundle = await bundleWith(world, { gateway: forger });
    await refuseThenApply(world, bundle, { code: 'E_GRANT', field: 'grant.signature', work: 1 });
  });

  it('with any one bit changed is refused', async () => {
    const bundle = await bundleWith(world);
    const bench = await opened(world, { strangers: { capacity: 100_000, ticksPerToken: 1 } });
    for (let bit = 0; bit < bundle.grant.length * 8; bit++) {
      const grant = flip(bundle.grant, bit);
      const answer = await send(bench, { kind: 'deliver', bundle: encodeBundle({ ...bundle, grant }) });
      assert.equal(answer.kind, 'refused', `bit ${bit}`);
    }
    await apply(bench, bundle);
  });
});

const flip = (bytes: Bytes, bit: number): Bytes =>
  bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));

describe('work that proves nothing', () => {
  beforeEach(setUp);
  const strangers = { capacity: 3, ticksPerToken: 10 };
  const forged = async (): Promise<Request> =>
    delivery({ gateway: { ...testSigner('stranger'), key: world.gateway.key } });

  async function exhaust(bench: Bench): Promise<void> {
    const message = await forged();
    for (let i = 0; i < strangers.capacity; i++) await refuse(bench, message, { code: 'E_GRANT', work: 1 });
    await refuse(bench, message, { code: 'E_RATE', field: 'grant', work: 0 });
  }

  it('forged grants cost a bounded number of signature checks', async () => {
    const bench = await opened(world, { strangers });
    await exhaust(bench);
    bench.clock.seconds = 9;
    await refuse(bench, await forged(), { code: 'E_RATE', work: 0 });
    bench.clock.seconds = 10;
    await refuse(bench, await forged(), { code: 'E_GRANT', work: 1 });
    await refuse(bench, await forged(), { code: 'E_RATE', work: 0 });
  });

  it('a budget that was long idle is not larger than when it was new', async () => {
    const bench = await opened(world, { strangers });
    bench.clock.seconds = 50;
    await exhaust(bench);
  });

  it('a genuine grant costs the strangers’ budget nothing', async () => {
    const bench = await opened(world, { strangers: { capacity: 1, ticksPerToken: 1_000 } });
    const refused = await delivery({ people: [world.bob], entry: { kids: [world.alice.signer.key.kid] } });
    for (let i = 0; i < 5; i++) await refuse(bench, refused, { code: 'E_LOG_PROOF' });
    await apply(bench, await bundleWith(world));
  });

  it('tapping a device again and again is bounded too', async () => {
    const bench = await opened(world, { strangers });
    for (let i = 0; i < strangers.capacity; i++) await open(bench, nfc);
    await refuse(bench, { kind: 'open' }, { code: 'E_RATE', field: 'open', work: 0 }, nfc);
    await open(bench);
    bench.clock.seconds = 10;
    await open(bench, nfc);
  });

  it('an accepted command shows that no stranger is in contact, and gives everything back', async () => {
    const bench = await opened(world, { strangers });
    for (let i = 1; i < strangers.capacity; i++) await open(bench, nfc); // the last one pays for the grant
    await apply(bench, await bundleWith(world));
    for (let i = 0; i < strangers.capacity; i++) await open(bench, nfc);
    await refuse(bench, { kind: 'open' }, { code: 'E_RATE', work: 0 }, nfc);
  });

  it('by default thirty taps come before the pause', async () => {
    const bench = await opened(world);
    for (let i = 0; i < 30; i++) await open(bench, nfc);
    await refuse(bench, { kind: 'open' }, { code: 'E_RATE', work: 0 }, nfc);
  });
});
