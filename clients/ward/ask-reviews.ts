import { z } from 'zod';
import { unhex } from '../../server/protocol/bytes.ts';
import type { Asked } from './ask.ts';
import { table } from './table.ts';

const DEVICES = z.object({
  devices: z.array(z.object({ id: z.string(), name: z.string(), review: z.string().optional() })),
});

/** `countersign reviews`: emergencies that nobody else has looked at yet; `close DEVICE --found TEXT` signs what was found. */
export async function reviews({ who, words, json, options, say }: Asked): Promise<void> {
  const [verb, device] = words;
  const { devices } = DEVICES.parse(await who.get('/v1/devices'));
  const open = devices.flatMap(({ id, name, review }) =>
    review === undefined ? [] : [{ id, name, review }],
  );
  if (verb === undefined) {
    if (json) return say(JSON.stringify({ reviews: open }));
    if (open.length === 0) return say('No emergency waits for a review.');
    table(say, ['device', 'name', 'emergency command'], open.map(({ id, name, review }) => [id, name, review.slice(0, 16)])); // prettier-ignore
    return say('To close one: countersign reviews close DEVICE --found "what you found"');
  }
  if (verb !== 'close' || device === undefined)
    throw new Error('say: reviews, or: reviews close DEVICE --found "what you found"');
  if (options.found === undefined) throw new Error('--found is missing: what you found is signed and logged');
  const waiting = open.find(({ id, name }) => id === device || name === device);
  if (!waiting) throw new Error(`no emergency of ${device} waits for a review`);
  const detail = new Map<number, string | Uint8Array>([
    [1, unhex(waiting.id)],
    [2, unhex(waiting.review)],
    [3, options.found],
  ]);
  await who.post('/v1/reviews', 'review', detail);
  say(
    json
      ? JSON.stringify({ reviewed: waiting.id })
      : `The review is closed; the log says who closed it. ${waiting.name} takes changes of high risk again.`,
  );
}
