import assert from 'node:assert/strict';
import { CancelWindows } from '../../server/authorize/cancel-window.ts';
import { refusal } from './ward.ts';

/** A clock that moves when it is told to. */
class Clock {
  readonly #set = new Map<number, { at: number; run: () => void }>();
  #now = 0;
  #next = 0;

  get waiting(): number {
    return this.#set.size;
  }

  set(run: () => void, ms: number): number {
    this.#set.set((this.#next += 1), { at: this.#now + ms, run });
    return this.#next;
  }

  clear(timer: unknown): void {
    if (typeof timer === 'number') this.#set.delete(timer);
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const [timer, { at, run }] of this.#set) {
      if (at > this.#now) continue;
      this.#set.delete(timer);
      run();
    }
  }
}

const SIGNERS = ['kid-a', 'kid-b'];

describe('the cancel window', () => {
  let clock: Clock;
  let windows: CancelWindows;
  beforeEach(() => {
    clock = new Clock();
    windows = new CancelWindows(clock, 3);
  });

  it('passes when nobody uses it, and not before', async () => {
    let over = false;
    const wait = windows.wait('aa', 5_000, SIGNERS).then(() => (over = true));
    clock.pass(4_999);
    await Promise.resolve();
    assert.equal(over, false);
    clock.pass(1);
    await wait;
    assert.equal(clock.waiting, 0);
  });

  it('ends with a cancellation by any of those who signed', async () => {
    for (const by of SIGNERS) {
      const wait = assert.rejects(windows.wait('aa', 5_000, SIGNERS), refusal('E_CANCELLED'));
      windows.cancel('aa', by);
      await wait;
    }
    assert.equal(clock.waiting, 0);
  });

  it('is closed to everybody else, who learn no more than for a command that does not exist', async () => {
    const wait = windows.wait('aa', 5_000, SIGNERS);
    const said = (hash: string): string => {
      try {
        windows.cancel(hash, 'kid-c');
      } catch (error) {
        assert.ok(refusal('E_SCOPE')(error));
        return String(error);
      }
      return 'cancelled';
    };
    assert.equal(said('aa'), said('bb'));
    clock.pass(5_000);
    await wait;
  });

  it('is over once it has passed', async () => {
    const wait = windows.wait('aa', 1_000, SIGNERS);
    clock.pass(1_000);
    assert.throws(() => windows.cancel('aa', 'kid-a'), refusal('E_SCOPE'));
    await wait;
  });

  it('does not exist for what has none, however many others wait', async () => {
    const waits = ['a', 'b', 'c'].map((hash) => windows.wait(hash, 1_000, SIGNERS));
    await windows.wait('d', 0, SIGNERS);
    clock.pass(1_000);
    await Promise.all(waits);
  });

  it('is opened once for a command, and for a bounded number of them', async () => {
    const waits = ['a', 'b'].map((hash) => windows.wait(hash, 1_000, SIGNERS));
    await assert.rejects(windows.wait('a', 1_000, SIGNERS), refusal('E_BUSY'));
    waits.push(windows.wait('c', 1_000, SIGNERS));
    await assert.rejects(windows.wait('d', 1_000, SIGNERS), refusal('E_BUSY'));
    clock.pass(1_000);
    await Promise.all(waits);
  });

  it('never lasts longer than its bound', async () => {
    const wait = windows.wait('aa', 3_600_000, SIGNERS);
    clock.pass(10_000);
    await wait;
  });

  it('grants nothing when the gateway stops', async () => {
    const waits = ['a', 'b'].map((hash) => assert.rejects(windows.wait(hash, 1_000, SIGNERS), refusal('E_CANCELLED'))); // prettier-ignore
    windows.stop();
    await Promise.all(waits);
    assert.equal(clock.waiting, 0);
  });
});
