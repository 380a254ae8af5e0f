import assert from 'node:assert/strict';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { encodeBundle } from '../../server/protocol/bundle.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { openReceipt, type Receipt } from '../../server/protocol/receipt.ts';
import { bundleWith } from '../support/bundles.ts';
import {
  absence,
  apply,
  type Bench,
  deliver,
  digest,
  makeDeviceWorld,
  nfc,
  open,
  opened,
  receiptIn,
  refuse,
  reopened,
  send,
  switchOn,
} from '../support/device.ts';
import { makeBundle, type World } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';
import { AMPLITUDE, LOWER, UPPER } from '../support/profile.ts';

const { sha256 } = nodeCrypto;

let world: World;
const setUp = async (): Promise<void> => {
  world = await makeDeviceWorld();
};

/** Moves the upper rate to and fro, once per call. */
async function step(bench: Bench): Promise<Receipt & { readonly bytes: Bytes }> {
  const now = await reopened(bench);
  const value = now.attestation.settings.get(UPPER) === 120 ? 125 : 120;
  const bundle = await bundleWith(now, { command: { changes: new Map([[UPPER, value]]) }, grant: { notAfterTick: 9_999 } });
  return apply(bench, bundle);
} // prettier-ignore

/** Two people, of whom the second did not really sign. */
async function halfSigned(at: World) {
  const bundle = await bundleWith(at, {
    command: { changes: new Map([[AMPLITUDE, 20]]) },
    people: [world.alice, world.bob],
  });
  const [first, second] = bundle.approvals;
  if (!first || !second) throw new Error('two approvals');
  return { ...bundle, approvals: [first, { ...second, signature: new Uint8Array(64) }] };
}

async function receiptsSince(bench: Bench, number: number): Promise<Receipt[]> {
  const answer = await send(bench, { kind: 'receipts-since', number });
  assert.equal(answer.kind, 'receipts');
  const all = answer.kind === 'receipts' ? answer.receipts : [];
  return Promise.all(all.map((bytes) => openReceipt(nodeCrypto, bytes, world.device.key)));
}

describe('a receipt', () => {
  beforeEach(setUp);
  it('says everything of a command that was applied', async () => {
    const bench = await opened(world);
    bench.clock.seconds = 12;
    const bundle = await makeBundle(world);
    const { bytes, ...receipt } = await apply(bench, bundle);
    const after = new Map([...world.attestation.settings, [LOWER, 70] as const]);
    assert.deepEqual(receipt, {
      device: world.deviceId,
      result: 'applied',
      command: sha256(bundle.command),
      grant: testBytes('grant id', 16),
      intentLeaf: receipt.intentLeaf,
      kids: [world.alice.signer.key.kid],
      number: 58,
      counter: 42,
      before: world.attestation.settings,
      after,
      readBack: after,
      previous: world.attestation.lastReceipt,
      ticks: 1_012,
    });
    const now = await open(bench);
    assert.deepEqual(now.lastReceipt, sha256(bytes));
    assert.equal(now.counter, 42);
    assert.equal(now.receiptNumber, 58);
  });

  it('says when the hardware rounded, and what acts is what it read back', async () => {
    class Rounding extends SimulatedTherapy {
      override stage(settings: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
        return new Map([...settings].map(([code, value]) => [code, code === LOWER ? 68 : value]));
      }
    }
    const bench = await opened(world, { therapy: new Rounding() });
    const receipt = await receiptIn(bench, await deliver(bench, await makeBundle(world)));
    assert.equal(receipt.result, 'applied-modified');
    assert.equal(receipt.after.get(LOWER), 70);
    assert.equal(receipt.readBack.get(LOWER), 68);
    assert.equal(bench.therapy.acting.get(LOWER), 68);
    assert.equal((await open(bench)).settings.get(LOWER), 68);
  });

  it('is chained to the one before it, refusals included', async () => {
    const bench = await opened(world);
    await step(bench);
    await deliver(bench, await halfSigned(await reopened(bench)));
    await step(bench);
    const chain = await receiptsSince(bench, 57);
    assert.deepEqual(chain.map(({ number }) => number), [58, 59, 60]); // prettier-ignore
    assert.deepEqual(chain.map(({ result }) => result), ['applied', 'refused', 'applied']); // prettier-ignore
    assert.deepEqual(chain.map(({ counter }) => counter), [42, 42, 43]); // prettier-ignore
    const answer = await send(bench, { kind: 'receipts-since', number: 57 });
    const bytes = answer.kind === 'receipts' ? answer.receipts : [];
    for (const [i, receipt] of chain.entries()) {
      const before = i === 0 ? world.attestation.lastReceipt : sha256(bytes[i - 1] ?? new Uint8Array());
      assert.deepEqual(receipt.previous, before);
    }
  });

  it('is given for the same bundle again, and nothing happens twice', async () => {
    const bench = await opened(world);
    const bundle = await makeBundle(world);
    const first = await apply(bench, bundle);
    const before = await digest(bench);
    const second = await apply(bench, bundle);
    assert.deepEqual(second.bytes, first.bytes);
    const later = await switchOn(world, { storage: bench.storage });
    assert.deepEqual((await apply(later, bundle)).bytes, first.bytes);
    assert.equal(await digest(bench), before);
  });

  it('is given once to two deliveries at the same time', async () => {
    const bench = await opened(world);
    const bundle = await makeBundle(world);
    const [first, second] = await Promise.all([apply(bench, bundle), apply(bench, bundle)]);
    assert.deepEqual(second.bytes, first.bytes);
    assert.equal(bench.device.state.counter, 42);
    assert.equal(bench.device.state.receiptNumber, 58);
  });

  it('is kept for the last sixteen commands', async () => {
    const bench = await opened(world);
    const hashes: Bytes[] = [];
    for (let i = 0; i < 17; i++) hashes.push((await step(bench)).command);
    assert.equal(bench.device.state.receipts.length, 16);
    const [oldest, next] = hashes;
    if (!oldest || !next) throw new Error('seventeen commands');
    assert.equal((await send(bench, { kind: 'receipt-for', command: oldest })).kind, 'absence');
    assert.equal((await send(bench, { kind: 'receipt-for', command: next })).kind, 'receipt');
    assert.equal((await receiptsSince(bench, 0)).length, 16);
    assert.deepEqual((await receiptsSince(bench, 72)).map(({ number }) => number), [73, 74]); // prettier-ignore
    assert.deepEqual(await receiptsSince(bench, 74), []);
    assert.deepEqual(await receiptsSince(bench, 9_999), []);
  });
});

describe('a refusal', () => {
  beforeEach(setUp);
  it('after the grant and one approval is on the record, and stays there', async () => {
    const bench = await opened(world);
    const bundle = await halfSigned(world);
    const first = await receiptIn(bench, await deliver(bench, bundle));
    assert.equal(first.result, 'refused');
    assert.deepEqual(first.after, world.attestation.settings);
    const asked = await send(bench, { kind: 'receipt-for', command: first.command });
    assert.deepEqual((await receiptIn(bench, asked)).bytes, first.bytes);
    const before = await digest(bench);
    assert.deepEqual((await receiptIn(bench, await deliver(bench, bundle))).bytes, first.bytes);
    assert.equal(await digest(bench), before);
  });

  it('before an approval verified leaves no trace, though the grant is genuine', async () => {
    const bench = await opened(world);
    const bundle = await makeBundle(world);
    const [genuine] = bundle.approvals;
    if (!genuine) throw new Error('one approval');
    const approvals = [{ ...genuine, signature: new Uint8Array(64) }];
    const message = { kind: 'deliver', bundle: encodeBundle({ ...bundle, approvals }) } as const;
    await refuse(bench, message, { code: 'E_ASSERTION' });
    assert.equal(bench.device.work.signatures, 1, 'only the attestation was signed');
  });
});

describe('the word that a command was never accepted', () => {
  beforeEach(setUp);
  const command = testBytes('never');

  it('is not final while the nonce is open, and final once it is spent', async () => {
    const bench = await opened(world);
    const early = await absence(bench, command);
    assert.equal(early.final, false);
    assert.deepEqual(early.command, command);
    assert.deepEqual(early.device, world.deviceId);
    await apply(bench, await makeBundle(world));
    const late = await absence(bench, command);
    assert.equal(late.final, true);
    assert.equal(late.counter, 42);
    assert.equal(late.number, 58);
  });

  it('is final once the time of the nonce is out', async () => {
    const bench = await opened(world);
    bench.clock.seconds = 900;
    assert.equal((await absence(bench, command)).final, false);
    bench.clock.seconds = 901;
    assert.equal((await absence(bench, command)).final, true);
  });

  it('is final after a power cut, and moves nothing', async () => {
    const bench = await switchOn(world);
    const before = await digest(bench);
    assert.equal((await absence(bench, command)).final, true);
    assert.equal(await digest(bench), before);
  });

  it('costs a stranger’s budget when a stranger asks', async () => {
    const bench = await opened(world, { strangers: { capacity: 2, ticksPerToken: 10 } });
    const ask = { kind: 'receipt-for', command } as const;
    for (let i = 0; i < 2; i++) assert.equal((await send(bench, ask, nfc)).kind, 'absence');
    await refuse(bench, ask, { code: 'E_RATE', field: 'receipt-for', work: 0 }, nfc);
    bench.clock.seconds = 10;
    assert.equal((await send(bench, ask, nfc)).kind, 'absence');
  });
});

describe('what a device remembers', () => {
  beforeEach(setUp);
  it('counter, receipts, settings and therapy are as before when it is switched on again', async () => {
    const bench = await opened(world);
    bench.clock.seconds = 30;
    await step(bench);
    await step(bench);
    const again = await switchOn(world, { storage: bench.storage });
    assert.deepEqual(again.device.state, bench.device.state);
    assert.deepEqual(again.therapy.acting, bench.therapy.acting);
    assert.equal(again.device.tick, 1_030);
    assert.equal((await step(again)).number, 60);
  });
});
