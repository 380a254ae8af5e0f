import assert from 'node:assert/strict';
import { memorySlots, type Storage } from '../../clients/device/sdk/slots.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { issueAnchors } from '../../server/protocol/anchors.ts';
import { encodeState, parseState } from '../../clients/device/sdk/state.ts';
import { bundleWith, emergencyWith } from '../support/bundles.ts';
import {
  apply,
  deliver,
  makeDeviceWorld,
  nfc,
  open,
  opened,
  receiptIn,
  refuse,
  reopened,
  send,
  stateOf,
  switchOn,
} from '../support/device.ts';
import type { World } from '../support/fixtures.ts';
import { AMPLITUDE, LOWER } from '../support/profile.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

type Fault = 'none' | 'before' | 'after' | 'deaf';

/** Storage that fails before it wrote, after it wrote, or so that nobody can tell. */
function faulty(): Storage & { fault: Fault } {
  const inner = memorySlots();
  return {
    fault: 'none',
    load() {
      return this.fault === 'deaf' ? Promise.reject(new Error('cannot be read')) : inner.load();
    },
    async save(record) {
      if (this.fault === 'before') throw new Error('cannot be written');
      await inner.save(record);
      if (this.fault !== 'none') throw new Error('may have been written');
    },
  };
}

describe('when the state cannot be stored', () => {
  beforeEach(setUp);
  it('the safe mode acts although nothing can be written down, and is on the record once it can', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    storage.fault = 'before';
    const { bytes: emergency } = await emergencyWith(world);
    const asked = { kind: 'emergency', emergency } as const;
    const refused = await send(bench, asked, nfc);
    assert.equal(refused.kind === 'refused' && refused.code, 'E_STORAGE');
    assert.equal(bench.therapy.mode, 'safe-mode');
    for (const [code, value] of world.profile.safeState) assert.equal(bench.therapy.acting.get(code), value);
    storage.fault = 'none';
    const receipt = await receiptIn(bench, await send(bench, asked, nfc));
    assert.equal(receipt.result, 'applied');
    assert.equal(bench.device.state.receiptNumber, receipt.number);
  });

  it('a command changes nothing, and is taken when storing works again', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    const bundle = await bundleWith(world);
    storage.fault = 'before';
    const message = { kind: 'deliver', bundle: encodeBundle(bundle) } as const;
    await refuse(bench, message, { code: 'E_STORAGE', field: 'device' });
    assert.equal(bench.therapy.acting.get(LOWER), 60);
    assert.equal(bench.device.state.statusVersion, world.attestation.statusVersion);
    storage.fault = 'none';
    const again = await switchOn(world, { storage });
    await apply(again, await bundleWith(await reopened(again)));
  });

  it('a refusal that cannot be put on the record is given without one', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    storage.fault = 'before';
    const people = [world.alice, world.alice];
    const command = { changes: new Map([[AMPLITUDE, 20]]) };
    const bundle = encodeBundle(await bundleWith(world, { people, command }));
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_STORAGE' });
  });

  it('anchors stay what they were', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    storage.fault = 'before';
    const next = { ...world.anchors, version: 2 };
    const anchors = await issueAnchors(next, world.authority, world.recovery);
    await refuse(bench, { kind: 'anchors', anchors }, { code: 'E_STORAGE' });
    assert.equal((await open(bench)).anchorsVersion, 1);
    storage.fault = 'none';
    assert.deepEqual(await send(bench, { kind: 'anchors', anchors }), { kind: 'accepted' });
  });

  it('a write that reported failure but happened counts: what is stored is what acts', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    storage.fault = 'after';
    const bundle = await bundleWith(world);
    const receipt = await apply(bench, bundle);
    assert.equal(bench.therapy.acting.get(LOWER), 70);
    storage.fault = 'none';
    const again = await switchOn(world, { storage });
    assert.deepEqual((await apply(again, bundle)).bytes, receipt.bytes);
    assert.equal(again.therapy.acting.get(LOWER), 70);
  });

  it('a device that cannot tell what it stored says so, and does not act on it', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    storage.fault = 'deaf';
    const answer = await deliver(bench, await bundleWith(world));
    assert.deepEqual(answer, { kind: 'refused', code: 'E_STORAGE', field: 'device' });
    assert.equal(bench.therapy.acting.get(LOWER), 60);
    assert.equal(bench.device.state.counter, world.attestation.counter);
  });

  it('therapy goes on with the settings that act', async () => {
    const storage = faulty();
    const bench = await opened(world, { storage });
    await apply(bench, await bundleWith(world));
    const next = await bundleWith(await reopened(bench), { command: { changes: new Map([[LOWER, 75]]) } });
    storage.fault = 'before';
    await deliver(bench, next);
    assert.equal(bench.therapy.acting.get(LOWER), 70);
    assert.equal((await open(bench)).settings.get(LOWER), 70);
  });
});

describe('hardware that fails', () => {
  beforeEach(setUp);
  it('while settings are staged leaves the old ones, and the command can be sent again', async () => {
    const bench = await opened(world);
    const stage = bench.therapy.stage.bind(bench.therapy);
    bench.therapy.stage = () => {
      throw new Error('a register does not answer');
    };
    const bundle = await bundleWith(world);
    await refuse(bench, { kind: 'deliver', bundle: encodeBundle(bundle) }, { code: 'E_STORAGE' });
    bench.therapy.stage = stage;
    await apply(bench, bundle);
  });
});

describe('stored state', () => {
  beforeEach(setUp);
  it('is read back exactly as it was written', async () => {
    const bench = await opened(world);
    const people = [world.alice, world.bob];
    const command = { changes: new Map([[AMPLITUDE, 20], [LOWER, 70]]) }; // prettier-ignore
    const receipt = await receiptIn(
      bench,
      await deliver(bench, await bundleWith(world, { people, command })),
    );
    assert.equal(receipt.result, 'applied');
    assert.deepEqual(parseState(encodeState(bench.device.state)), bench.device.state);
  });

  it('of another program is not guessed at', () => {
    const bytes = encodeState(stateOf(world));
    assert.throws(() => parseState(bytes.subarray(0, -1)), { code: 'E_STORAGE' });
    assert.throws(() => parseState(bytes.with(2, 2)), { code: 'E_STORAGE' });
    assert.throws(() => parseState(new Uint8Array()), { code: 'E_STORAGE' });
  });

  it('with a profile that its anchors do not vouch for does not start', async () => {
    const other = await makeDeviceWorld();
    const last = other.profileBytes.length - 1;
    const profile = other.profileBytes.with(last, (other.profileBytes[last] ?? 0) ^ 1);
    await assert.rejects(switchOn(world, { state: { profile } }), { code: 'E_PROFILE' });
  });
});
