import assert from 'node:assert/strict';
import { profileSource } from '../../certs/trust.ts';
import { readProfileFile } from '../../certs/profile-file.ts';
import { changeActions } from '../../clients/tablet/change/changing.ts';
import type { Reading } from '../../clients/tablet/device/reading.ts';
import { newState, type State } from '../../clients/tablet/state.ts';

const SECOND = 1_000;

/** The pump as it was read so long ago. */
function read(ago: number, belongs = true): Reading {
  const profile = readProfileFile(profileSource('pump'));
  const settings = new Map(profile.parameters.map((of) => [of.code, of.nominal]));
  const at = Date.now() - ago;
  return {
    profile,
    profileHash: new Uint8Array(32),
    attestation: { settings },
    at,
    belongs,
  } as unknown as Reading;
}

describe('a change that begins', () => {
  /** Begins one over what was read so long ago; the device then says `next`. */
  const begin = async (ago: number, next: Reading | undefined, meanwhile?: (state: State) => void) => {
    const state = newState();
    const asked: string[] = [];
    state.view.value = { at: 'overview' };
    state.reading.value = read(ago);
    const { startChange } = changeActions(state, () => {
      asked.push('read');
      state.reading.value = next;
      meanwhile?.(state);
    });
    startChange();
    await new Promise((resolve) => setTimeout(resolve));
    return { asked, at: state.view.value.at, draft: state.draft.value !== undefined };
  };

  it('starts at once from what was read within two minutes', async () => {
    assert.deepEqual(await begin(110 * SECOND, undefined), { asked: [], at: 'settings', draft: true });
  });

  it('reads the device first when that was longer ago, and starts from what it says now', async () => {
    const fresh = { asked: ['read'], at: 'settings', draft: true };
    assert.deepEqual(await begin(130 * SECOND, read(0)), fresh);
  });

  it('does not start when the device cannot be read, is somebody else’s, or the person went elsewhere', async () => {
    const stays = { asked: ['read'], at: 'overview', draft: false };
    assert.deepEqual(await begin(130 * SECOND, undefined), stays);
    assert.deepEqual(await begin(130 * SECOND, read(0, false)), stays);
    const left = await begin(130 * SECOND, read(0), (state) => (state.view.value = { at: 'history' }));
    assert.deepEqual(left, { ...stays, at: 'history' });
  });
});
