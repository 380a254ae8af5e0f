import { z } from 'zod';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Asked } from './ask.ts';
import { table } from './table.ts';

const OPENINGS = z.object({
  openings: z.array(
    z.object({
      id: z.string(),
      deviceNames: z.array(z.string()),
      by: z.string(),
      byName: z.string().optional(),
      own: z.boolean(),
      reason: z.string(),
      text: z.string(),
      until: z.number(),
      open: z.boolean(),
    }),
  ),
});
/** So much of an id is typed at least. */
const SHORT = 8;
/** Unix ms in UTC, as the other lists have it. */
const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `countersign openings`: broken glass that nobody else has looked at yet; `close ID --found TEXT` signs what was found. */
export async function openings({ who, words, json, options, say }: Asked): Promise<void> {
  const [verb, wanted] = words;
  const { openings: waiting } = OPENINGS.parse(await who.get('/v1/break-glass'));
  if (verb === undefined) {
    if (json) return say(JSON.stringify({ openings: waiting }));
    if (waiting.length === 0) return say('No break-glass waits for a review.');
    const rows = waiting.map(({ id, by, byName, reason, text, deviceNames, until, open }) => [
      id.slice(0, SHORT),
      byName ?? by,
      [reason, text].filter((part) => part !== '').join(': '),
      deviceNames.join(', '),
      `${open ? 'open until' : 'over'} ${moment(until)}`,
    ]);
    table(say, ['opening', 'opened by', 'why, in their words', 'devices', 'time (UTC)'], rows);
    return say(
      'To close one that is over, as somebody else than who opened it: countersign openings close OPENING --found "what you found"',
    );
  }
  if (verb !== 'close' || wanted === undefined)
    throw new Error('say: openings, or: openings close OPENING --found "what you found"');
  if (options.found === undefined) throw new Error('--found is missing: what you found is signed and logged');
  const found = waiting.filter(({ id }) => wanted.length >= SHORT && id.startsWith(wanted));
  const [one] = found;
  if (!one || found.length > 1) throw new Error(`no break-glass ${wanted} waits for a review`);
  const detail = new Map<number, string | Uint8Array>([
    [3, options.found],
    [4, unhex(one.id)],
  ]);
  await who.post('/v1/break-glass-reviews', 'review', detail);
  say(json ? JSON.stringify({ reviewed: one.id }) : 'The review is closed; the log says who closed it.');
}
