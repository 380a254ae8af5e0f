import assert from 'node:assert/strict';
import type { Anchors } from '../../server/protocol/anchors.ts';
import type { Bundle, Proof } from '../../server/protocol/bundle.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { encodeVkey, LOG_KEY } from '../../server/protocol/log/note.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  apply,
  deliver,
  deviceProfile,
  makeDeviceWorld,
  opened,
  receiptIn,
  refuse,
  refuseThenApply,
  reopened,
} from '../support/device.ts';
import { makeBundle, NOW, type World } from '../support/fixtures.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { AMPLITUDE } from '../support/profile.ts';

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

const announced: readonly [what: string, entry: (world: World) => Partial<Entry>][] = [
  ['another kind of entry', () => ({ type: 'signed' })],
  ['an intent for another command', () => ({ command: testBytes('x') })],
  ['an intent for another device', () => ({ device: testBytes('x', 8) })],
  ['an intent by somebody else', ({ bob }) => ({ kids: [bob.signer.key.kid] })],
  ['an intent by one more person', ({ alice, bob }) => ({ kids: [alice, bob].map((p) => p.signer.key.kid) })],
  ['an intent by nobody', () => ({ kids: [] })],
];

const shown: readonly [what: string, change: (proof: Proof) => Partial<Proof>, field: string][] = [
  ['at another place', (proof) => ({ index: proof.index - 1 }), 'proof.path'],
  ['on another path', ({ path }) => ({ path: path.map((_, i) => testBytes(`node ${i}`)) }), 'proof.path'],
  ['on a path cut short', ({ path }) => ({ path: path.slice(1) }), 'proof.path'],
  ['under no signature', ({ checkpoint }) => ({ checkpoint: checkpoint.split('\n\n')[0] ?? '' }), 'proof.checkpoint'],
  ['under the log’s signature alone', ({ checkpoint }) => ({ checkpoint: without(checkpoint, 'witness') }), 'proof.checkpoint'],
  ['under the witness’s signature alone', ({ checkpoint }) => ({ checkpoint: without(checkpoint, 'log') }), 'proof.checkpoint'],
  ['under a signature of the log that is forged', ({ checkpoint }) => ({ checkpoint: forged(checkpoint) }), 'proof.checkpoint'],
  ['under two signatures of one witness', ({ checkpoint }) => ({ checkpoint: twice(checkpoint) }), 'proof.checkpoint'],
]; // prettier-ignore

/** The log's line with one letter of its signature changed. */
const forged = (checkpoint: string): string =>
  checkpoint.replace(
    /(— log\S* .{40})(.)/u,
    (_, start: string, letter: string) => start + (letter === 'A' ? 'B' : 'A'),
  );

const without = (checkpoint: string, signer: string): string =>
  checkpoint.split('\n').filter((line) => !line.startsWith(`— ${signer}`)).join('\n'); // prettier-ignore
const twice = (checkpoint: string): string => checkpoint + (checkpoint.trimEnd().split('\n').at(-1) ?? '') + '\n'; // prettier-ignore

describe('no log entry, no command', () => {
  beforeEach(setUp);
  for (const [what, entry] of announced) {
    it(`${what} is no leave to act`, async () => {
      const bundle = await bundleWith(world, { entry: entry(world) });
      await refuseThenApply(world, bundle, { code: 'E_LOG_PROOF', field: 'proof.entry' });
    });
  }

  it('an intent that names the two people in the other order is none', async () => {
    const bundle = await bundleWith(world, {
      command: { changes: new Map([[AMPLITUDE, 20]]) },
      people: [world.alice, world.bob],
      entry: { kids: [world.bob, world.alice].map(({ signer }) => signer.key.kid) },
    });
    await refuseThenApply(world, bundle, { code: 'E_LOG_PROOF', field: 'proof.entry' });
  });

  it('a genuine intent that the grant does not name is none', async () => {
    const grant = { intentLeaf: testBytes('x') };
    await refuseThenApply(world, await bundleWith(world, { grant }), {
      code: 'E_LOG_PROOF',
      field: 'proof.entry',
    });
  });

  for (const [what, change, field] of shown) {
    it(`an intent shown ${what} is none`, async () => {
      const bundle = await makeBundle(world);
      const proof = { ...bundle.proof, ...change(bundle.proof) };
      await refuseThenApply(world, { ...bundle, proof }, { code: 'E_LOG_PROOF', field });
    });
  }
});

describe('what lowers risk', () => {
  beforeEach(setUp);
  const stop = { operation: OPERATION.stop, changes: new Map<number, number>() };
  const stopping = (rule: { risk: 1 | 2; lowers: boolean }): Promise<World> =>
    makeDeviceWorld({
      profile: {
        ...deviceProfile,
        operations: deviceProfile.operations.map((each) =>
          each.operation === OPERATION.stop ? { ...each, ...rule } : each,
        ),
      },
    });
  const unwitnessed = async (at: World, command: object): Promise<Bundle> => {
    const bundle = await bundleWith(at, { command });
    return { ...bundle, proof: { ...bundle.proof, checkpoint: without(bundle.proof.checkpoint, 'witness') } };
  };

  it('needs the log’s own signature, and waits for no witness', async () => {
    const gentle = await stopping({ risk: 1, lowers: true });
    const bench = await opened(gentle);
    const before = bench.device.state;
    await apply(bench, await unwitnessed(gentle, stop));
    assert.equal(bench.therapy.mode, 'stopped');
    assert.equal(bench.device.state.time - before.time, bench.device.state.timeTick - before.timeTick);
  });

  it('is not believed without the log’s signature', async () => {
    const gentle = await stopping({ risk: 1, lowers: true });
    const bundle = await bundleWith(gentle, { command: stop });
    const proof = { ...bundle.proof, checkpoint: forged(bundle.proof.checkpoint) };
    await refuseThenApply(gentle, { ...bundle, proof }, { code: 'E_LOG_PROOF', field: 'proof.checkpoint' });
  });

  it('is that by the maker’s word only: another stop, and a change beside it, wait', async () => {
    const plain = await stopping({ risk: 1, lowers: false });
    const code = 'E_LOG_PROOF';
    await refuseThenApply(plain, await unwitnessed(plain, stop), { code, field: 'proof.checkpoint' });
    const gentle = await stopping({ risk: 1, lowers: true });
    await refuseThenApply(gentle, await unwitnessed(gentle, {}), { code, field: 'proof.checkpoint' });
  });
});

describe('the log a device believes in', () => {
  beforeEach(setUp);
  /** A world whose devices believe something else than its log does; its bundles never prove anything. */
  async function disbelieved(anchors: (log: TestLog) => Partial<Anchors>, field = 'proof.checkpoint') {
    const log = new TestLog();
    const strict = await makeDeviceWorld({ log, anchors: anchors(log) });
    const bench = await opened(strict);
    const bundle = encodeBundle(await makeBundle(strict));
    await refuse(bench, { kind: 'deliver', bundle }, { code: 'E_LOG_PROOF', field });
  }

  it('has the key in the anchors, not one of the same name', () =>
    disbelieved(({ origin }) => {
      const { raw } = testSigner('other log', ALGORITHM.EdDSA).key;
      return { log: { origin, vkey: encodeVkey(nodeCrypto.sha256, origin, LOG_KEY, raw) } };
    }));

  it('has the origin in the anchors', () =>
    disbelieved(({ vkey }) => ({ log: { origin: 'elsewhere.test', vkey } })));

  it('is watched by the witnesses in the anchors', () =>
    disbelieved(() => ({ witnesses: { k: 1, vkeys: [new TestLog('log', 'stranger').witnessVkey] } })));

  it('is seen by as many witnesses as the anchors ask for', () =>
    disbelieved(({ witnessVkey }) => ({
      witnesses: { k: 2, vkeys: [witnessVkey, new TestLog('log', 'second').witnessVkey] },
    })));

  it('has witnesses that are distinct, however often one is listed', () =>
    disbelieved(({ witnessVkey }) => ({ witnesses: { k: 2, vkeys: [witnessVkey, witnessVkey] } })));

  it('another log’s proof of the same entry is refused', async () => {
    const foreign = await makeDeviceWorld({ log: new TestLog('foreign') });
    const { proof } = await makeBundle(foreign);
    const bundle: Bundle = { ...(await makeBundle(world)), proof };
    await refuseThenApply(world, bundle, { code: 'E_LOG_PROOF', field: 'proof.checkpoint' });
  });
});

describe('the time of a device', () => {
  beforeEach(setUp);
  it('is raised by a witness when a command is accepted, and never lowered', async () => {
    const bench = await opened(world);
    await apply(bench, await bundleWith(world, { witnessedAt: NOW + 500 }));
    assert.equal(bench.device.state.time, NOW + 500);
    bench.clock.seconds = 7;
    await apply(bench, await bundleWith(await reopened(bench), { witnessedAt: NOW, command: { changes: new Map([[1, 75]]) } })); // prettier-ignore
    assert.equal(bench.device.state.time, NOW + 507);
  });

  it('is not raised by a refusal, not even one on the record', async () => {
    const bench = await opened(world);
    const { time } = bench.device.state;
    const bundle = await bundleWith(world, {
      command: { changes: new Map([[AMPLITUDE, 20]]) },
      people: [world.alice, world.bob],
    });
    const [first, second] = bundle.approvals;
    if (!first || !second) throw new Error('two approvals');
    const approvals = [first, { ...second, signature: first.signature }];
    assert.equal(
      (await receiptIn(bench, await deliver(bench, { ...bundle, approvals }))).code,
      'E_ASSERTION',
    );
    assert.equal(bench.device.state.time, time);
    assert.equal(bench.device.state.statusVersion, 1);
  });
});
