import { z } from 'zod';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Asked } from './ask.ts';
import { table } from './table.ts';

const REVIEWS = z.object({
  reviews: z.array(
    z.object({
      device: z.string(),
      deviceName: z.string(),
      command: z.string(),
      by: z.string().optional(),
      byName: z.string().optional(),
      own: z.boolean(),
      due: z.number().optional(),
      reason: z.object({ reason: z.string(), text: z.string() }).optional(),
    }),
  ),
});
/** Unix ms in UTC, as the other lists have it. */
const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `countersign reviews`: emergencies that nobody else has looked at yet; `close DEVICE --found TEXT` signs what was found. */
export async function reviews({ who, words, json, options, say }: Asked): Promise<void> {
  const [verb, device] = words;
  const { reviews: waiting } = REVIEWS.parse(await who.get('/v1/reviews'));
  const open = waiting.map(
    ({ device: id, deviceName: name, command: review, by, byName, own, due, reason }) => ({
      id,
      name,
      review,
      by: byName ?? by ?? 'a key of another hospital',
      own,
      ...(due !== undefined && { due: moment(due) }),
      ...(reason && { why: [reason.reason, reason.text].filter((part) => part !== '').join(': ') }),
    }),
  );
  if (verb === undefined) {
    if (json) return say(JSON.stringify({ reviews: open }));
    if (open.length === 0) return say('No emergency waits for a review.');
    const rows = open.map(({ id, name, by, due = '', why = 'not said yet' }) => [id, name, by, due, why]);
    table(say, ['device', 'name', 'door used by', 'review by (UTC)', 'why, in their words'], rows);
    return say(
      'To close one, as somebody else than who used the door: countersign reviews close DEVICE --found "what you found"',
    );
  }
  if (verb !== 'close' || device === undefined)
    throw new Error('say: reviews, or: reviews close DEVICE --found "what you found"');
  if (options.found === undefined) throw new Error('--found is missing: what you found is signed and logged');
  const found = open.find(({ id, name }) => id === device || name === device);
  if (!found) throw new Error(`no emergency of ${device} waits for a review`);
  const detail = new Map<number, string | Uint8Array>([
    [1, unhex(found.id)],
    [2, unhex(found.review)],
    [3, options.found],
  ]);
  await who.post('/v1/reviews', 'review', detail);
  say(
    json
      ? JSON.stringify({ reviewed: found.id })
      : `The review is closed; the log says who closed it. The safe mode of ${found.name} can be ended now; then changes are possible.`,
  );
}
