import assert from 'node:assert/strict';
import type { Asked } from '../../clients/ward/ask.ts';
import { openings } from '../../clients/ward/ask-openings.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';

const OVER = {
  id: 'ab'.repeat(32),
  deviceNames: ['pump-2'],
  by: 'a1',
  byName: 'Dr Ada Okafor',
  own: false,
  reason: 'consult',
  text: 'asked by the ward',
  until: Date.UTC(2026, 2, 14, 14),
  open: false,
};

/** Asks with words; gives what was said, and each statement that was signed. */
async function asked(words: readonly string[], waiting: readonly object[], found?: string) {
  const said: string[] = [];
  const signed: (readonly [string, string, ReadonlyMap<number, string | Uint8Array>])[] = [];
  const who = {
    get: () => Promise.resolve({ openings: waiting }),
    post: (path: string, purpose: string, detail: ReadonlyMap<number, string | Uint8Array>) =>
      Promise.resolve(void signed.push([path, purpose, detail])),
  };
  const say = (line: string): void => void said.push(line);
  await openings({ who, words, json: false, options: { found }, say } as unknown as Asked);
  return { said: said.join('\n'), signed };
}

describe('countersign openings', () => {
  it('says who opened whom by what lies there, why, and whether it is over', async () => {
    const { said } = await asked([], [OVER]);
    assert.match(
      said,
      /abababab\s+Dr Ada Okafor\s+consult: asked by the ward\s+pump-2\s+over 2026-03-14 14:00:00/u,
    );
    assert.match((await asked([], [{ ...OVER, open: true }])).said, /open until 2026-03-14/u);
    assert.match((await asked([], [])).said, /No break-glass waits/u);
  });

  it('signs what was found, for the one opening that was named', async () => {
    const { signed } = await asked(['close', 'abababab'], [OVER], 'needed: asked the ward');
    const [[path, purpose, detail] = []] = signed;
    assert.deepEqual([signed.length, path, purpose], [1, '/v1/break-glass-reviews', 'review']);
    assert.deepEqual(
      [...(detail ?? [])].map(([key, value]) => [key, typeof value === 'string' ? value : hex(value)]),
      [[3, 'needed: asked the ward'], [4, OVER.id]], // prettier-ignore
    );
    const two = [OVER, { ...OVER, id: `abababab${'cd'.repeat(28)}` }];
    for (const name of ['abab', 'cdcdcdcd'])
      await assert.rejects(asked(['close', name], [OVER], 'x'), /no break-glass/u);
    await assert.rejects(
      asked(['close', 'abababab'], two, 'x'),
      /no break-glass/u,
      'which of them is not said',
    );
    await assert.rejects(asked(['close', 'abababab'], [OVER]), /--found is missing/u);
  });
});
