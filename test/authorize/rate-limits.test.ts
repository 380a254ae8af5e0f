import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { rateHeaders } from '../../server/authorize/rate-headers.ts';
import { type Bucket, rateAnswer, RateLimits } from '../../server/authorize/rate-limits.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { NOW, refusal, readerOf, TestStore } from './ward.ts';

const bucket = (name: string, count: number, seconds: number): Bucket => ({
  name,
  count,
  seconds,
  axis: 'person x device x class',
});
const tooOften = refusal('E_RATE');

describe('rate limits', () => {
  let store: TestStore;
  let limits: RateLimits;
  before(async () => void (store = await TestStore.make()));
  after(() => store.remove());
  beforeEach(async () => {
    await store.now.write([{ sql: 'DELETE FROM rate', params: [] }]);
    limits = await RateLimits.open(store.now, NOW);
  });

  it('let a burst pass, then one for each part of the window', async () => {
    const b = bucket('a', 3, 60);
    for (let i = 0; i < 3; i++) await limits.take([b], NOW);
    await assert.rejects(limits.take([b], NOW), tooOften);
    await assert.rejects(limits.take([b], NOW + 19_999), tooOften);
    await limits.take([b], NOW + 20_000);
    await assert.rejects(limits.take([b], NOW + 20_000), tooOften);
  });

  it('say why: the limit, its window, the seconds to wait, and what is counted', async () => {
    const b = bucket('a', 2, 60);
    for (let i = 0; i < 2; i++) await limits.take([b], NOW);
    const error = await limits.take([b], NOW + 500).then(
      () => assert.fail('passed'),
      (refused: unknown) => refused,
    );
    assert.ok(error instanceof Refusal);
    const answer = rateAnswer(error);
    assert.deepEqual(answer, { limit: 2, windowSeconds: 60, retryAfterSeconds: 30, axis: 'person x device x class' }); // prettier-ignore
    assert.ok(answer);
    await limits.take([b], NOW + 500 + answer.retryAfterSeconds * 1000);
    assert.deepEqual(rateHeaders(answer), {
      'RateLimit-Policy': '"person x device x class";q=2;w=60',
      RateLimit: '"person x device x class";r=0;t=30',
      'Retry-After': '30',
    });
    assert.equal(rateAnswer(new Refusal('E_RATE', 'another')), undefined);
  });

  it('spend all buckets or none, and name the longest wait', async () => {
    const [short, long] = [bucket('short', 5, 10), bucket('long', 1, 600)];
    await limits.take([short, long], NOW);
    const error = await limits.take([short, long], NOW).then(
      () => assert.fail('passed'),
      (refused: unknown) => refused,
    );
    assert.ok(error instanceof Refusal);
    assert.equal(rateAnswer(error)?.windowSeconds, 600);
    assert.equal(limits.look(short, NOW).remaining, 4);
  });

  it('decide in one tick: of many at once no more pass than may', async () => {
    const b = bucket('a', 5, 60);
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => limits.take([b], NOW)));
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 5);
  });

  it('survive a restart', async () => {
    const b = bucket('a', 2, 60);
    for (let i = 0; i < 2; i++) await limits.take([b], NOW);
    await store.restart();
    limits = await RateLimits.open(store.now, NOW + 1_000);
    await assert.rejects(limits.take([b], NOW + 1_000), tooOften);
    await limits.take([b], NOW + 30_000);
  });

  it('forget on the disk what is full again', async () => {
    await limits.take([bucket('a', 2, 60)], NOW);
    await RateLimits.open(store.now, NOW + 30_000);
    assert.equal(store.now.reader('SELECT bucket FROM rate').all().length, 0);
  });

  it('do not pass what they could not record', async () => {
    let fail = false;
    const write = (ops: Parameters<typeof store.now.write>[0]): Promise<void> =>
      fail ? Promise.reject(new Error('disk full')) : store.now.write(ops);
    limits = await RateLimits.open({ write, reader: readerOf(store) }, NOW);
    fail = true;
    await assert.rejects(limits.take([bucket('a', 2, 60)], NOW), /disk full/u);
    assert.equal(limits.look(bucket('a', 2, 60), NOW).remaining, 1, 'it stays spent');
  });

  it('refuse when there is no room to count, rather than forget who is limited', async () => {
    limits = await RateLimits.open(store.now, NOW, 2);
    await limits.take([bucket('a', 1, 60), bucket('b', 1, 30)], NOW);
    await assert.rejects(limits.take([bucket('c', 1, 60)], NOW), tooOften);
    await assert.rejects(limits.take([bucket('a', 1, 60)], NOW), tooOften);
    await limits.take([bucket('c', 1, 60)], NOW + 30_000);
  });

  it('hold nobody longer than one window when the clock goes back', async () => {
    const b = bucket('a', 1, 60);
    await limits.take([b], NOW);
    const before = NOW - 86_400_000;
    await assert.rejects(limits.take([b], before), tooOften);
    const error = await limits.take([b], before).then(
      () => assert.fail('passed'),
      (refused: unknown) => refused,
    );
    assert.ok(error instanceof Refusal && (rateAnswer(error)?.retryAfterSeconds ?? 0) <= 60);
  });

  it('never let more than twice the count pass in a window, nor more than the count at once', async () => {
    const free = { write: () => Promise.resolve(), reader: readerOf(store) };
    const gaps = fc.array(fc.nat(3_000), { minLength: 5, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 20 }),
        gaps,
        async (count, seconds, list) => {
          const open = await RateLimits.open(free, NOW);
          const b = bucket('a', count, seconds);
          const passed: number[] = [];
          let now = NOW;
          for (const gap of list) {
            now += gap;
            await open.take([b], now).then(() => passed.push(now), () => undefined); // prettier-ignore
          }
          for (const start of passed) {
            const within = passed.filter((at) => at >= start && at < start + seconds * 1000).length;
            assert.ok(within <= 2 * count);
            assert.ok(passed.filter((at) => at === start).length <= count);
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('are exact at their finest: a thousand in a second, and not one more', async () => {
    const open = await RateLimits.open({ write: () => Promise.resolve(), reader: readerOf(store) }, NOW);
    for (const [count, seconds] of [
      [1_000, 1],
      [7, 1],
      [999, 3],
      [1_000, 86_400],
    ] as const) {
      // prettier-ignore
      const b = bucket(`${count}/${seconds}`, count, seconds);
      for (let i = 0; i < count; i++) await open.take([b], NOW);
      await assert.rejects(open.take([b], NOW), tooOften);
    }
  });
});
