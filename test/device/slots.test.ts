import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { twoSlots } from '../../clients/device/sdk/slots.ts';
import { type Bytes, concat } from '../../server/protocol/encoding/bytes.ts';
import { apply, makeDeviceWorld, open, opened, reopened, switchOn } from '../support/device.ts';
import { bundleWith } from '../support/bundles.ts';
import { testBytes } from '../support/keys.ts';

let folder: string;
const setUp = (): void => {
  folder = mkdtempSync(join(tmpdir(), 'slots-'));
};
const tearDown = () => rmSync(folder, { recursive: true });

const slot = (sequence: number): string => join(folder, `state-${sequence % 2}`);
/** What a device finds that is switched on now. */
const found = () => twoSlots(folder).load();
const [a, b, c] = ['a', 'b', 'c'].map((name) => testBytes(name)) as [Bytes, Bytes, Bytes];

/** Stores records one after the other, the first with sequence 1. */
async function saved(...records: readonly Bytes[]): Promise<void> {
  const storage = twoSlots(folder);
  await storage.load();
  for (const record of records) await storage.save(record);
}

describe('two slots in flash', () => {
  beforeEach(setUp);
  afterEach(tearDown);
  it('hold nothing at first, and then the newest record', async () => {
    assert.equal(await found(), undefined);
    await saved(a, b, c);
    assert.deepEqual(await found(), c);
    await saved(testBytes('d'));
    assert.deepEqual(await found(), testBytes('d'));
  });

  it('hold records that shrink and grow', async () => {
    await saved(new Uint8Array(500), a, new Uint8Array(0), concat(a, b));
    assert.deepEqual(await found(), concat(a, b));
  });

  it('give the record before, when the newest is cut off anywhere', async () => {
    await saved(a, b);
    const whole = readFileSync(slot(2));
    for (let size = 0; size < whole.length; size++) {
      writeFileSync(slot(2), whole.subarray(0, size));
      assert.deepEqual(await found(), a, `cut at ${size}`);
    }
  });

  it('give the record before, when any bit of the newest is wrong', async () => {
    await saved(a, b);
    const whole = new Uint8Array(readFileSync(slot(2)));
    for (let bit = 0; bit < whole.length * 8; bit++) {
      writeFileSync(slot(2), whole.with(bit >> 3, (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
      assert.deepEqual(await found(), a, `bit ${bit}`);
    }
  });

  it('give the record before, when the power is cut anywhere while the next is written', async () => {
    await saved(a, b);
    const old = readFileSync(slot(1));
    await saved(c);
    const whole = readFileSync(slot(3));
    for (let size = 0; size < whole.length; size++) {
      writeFileSync(slot(3), concat(whole.subarray(0, size), old.subarray(size)));
      assert.deepEqual(await found(), b, `cut at ${size}`);
    }
    writeFileSync(slot(3), whole);
    assert.deepEqual(await found(), c);
  });

  it('go on after a torn write, in the slot that was torn', async () => {
    await saved(a, b);
    writeFileSync(slot(2), readFileSync(slot(2)).subarray(0, 50));
    await saved(c);
    assert.deepEqual(await found(), c);
  });

  it('say so when both are damaged, instead of starting anew', async () => {
    await saved(a, b);
    for (const sequence of [1, 2]) writeFileSync(slot(sequence), 'nothing');
    await assert.rejects(found(), /both copies of the state/u);
  });

  it('say so when one cannot be read, instead of taking the other for the newest', async () => {
    await saved(a, b);
    rmSync(slot(2));
    symlinkSync(slot(2), slot(2));
    await assert.rejects(found());
  });
});

describe('a device on two slots', () => {
  beforeEach(setUp);
  afterEach(tearDown);
  it('is as it was before a change whose record was torn, and takes the change anew', async () => {
    const world = await makeDeviceWorld();
    const bench = await opened(world, { storage: twoSlots(folder) });
    await apply(bench, await bundleWith(world));
    writeFileSync(slot(2), readFileSync(slot(2)).subarray(0, -1));
    const again = await switchOn(world, { storage: twoSlots(folder) });
    const now = await open(again);
    assert.equal(now.counter, world.attestation.counter);
    assert.deepEqual(now.settings, world.attestation.settings);
    await apply(again, await bundleWith(await reopened(again)));
    const last = await switchOn(world, { storage: twoSlots(folder) });
    assert.equal((await open(last)).counter, world.attestation.counter + 1);
  });
});
