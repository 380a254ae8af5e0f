import assert from 'node:assert/strict';
import { type KeptPlace, KeptDraft } from '../../clients/tablet/session/kept-draft.ts';

const MINUTE = 60_000;
const PLACE: KeptPlace = {
  patient: '0a'.repeat(16),
  wristband: 'SIM-200001',
  device: '0b'.repeat(8),
  draft: {
    operation: 1,
    changes: new Map([[0xf001_0010, 325]]),
    from: new Map([
      [0xf001_0010, 300],
      [0xf001_0012, -7],
    ]),
    reason: 'alarms',
    note: 'as agreed, “quietly”',
    order: 'ORD-7',
    limits: 'ab'.repeat(32),
  },
};

describe('a draft behind a locked screen', () => {
  const real = performance.now.bind(performance);
  let kept: KeptDraft;
  beforeEach(() => {
    kept = new KeptDraft();
    kept.keep('anna', PLACE);
  });
  afterEach(() => {
    performance.now = real;
  });

  it('is given to its owner, as it was, once', async () => {
    assert.deepEqual(await kept.take('anna'), PLACE);
    assert.equal(await kept.take('anna'), undefined);
  });

  it('is given to nobody else, and waits for its owner meanwhile', async () => {
    assert.equal(kept.isFor('ben'), false);
    assert.equal(kept.isFor(undefined), false);
    assert.equal(await kept.take('ben'), undefined);
    assert.deepEqual(await kept.take('anna'), PLACE);
  });

  it('is gone after a quarter of an hour', async () => {
    performance.now = () => real() + 15 * MINUTE + 1;
    assert.equal(kept.isFor('anna'), false);
    assert.equal(await kept.take('anna'), undefined);
  });

  it('is gone when its owner ends the session', async () => {
    kept.drop();
    assert.equal(await kept.take('anna'), undefined);
  });
});
