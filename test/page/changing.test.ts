import assert from 'node:assert/strict';
import { profileSource } from '../../certs/trust.ts';
import { readProfileFile } from '../../certs/profile-file.ts';
import { changeActions } from '../../clients/tablet/change/changing.ts';
import { newDraft } from '../../clients/tablet/change/draft.ts';
import { watchTimeToSign } from '../../clients/tablet/change/renewed.ts';
import type { Reading } from '../../clients/tablet/device/reading.ts';
import { newState, type State } from '../../clients/tablet/state.ts';

const SECOND = 1_000;
const NOW = 1_790_000_000_000;

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

describe('the time to sign', () => {
  it('never begins anew without a word: since when, for how long, and that the time before had run out', () => {
    const state = newState();
    watchTimeToSign(state);
    const at = (ago: number): Reading => ({ ...read(0), id: 'pump', at: NOW - ago * SECOND });
    const said = () => state.renewed.value;
    state.reading.value = at(100);
    state.draft.value = newDraft(at(100));
    assert.equal(said(), undefined, 'the first time');
    state.reading.value = at(99);
    assert.equal(said(), undefined, 'the same moment');
    state.reading.value = undefined; // while it is read
    state.reading.value = at(30);
    const life = read(0).profile.nonceTicks.r1 * SECOND;
    assert.deepEqual(said(), { at: NOW - 30 * SECOND, life, late: false });
    state.reading.value = { ...at(0), at: NOW + life };
    assert.deepEqual(said(), { at: NOW + life, life, late: true });
    state.draft.value = undefined;
    assert.equal(said(), undefined, 'nothing is to be signed');
  });
});

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
