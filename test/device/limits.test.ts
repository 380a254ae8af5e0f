import assert from 'node:assert/strict';
import { encodeAssociation } from '../../server/protocol/association.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  type Bench,
  deliver,
  type Expected,
  deviceProfile,
  makeDeviceWorld,
  opened,
  receiptIn,
  refuse,
  refuseThenApply,
  reopened,
  switchOn,
} from '../support/device.ts';
import type { World } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { AMPLITUDE, BATTERY, LOWER, PACING, UPPER } from '../support/profile.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

type Settings = readonly (readonly [code: number, value: number])[];

/** One person changes settings, starting from wherever the device stands. */
async function attempt(bench: Bench, settings: Settings, people = [world.alice]) {
  const now = await reopened(bench);
  return bundleWith(now, {
    people,
    command: { changes: new Map(settings) },
    grant: { notAfterTick: 1_000_000 },
  });
}

const change = async (bench: Bench, settings: Settings, people = [world.alice]) =>
  apply(bench, await attempt(bench, settings, people));

const refuseChange = async (bench: Bench, settings: Settings, expected: Expected) =>
  refuse(bench, { kind: 'deliver', bundle: encodeBundle(await attempt(bench, settings)) }, expected);

const LIMIT: [RefusalCode, string] = ['E_CMD_LIMIT', 'Upper rate'];
const RATE: [RefusalCode, string] = ['E_CMD_RATE_OF_CHANGE', 'Lower rate'];

const wrong: readonly [what: string, settings: Settings, code: RefusalCode, field: string][] = [
  ['below its range', [[UPPER, 85]], ...LIMIT],
  ['off its step', [[UPPER, 123]], ...LIMIT],
  ['that is not an option', [[PACING, 3]], 'E_CMD_LIMIT', 'Mode'],
  ['further than one command may go', [[LOWER, 85]], ...RATE],
  ['too close to another setting', [[LOWER, 80], [UPPER, 95]], 'E_CMD_LIMIT', 'joint rule'],
  ['that is already set', [[LOWER, 60]], 'E_CMD_SCHEMA', 'Lower rate'],
  ['that can only be read', [[BATTERY, 100]], 'E_CMD_SCHEMA', 'Battery'],
  ['the device does not have', [[77, 1]], 'E_CMD_SCHEMA', 'command.8.77'],
  ['in no setting at all', [], 'E_CMD_SCHEMA', 'command.8'],
]; // prettier-ignore

describe('what a setting may become', () => {
  beforeEach(setUp);
  for (const [what, settings, code, field] of wrong) {
    it(`a change to a value ${what} is refused at no cost, whoever signs`, async () => {
      const command = { changes: new Map(settings) };
      const bundle = await bundleWith(world, { command, people: [world.alice, world.bob] });
      await refuseThenApply(world, bundle, { code, field, work: 0 });
    });
  }

  it('the top of the range is the end of it', async () => {
    const bench = await opened(world);
    await change(bench, [[UPPER, 160]]);
    await change(bench, [[UPPER, 180]]);
    await refuseChange(bench, [[UPPER, 185]], { code: 'E_CMD_LIMIT', field: 'Upper rate', work: 0 });
  });

  it('one wrong setting spoils the whole command', async () => {
    const bench = await opened(world);
    await refuseChange(bench, [[LOWER, 70], [UPPER, 85]], { code: 'E_CMD_LIMIT', work: 0 }); // prettier-ignore
    assert.equal(bench.therapy.acting.get(LOWER), 60);
  });

  it('an operation that is not about settings carries none', async () => {
    const command = { operation: OPERATION.stop, changes: new Map([[LOWER, 70]]) };
    const bundle = await bundleWith(world, { command, people: [world.alice, world.bob] });
    await refuseThenApply(world, bundle, { code: 'E_CMD_SCHEMA', field: 'command.8', work: 0 });
  });
});

describe('many small changes', () => {
  beforeEach(setUp);
  it('add up within the window, though each one is small', async () => {
    const bench = await opened(world);
    for (const value of [75, 60, 70]) {
      await change(bench, [[LOWER, value]]);
      bench.clock.seconds += 500;
    }
    await refuseChange(bench, [[LOWER, 65]], { code: RATE[0], field: RATE[1], work: 0 });
    bench.clock.seconds = 3_600 + 120;
    await change(bench, [[LOWER, 65]]);
  });

  it('add up across a power cut', async () => {
    const first = await opened(world);
    await change(first, [[LOWER, 80]]);
    const second = await switchOn(world, { storage: first.storage });
    await change(second, [[LOWER, 65]]);
    const third = await switchOn(world, { storage: first.storage });
    await refuseChange(third, [[LOWER, 75]], { code: RATE[0], field: RATE[1], work: 0 });
    await change(third, [[LOWER, 70]]);
  });

  it('within one part of the window are remembered as one, and none is forgotten', async () => {
    const bench = await opened(world);
    for (let i = 0; i < 4; i++) await change(bench, [[LOWER, i % 2 === 0 ? 70 : 60]]);
    assert.equal(bench.device.state.history.filter(({ code }) => code === LOWER).length, 1);
    await refuseChange(bench, [[LOWER, 65]], { code: RATE[0], work: 0 });
  });

  it('do not lead one person far from what two people agreed', async () => {
    const bench = await opened(world);
    await change(bench, [[LOWER, 80]]);
    bench.clock.seconds = 5_000;
    await refuseChange(bench, [[LOWER, 95]], { code: RATE[0], field: RATE[1], work: 0 });
    await change(bench, [[LOWER, 90]]);
  });

  it('do not get around that by way of a value with a name', async () => {
    const parameters = deviceProfile.parameters.map((p) =>
      p.code === LOWER ? { ...p, options: new Map([[0, 'Off']]) } : p,
    );
    world = await makeDeviceWorld({ profile: { ...deviceProfile, parameters } });
    const bench = await opened(world);
    await change(bench, [[LOWER, 0]]);
    await refuseChange(bench, [[LOWER, 95]], { code: RATE[0], field: RATE[1], work: 0 });
    await change(bench, [[LOWER, 90]]);
    await change(bench, [[LOWER, 0]]);
    await change(bench, [[LOWER, 40]]);
    assert.deepEqual(bench.device.state.history, [], 'a name has no distance');
  });

  it('two people move the point from which drift is counted', async () => {
    const bench = await opened(world);
    await change(bench, [[LOWER, 80]]);
    bench.clock.seconds = 5_000;
    await change(bench, [[LOWER, 95], [AMPLITUDE, 20]], [world.alice, world.bob]); // prettier-ignore
    bench.clock.seconds = 10_000;
    await change(bench, [[LOWER, 110], [UPPER, 140]]); // prettier-ignore
    assert.deepEqual(bench.device.state.baselines.get(LOWER), 95);
  });

  it('two people move it also with what one of them could change, and go beyond the drift of one', async () => {
    const bench = await opened(world);
    await change(bench, [[LOWER, 80]]);
    bench.clock.seconds = 5_000;
    await refuseChange(bench, [[LOWER, 95]], { code: RATE[0], field: RATE[1], work: 0 });
    await change(bench, [[LOWER, 95]], [world.alice, world.bob]);
    assert.deepEqual(bench.device.state.baselines.get(LOWER), 95);
  });

  it('two people move only what they changed', async () => {
    const bench = await opened(world);
    await change(bench, [[LOWER, 80]]);
    bench.clock.seconds = 5_000;
    await change(bench, [[AMPLITUDE, 20]], [world.alice, world.bob]);
    assert.equal(bench.device.state.baselines.get(LOWER), 60);
  });

  it('a change by one person leaves that point where it was', async () => {
    const bench = await opened(world);
    await change(bench, [[LOWER, 80]]);
    assert.equal(bench.device.state.baselines.get(LOWER), 60);
  });
});

describe('the tier', () => {
  beforeEach(setUp);
  it('is computed by the device: one approval is not enough where two are needed, whatever the log says', async () => {
    const bundle = await bundleWith(world, {
      command: { changes: new Map([[AMPLITUDE, 20]]) },
      entry: { tier: 1 },
    });
    const expected = { code: 'E_DUAL_REQUIRED', field: 'bundle.approvals', work: 0 } as const;
    await refuseThenApply(world, bundle, expected);
  });

  it('counts the riskiest setting of a command', async () => {
    const changes = new Map([[LOWER, 70], [AMPLITUDE, 20]]); // prettier-ignore
    const bundle = await bundleWith(world, { command: { changes } });
    await refuseThenApply(world, bundle, { code: 'E_DUAL_REQUIRED', work: 0 });
  });

  it('a change towards safety takes one person', async () => {
    const bench = await opened(world);
    await change(bench, [[AMPLITUDE, 40]]);
    assert.equal(bench.therapy.acting.get(AMPLITUDE), 40);
  });

  it('two people may sign what one could', async () => {
    await change(await opened(world), [[LOWER, 70]], [world.alice, world.bob]);
  });
});

describe('what travels beside a command', () => {
  beforeEach(setUp);
  const association = { patientSalt: testBytes('new salt', 16), patient: testBytes('new tag') };
  const companion = encodeAssociation(association);
  const about = (bytes: Bytes) => ({
    command: { operation: OPERATION.associate, changes: new Map(), companion: nodeCrypto.sha256(bytes) },
    people: [world.alice, world.bob],
  });

  it('two people give the device to another patient, and commands for the last one end', async () => {
    const bench = await opened(world);
    await apply(bench, await bundleWith(world, about(companion)), companion);
    const now = await reopened(bench);
    assert.deepEqual(now.attestation.patient, association.patient);
    const old = await bundleWith(now, { command: { patient: world.attestation.patient } });
    await refuse(bench, { kind: 'deliver', bundle: encodeBundle(old) }, { code: 'E_PATIENT', work: 0 });
    await apply(bench, await bundleWith(now));
  });

  it('one person does not', async () => {
    const bundle = await bundleWith(world, { ...about(companion), people: [world.alice] });
    await refuseThenApply(world, bundle, { code: 'E_DUAL_REQUIRED', work: 0 }, { companion });
  });

  it('other bytes than those signed are refused', async () => {
    const other = encodeAssociation({ ...association, patient: testBytes('x') });
    const bundle = await bundleWith(world, about(companion));
    await refuseThenApply(world, bundle, { code: 'E_CMD_HASH', work: 0 }, { companion: other });
  });

  it('missing, or beside a command that has none, it is refused', async () => {
    const expected = { code: 'E_CMD_SCHEMA', field: 'command.10', work: 0 } as const;
    await refuseThenApply(world, await bundleWith(world, about(companion)), expected);
    await refuseThenApply(world, await bundleWith(world), expected, { companion });
    const signed = await bundleWith(world, { command: { companion: nodeCrypto.sha256(companion) } });
    await refuseThenApply(world, signed, expected, { companion });
    const unsigned = { operation: OPERATION.associate, changes: new Map() };
    const bare = await bundleWith(world, { command: unsigned, people: [world.alice, world.bob] });
    await refuseThenApply(world, bare, expected, { companion });
  });

  it('misshapen though signed by two, it changes nothing and is refused on the record', async () => {
    const bench = await opened(world);
    const nonsense = Uint8Array.of(1);
    const answer = await deliver(bench, await bundleWith(world, about(nonsense)), nonsense);
    const receipt = await receiptIn(bench, answer);
    assert.equal(receipt.code, 'E_CMD_MALFORMED');
    assert.deepEqual(bench.device.state.patient, world.attestation.patient);
  });
});
