import assert from 'node:assert/strict';
import { encodeBundle, MAX_BUNDLE } from '../../server/protocol/bundle.ts';
import { concat } from '../../server/protocol/encoding/bytes.ts';
import { type Command, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { encodeRequest, MAX_MESSAGE } from '../../server/protocol/link/wire.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  deliver,
  makeDeviceWorld,
  open,
  opened,
  receiptIn,
  refuse,
  refuseThenApply,
  reopened,
  switchOn,
} from '../support/device.ts';
import { draft, makeBundle, type World } from '../support/fixtures.ts';
import { testBytes } from '../support/keys.ts';
import { AMPLITUDE, LOWER } from '../support/profile.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

/** A command that is wrong in one place, with everything else about it genuine. */
const wrong: readonly [what: string, change: (world: World) => Partial<Command>, RefusalCode, string][] = [
  ['for the nonce of another session', () => ({ nonce: testBytes('x', 16) }), 'E_NONCE', 'command.3'],
  ['for another device', () => ({ device: testBytes('x', 8) }), 'E_GRANT_DEVICE', 'command.2'],
  ['with the counter of the last command', () => ({ counter: 41 }), 'E_COUNTER', 'command.4'],
  ['with a counter too far ahead', () => ({ counter: 43 }), 'E_COUNTER', 'command.4'],
  ['for another patient', () => ({ patient: testBytes('x') }), 'E_PATIENT', 'command.9'],
  ['for another profile', () => ({ profile: testBytes('x') }), 'E_PROFILE', 'command.5'],
  ['signed over settings that no longer stand', () => ({ settings: testBytes('x') }), 'E_APPROVAL_STALE', 'command.6'],
  ['with the emergency’s operation, at the ordinary door', () => ({ operation: OPERATION.safeMode, changes: new Map() }), 'E_ROUTE', 'command.7'],
  ['with an operation the profile does not have', () => ({ operation: OPERATION.firmware }), 'E_ROUTE', 'command.7'],
]; // prettier-ignore

describe('where a command belongs', () => {
  beforeEach(setUp);
  it('a genuine command for one person is applied, once, and acts', async () => {
    const bench = await opened(world);
    const receipt = await apply(bench, await makeBundle(world));
    assert.equal(receipt.counter, 42);
    assert.equal(receipt.readBack.get(LOWER), 70);
    assert.equal(bench.therapy.acting.get(LOWER), 70);
  });

  it('a genuine command for two people is applied', async () => {
    const bench = await opened(world);
    const command = encodeCommand(draft(world, { changes: new Map([[AMPLITUDE, 20]]) }));
    const receipt = await apply(bench, await makeBundle(world, command, [world.alice, world.bob]));
    assert.deepEqual(receipt.kids, [world.alice, world.bob].map(({ signer }) => signer.key.kid)); // prettier-ignore
    assert.equal(bench.therapy.acting.get(AMPLITUDE), 20);
  });

  for (const [what, change, code, field] of wrong) {
    it(`a command ${what} is refused at no cost`, async () => {
      const command = change(world);
      const grant = command.nonce ? { nonce: command.nonce } : {};
      await refuseThenApply(world, await bundleWith(world, { command, grant }), { code, field, work: 0 });
    });
  }

  it('a device that was never opened takes nothing', async () => {
    for (const ticks of [0, 1_000]) {
      const bench = await switchOn(world, { state: { ticks, timeTick: ticks } });
      const bundle = encodeBundle(await makeBundle(world));
      await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_NONCE', work: 0 });
    }
  });

  it('a command is not taken again in the next session', async () => {
    const bench = await opened(world);
    await apply(bench, await makeBundle(world));
    const next = await reopened(bench);
    const replay = await bundleWith(next, { command: { nonce: world.attestation.nonce } });
    await refuse(bench, { kind: 'deliver', bundle: encodeBundle(replay) }, { code: 'E_NONCE', work: 0 });
  });

  it('the order of the checks is the order of the protocol: cheap before costly', async () => {
    const bench = await opened(world);
    const all = await bundleWith(world, {
      command: {
        device: testBytes('x', 8),
        counter: 1,
        patient: testBytes('x'),
        settings: testBytes('x'),
        changes: new Map([[99, 1]]),
      },
    });
    const deliver = { kind: 'deliver', bundle: encodeBundle(all) } as const;
    await refuse(bench, deliver, { code: 'E_GRANT_DEVICE', work: 0 });
  });
});

describe('the size and the framing of a message', () => {
  beforeEach(setUp);
  it('a message longer than the bound is refused unread', async () => {
    const bench = await opened(world);
    const long = new Uint8Array(MAX_MESSAGE + 1);
    await refuse(bench, long, { code: 'E_CMD_MALFORMED', field: 'message', work: 0 });
  });

  it('a bundle longer than the bound is refused unread', async () => {
    const long = await bundleWith(world, { bundle: { status: new Uint8Array(MAX_BUNDLE) } });
    await refuseThenApply(world, long, { code: 'E_CMD_MALFORMED', field: 'bundle', work: 0 });
  });

  it('a message of a kind that does not exist is refused', async () => {
    const bench = await opened(world);
    await refuse(bench, Uint8Array.of(0x81, 0x18, 0x63), { code: 'E_ROUTE', field: 'message.0', work: 0 });
  });

  it('nothing, a cut message and a message with a tail are refused', async () => {
    const bench = await opened(world);
    const whole = encodeRequest({ kind: 'deliver', bundle: encodeBundle(await makeBundle(world)) });
    const bad = [new Uint8Array(), whole.subarray(0, -1), concat(whole, Uint8Array.of(0))];
    for (const message of bad) await refuse(bench, message, { code: 'E_CMD_MALFORMED', work: 0 });
    await apply(bench, await makeBundle(world));
  });

  it('a command of another protocol version is refused', async () => {
    const bytes = encodeCommand(draft(world));
    const version = bytes.indexOf(1, 2);
    const command = bytes.with(version, 2);
    await refuseThenApply(world, await bundleWith(world, { bundle: { command } }), {
      code: 'E_VERSION',
      work: 0,
    });
  });

  it('a bundle with fewer credentials than approvals is refused', async () => {
    const bundle = await bundleWith(world, { people: [world.alice, world.bob] });
    const short = { ...bundle, credentials: bundle.credentials.slice(0, 1) };
    await refuseThenApply(world, short, { code: 'E_CMD_MALFORMED', field: 'bundle.credentials', work: 0 });
  });
});

describe('how long a device waits', () => {
  beforeEach(setUp);
  const amplitude = { changes: new Map([[AMPLITUDE, 20]]) };

  it('one person has 120 ticks from when the nonce was last shown', async () => {
    const bench = await opened(world);
    const bundle = await bundleWith(world, { grant: { notAfterTick: 9_999 } });
    bench.clock.seconds = 121;
    const late = { kind: 'deliver', bundle: encodeBundle(bundle) } as const;
    await refuse(bench, late, { code: 'E_NONCE', field: 'command.3', work: 0 });
    await open(bench);
    bench.clock.seconds = 241;
    await apply(bench, bundle);
  });

  it('two people have 900 ticks from its birth, and showing it again gives no more', async () => {
    const people = [world.alice, world.bob];
    const bundle = await bundleWith(world, { command: amplitude, people, grant: { notAfterTick: 9_999 } });
    const bench = await opened(world);
    bench.clock.seconds = 900;
    assert.equal((await open(bench)).ticksLeft, 0);
    await apply(bench, bundle);
    const late = await opened(world);
    late.clock.seconds = 899;
    await open(late);
    late.clock.seconds = 901;
    await refuse(late, { kind: 'deliver', bundle: encodeBundle(bundle) }, { code: 'E_NONCE', work: 0 });
  });

  it('two people have their time also for what one of them could sign, as a hospital may ask of them', async () => {
    const people = [world.alice, world.bob];
    const bundle = await bundleWith(world, { people, grant: { notAfterTick: 9_999 } });
    const bench = await opened(world);
    bench.clock.seconds = 899;
    await apply(bench, bundle);
  });

  it('a nonce dies when the power is cut', async () => {
    const before = await opened(world);
    const after = await switchOn(world, { storage: before.storage });
    const bundle = encodeBundle(await makeBundle(world));
    await refuse(after, { kind: 'deliver', bundle }, { code: 'E_NONCE', work: 0 });
  });

  it('opening again shows the same nonce and the ticks left, until its time is out', async () => {
    const bench = await opened(world);
    bench.clock.seconds = 300;
    const again = await open(bench);
    assert.deepEqual(again.nonce, world.attestation.nonce);
    assert.equal(again.ticksLeft, 600);
    bench.clock.seconds = 901;
    const fresh = await open(bench);
    assert.notDeepEqual(fresh.nonce, world.attestation.nonce);
    assert.equal(fresh.ticksLeft, 900);
  });

  it('a clock on the wall plays no part: the same bundle is judged the same, decades apart', async () => {
    const { now } = Date;
    try {
      for (const year of [1970, 2099]) {
        Date.now = () => Date.UTC(year, 0);
        const bench = await opened(world);
        await apply(bench, await makeBundle(world));
      }
    } finally {
      Date.now = now;
    }
  });
});

describe('the mode of a device', () => {
  beforeEach(setUp);
  const resume = { operation: OPERATION.resume, changes: new Map() };
  const both = (): World['alice'][] => [world.alice, world.bob];

  it('in safe mode nothing is taken but what re-arms it', async () => {
    for (const command of [{}, { operation: OPERATION.stop, changes: new Map() }]) {
      const bench = await opened(world, { state: { mode: 'safe-mode' } });
      const bundle = encodeBundle(await bundleWith(world, { command, people: both() }));
      await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_SAFE_STATE', field: 'command.7', work: 0 });
    }
  });

  it('two people and somebody at the device start it again', async () => {
    for (const mode of ['safe-mode', 'stopped'] as const) {
      const bench = await opened(world, { state: { mode } });
      bench.therapy.pressConfirm();
      await apply(bench, await bundleWith(world, { command: resume, people: both() }));
      assert.equal(bench.therapy.mode, 'running');
      assert.equal((await open(bench)).mode, 'running');
    }
  });

  it('a device that runs cannot be started again', async () => {
    const bundle = await bundleWith(world, { command: resume, people: both() });
    await refuseThenApply(world, bundle, { code: 'E_SAFE_STATE', field: 'command.7', work: 0 });
  });

  it('two people stop it; one does not', async () => {
    const command = { operation: OPERATION.stop, changes: new Map() };
    await refuseThenApply(world, await bundleWith(world, { command }), { code: 'E_DUAL_REQUIRED', work: 0 });
    const bench = await opened(world);
    await apply(bench, await bundleWith(world, { command, people: both() }));
    assert.equal(bench.therapy.mode, 'stopped');
  });

  it('starting again without anybody at the device is refused, on the record, and spends the nonce', async () => {
    const bench = await opened(world, { state: { mode: 'stopped' } });
    const bundle = await bundleWith(world, { command: resume, people: both() });
    const receipt = await receiptIn(bench, await deliver(bench, bundle));
    assert.equal(receipt.code, 'E_INTENT_REQUIRED');
    assert.equal(bench.therapy.mode, 'stopped');
    const fresh = await reopened(bench);
    assert.notDeepEqual(fresh.attestation.nonce, world.attestation.nonce);
  });

  it('somebody at the device counts for one command only', async () => {
    const bench = await opened(world, { state: { mode: 'stopped' } });
    bench.therapy.pressConfirm();
    await apply(bench, await bundleWith(world, { command: resume, people: both() }));
    const stop = { operation: OPERATION.stop, changes: new Map() };
    await apply(bench, await bundleWith(await reopened(bench), { command: stop, people: both() }));
    const again = await bundleWith(await reopened(bench), { command: resume, people: both() });
    assert.equal((await receiptIn(bench, await deliver(bench, again))).code, 'E_INTENT_REQUIRED');
  });
});
