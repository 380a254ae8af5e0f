import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import { MAX_PATH } from '../../protocol/log/merkle.ts';
import type { HistoryEntry } from '../desks/history-desk.ts';
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
  people: z
    .array(
      z.strictObject({
        kid: hexId(16).describe('The passkey.'),
        subject: z.string().optional(),
        name: z.string().optional(),
      }),
    )
    .describe('Those who signed, in that order.'),
  until: z.int().min(0).optional().describe('Break-glass: until when (Unix ms).'),
  reason: z.string().optional().describe('Break-glass: why, in a word.'),
  statement: z
    .string()
    .optional()
    .describe('What was signed (CBOR, base64url); the digest of the entry is its SHA-256.'),
  entry: z.string().describe('The entry as it stands in the log (CBOR, base64url).'),
  path: z
    .array(z.string())
    .max(MAX_PATH)
    .optional()
    .describe(
      'Inclusion path (RFC 9162, base64url); left out while no checkpoint with the entry is witnessed.',
    ),
});

const entryView = ({ entry, path, statement, ...said }: HistoryEntry): object => ({
  ...view(ENTRY, said),
  entry: base64url(entry),
  ...(path && { path: path.map(base64url) }),
  ...(statement && { statement: base64url(statement) }),
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
      alarms: z.enum(['only', 'none']).optional().describe('Alarms alone, or all but alarms.'),
    }),
    answers: {
      200: shape(
        'Entries, each with its bytes and the path to the root of one cosigned checkpoint.',
        z.strictObject({
          entries: z.array(ENTRY),
          more: z.boolean(),
          checkpoint: z
            .string()
            .optional()
            .describe('C2SP tlog-checkpoint; left out where no entry is witnessed.'),
        }),
      ),
    },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params, query: { before, limit = '50', alarms } }) => {
      const asked = {
        limit: Number(limit),
        alarms,
        before: before === undefined ? undefined : Number(before),
      };
      const { entries, more, checkpoint } = desk.history.of(session, params.id, asked);
      return json(200, { entries: entries.map(entryView), more, checkpoint });
    },
  }),
];
