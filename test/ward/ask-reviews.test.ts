import assert from 'node:assert/strict';
import type { Asked } from '../../clients/ward/ask.ts';
import { reviews } from '../../clients/ward/ask-reviews.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';

const OPEN = {
  device: '7f00000000000001',
  deviceName: 'pacemaker-1',
  command: 'ef'.repeat(32),
  by: 'a1',
  byName: 'Dr Ada Okafor',
  own: false,
  since: Date.UTC(2026, 2, 14, 14),
  due: Date.UTC(2026, 2, 15, 14),
};

/** Asks with words; gives what was said, and each statement that was signed. */
async function asked(words: readonly string[], open: readonly object[], found?: string) {
  const said: string[] = [];
  const signed: (readonly [string, string, ReadonlyMap<number, string | Uint8Array>])[] = [];
  const who = {
    get: () => Promise.resolve({ reviews: open }),
    post: (path: string, purpose: string, detail: ReadonlyMap<number, string | Uint8Array>) =>
      Promise.resolve(void signed.push([path, purpose, detail])),
  };
  const say = (line: string): void => void said.push(line);
  await reviews({ who, words, json: false, options: { found }, say } as unknown as Asked);
  return { said: said.join('\n'), signed };
}

describe('countersign reviews', () => {
  it('says what waits, who used the door and why, and until when it is reviewed', async () => {
    const { said } = await asked([], [OPEN]);
    assert.match(said, /pacemaker-1\s+Dr Ada Okafor\s+2026-03-15 14:00:00\s+not said yet/u);
    const reason = { reason: 'danger', text: 'no pulse' };
    assert.match((await asked([], [{ ...OPEN, reason }])).said, /14:00:00\s+danger: no pulse/u);
    const stranger = await asked([], [{ ...OPEN, by: undefined, byName: undefined, due: undefined }]);
    assert.match(stranger.said, /a key of another hospital/u);
    assert.match((await asked([], [])).said, /No emergency waits/u);
  });

  it('signs what was found, for that device and that emergency', async () => {
    const { signed } = await asked(['close', 'pacemaker-1'], [OPEN], 'drill: looked at it');
    const [[path, purpose, detail] = []] = signed;
    assert.deepEqual([signed.length, path, purpose], [1, '/v1/reviews', 'review']);
    assert.deepEqual(
      [...(detail ?? [])].map(([key, value]) => [key, typeof value === 'string' ? value : hex(value)]),
      [[1, OPEN.device], [2, OPEN.command], [3, 'drill: looked at it']], // prettier-ignore
    );
    await assert.rejects(asked(['close', 'pump-1'], [OPEN], 'x'), /no emergency of pump-1 waits/u);
    await assert.rejects(asked(['close', 'pacemaker-1'], [OPEN]), /--found is missing/u);
  });
});
