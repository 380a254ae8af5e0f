import { z } from 'zod';
import { base64url, hex } from '../../protocol/encoding/bytes.ts';
import { json, type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const SEEN = z.strictObject({
  number: z.int().min(1),
  at: z.int().min(0).describe('Unix time in milliseconds.'),
  place: z.string().describe('Where it was met.'),
  code: z.string(),
  why: z.string(),
  field: z.string().optional().describe('The offending field.'),
  device: hexId(8).optional(),
  size: z.int().min(0).describe('Bytes of the message; 0 where there was none.'),
  message: z.string().optional().describe('base64url; only in a simulation.'),
});

/** Why a message was refused, within a second: for who builds a device, a station or a page against this gateway. */
export const REFUSAL_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/refusals',
    says: 'What this gateway refused lately, oldest first; operators only. It forgets the oldest, and all of it when it stops.',
    query: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,15}$/u)
        .optional()
        .describe('Only those with a higher number.'),
    }),
    answers: { 200: shape('Refusals.', z.strictObject({ refusals: z.array(SEEN) })) },
    refusals: ['E_ROLE'],
    handle: ({ desk, session, query: { after = '0' } }) =>
      json(200, {
        refusals: desk.refusals.list(session, Number(after)).map(({ device, message, ...rest }) => ({
          ...rest,
          ...(device && { device: hex(device) }),
          ...(message && { message: base64url(message) }),
        })),
      }),
  }),
];
