import { z } from 'zod';
import { json, type Route, shape, signedIn } from './route.ts';
import { hexId, view } from './views.ts';

/** One page; a tablet shows fewer. */
const MAX_HISTORY = 100;
const digits = (most: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]*)$/u)
    .max(String(most).length);

const ENTRY = z.strictObject({
  index: z.int().min(0).describe('Place in the log.'),
  time: z.int().min(0).describe('Unix time in milliseconds, as the gateway’s clock had it.'),
  type: z.string().describe('Kind of entry; PROTOCOL.md names them.'),
  command: hexId(32).optional().describe('Hash of the command; its evidence has the proof.'),
  answers: z.int().min(0).optional().describe('Index of the entry this one answers.'),
  result: z.int().min(0).optional(),
  code: z.string().optional(),
  number: z.int().min(0).optional().describe('Receipt number, or a count, as the kind says.'),
  tier: z.int().min(0).max(2).optional(),
  detail: z.string().optional(),
  people: z.array(z.strictObject({ subject: z.string(), name: z.string().optional() })),
});

/** What happened to one device, for those who may see it: the same log an auditor reads. */
export const HISTORY_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}/history',
    says: 'Entries of the log about one device, newest first.',
    params: z.strictObject({ id: hexId(8) }),
    query: z.strictObject({
      before: digits(Number.MAX_SAFE_INTEGER).optional().describe('Only entries before this index.'),
      limit: digits(MAX_HISTORY)
        .refine((text) => Number(text) >= 1 && Number(text) <= MAX_HISTORY)
        .optional()
        .describe(`1 to ${MAX_HISTORY}; 50 when left out.`),
    }),
    answers: {
      200: shape('Entries.', z.strictObject({ entries: z.array(ENTRY), more: z.boolean() })),
    },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query: { before, limit = '50' } }) => {
      const asked = { limit: Number(limit), before: before === undefined ? undefined : Number(before) };
      const { entries, more } = desk.history.of(session, params.id, asked);
      return json(200, { entries: entries.map((entry) => view(ENTRY, entry)), more });
    },
  }),
];
