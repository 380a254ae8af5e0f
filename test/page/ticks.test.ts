import assert from 'node:assert/strict';
import { newState } from '../../clients/tablet/state.ts';
import { tickTaps } from '../../clients/tablet/tap/ticks.ts';
import type { TapPhase } from '../../server/protocol/link/tap-phase.ts';

describe('the sounds of a tap', () => {
  it('are a tick for each step, another for a loss, and none while the screen is locked', () => {
    const state = newState();
    const heard: number[] = [];
    tickTaps(state, ({ pitch }) => heard.push(pitch));
    const tap = (phase: TapPhase, step = 0): number => {
      const before = heard.length;
      state.tap.value = { phase, reader: '6B-2', device: undefined, step, of: 7 };
      return heard.length - before;
    };
    state.view.value = { at: 'tap' };
    assert.deepEqual(
      [tap('found'), tap('authenticated'), tap('reading', 1), tap('reading', 2)],
      [1, 1, 1, 1],
    );
    assert.equal(tap('reading', 2), 0, 'the same step again');
    assert.equal(tap('lost'), 1);
    const [tick, loss] = [heard[0], heard.at(-1)];
    assert.ok(heard.slice(0, -1).every((pitch) => pitch === tick) && loss !== tick);
    assert.equal(tap('mismatch'), 1);
    assert.equal(heard.at(-1), loss);
    state.view.value = { at: 'locked', step: 'ready', ended: false };
    assert.equal(tap('found'), 0);
  });
});
