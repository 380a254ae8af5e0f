import assert from 'node:assert/strict';
import type { Entry } from '../../server/protocol/log/entry.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import type { Judged } from '../../clients/tablet/history/judge.ts';
import type { Past, PastEntry } from '../../clients/tablet/history/past.ts';
import type { Reading } from '../../clients/tablet/device/reading.ts';
import { beforeSafe } from '../../clients/tablet/review/before-safe.ts';

const [RATE, MODE, BATTERY] = [1, 2, 9] as const;
const BEFORE = new Map([[RATE, 60], [MODE, 1], [BATTERY, 90]]); // prettier-ignore
const SAFE = new Map([[RATE, 65], [MODE, 1], [BATTERY, 90]]); // prettier-ignore

const reading = (settings: ReadonlyMap<number, number> = SAFE): Reading => {
  const parameters = [RATE, MODE, BATTERY].map(
    (code) => ({ code, programmed: code !== BATTERY }) as unknown as Parameter,
  );
  return { id: '7f', profile: { parameters }, attestation: { settings } } as unknown as Reading;
};

const entry = (type: Entry['type'], byte: number, result = 1): PastEntry =>
  ({ entry: { type, time: 0, command: new Uint8Array(32).fill(byte), result } }) as unknown as PastEntry;

/** A past with these entries, the newest first, and what proving each command brings, by its first byte. */
const past = (entries: readonly PastEntry[], proofs: Readonly<Record<string, Partial<Judged>>>): Past => ({
  read: () => Promise.resolve({ entries, more: false }),
  prove: (hash) => Promise.resolve(proofs[hash.slice(0, 2)] as Judged),
});
const proof = (before = BEFORE, readBack = SAFE): Partial<Judged> =>
  ({ verdict: 'VERIFIED', told: { receipt: { before, readBack } } }) as unknown as Partial<Judged>;

describe('what was set before a safe mode', () => {
  it('is what the newest emergency moved, by the device’s own receipt; what is only measured is not', async () => {
    const told = past([entry('alarm', 3), entry('emergency', 0xaa)], { aa: proof() });
    assert.deepEqual(await beforeSafe(told, reading()), new Map([[RATE, 60]]));
    const worn = new Map(SAFE).set(BATTERY, 80);
    assert.deepEqual(await beforeSafe(told, reading(worn)), new Map([[RATE, 60]]), 'a battery goes on');
  });

  it('is told by the first of two, when the second moved nothing', async () => {
    const twice = [entry('emergency', 0xbb), entry('outcome', 4, 3), entry('emergency', 0xaa)];
    const told = past(twice, { aa: proof(), bb: proof(SAFE) });
    assert.deepEqual(await beforeSafe(told, reading()), new Map([[RATE, 60]]));
  });

  it('is not known when something else was done since, nothing is proven, or the device reads other values', async () => {
    const since = past([entry('outcome', 4), entry('emergency', 0xaa)], { aa: proof() });
    assert.equal(await beforeSafe(since, reading()), undefined);
    const failed = past([entry('emergency', 0xaa)], { aa: { ...proof(), verdict: 'FAILED' } });
    assert.equal(await beforeSafe(failed, reading()), undefined);
    const other = past([entry('emergency', 0xaa)], { aa: proof() });
    assert.equal(await beforeSafe(other, reading(new Map(SAFE).set(RATE, 70))), undefined);
    assert.equal(await beforeSafe(past([], {}), reading()), undefined);
  });
});
