import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { MAX_PATH } from '../../protocol/log/merkle.ts';
import { REFUSALS } from '../../protocol/refusal.ts';
import { hexId } from './views.ts';

const int = z.int().min(0);
const ms = int.describe('Unix time in milliseconds.');
const counts = z.record(z.string(), int);

export const STORY = z.strictObject({
  id: int.describe('Index of its first entry.'),
  last: int.describe('Index of its newest entry.'),
  time: ms,
  ended: ms.optional(),
  command: hexId(32).optional(),
  device: hexId(8).optional(),
  kind: z.string().describe('Kind of its first entry.'),
  action: z.string().describe('Class of the command; the entry’s kind where there is none.'),
  tier: int.max(2).optional(),
  outcome: z
    .string()
    .describe(
      'waiting, announced, unknown, applied, applied-modified, refused, cancelled, lost; empty for events.',
    ),
  code: z.string().optional(),
  second: z
    .enum(['none', 'blind', 'differs', 'primed'])
    .describe(
      'The second person: entered the same unseen, or other values; or was shown them (primed, review only).',
    ),
  link: int.max(2).optional().describe('1 network, 2 NFC.'),
  place: z.string().optional(),
  patient: z.string().optional().describe('First eight digits of the patient’s pseudonym.'),
  receipt: int.optional(),
  reason: int.optional().describe('Of an emergency: index of the entry of its rescuer’s reason.'),
  review: int.optional().describe('Of an emergency: index of the entry of its review.'),
  people: z.array(z.strictObject({ kid: hexId(16), subject: z.string().optional() })),
  witnessed: z.boolean(),
});

const RECEIPTS = z.strictObject({ first: int, last: int, missing: z.array(int), twice: z.array(int) });

export const FOUND = z.strictObject({
  rows: z.array(STORY),
  total: int.describe('All that fit, not only this page.'),
  end: z.boolean().describe('Nothing older fits.'),
  indexed: int.describe('Entries searched; fewer than size while the index is being made.'),
  size: int,
  complete: z.strictObject({ proven: z.boolean(), says: z.array(z.string()), receipts: RECEIPTS.optional() }),
});

const SAID = z.strictObject({
  index: int,
  by: z.strictObject({ kid: hexId(16), subject: z.string().optional() }),
  entry: z.string().describe('As it stands in the log (CBOR, base64url).'),
  statement: z.string().describe('What was signed (CBOR, base64url); the entry has its SHA-256.'),
  path: z.array(z.string()).max(MAX_PATH).optional().describe('Inclusion path (RFC 9162, base64url).'),
  checkpoint: z.string().optional().describe('C2SP tlog-checkpoint; left out while it is not witnessed.'),
});

export const DETAIL = z.strictObject({
  story: STORY,
  erased: z.strictObject({ when: ms, by: z.string() }).optional().describe('Names and reasons are gone.'),
  reason: SAID.optional().describe('Of an emergency: what whoever used the door signed about why.'),
  review: SAID.optional().describe('Of an emergency: what its reviewer signed.'),
  entries: z.array(
    z.strictObject({
      index: int,
      time: ms,
      kind: z.string(),
      says: z.string(),
      bytes: z.string().describe('The entry as logged, base64url.'),
    }),
  ),
});

export const GAPS = z.strictObject({
  gaps: z.array(
    z.strictObject({
      kind: z.enum([
        'receipt-skipped',
        'receipt-twice',
        'device-only',
        'no-receipt',
        'values-differ',
        'primed',
        'no-end',
        'clock',
        'fork',
      ]),
      entry: int,
      device: hexId(8).optional(),
      command: hexId(32).optional(),
      first: int.optional(),
      last: int.optional(),
      says: z.string(),
      heads: z
        .strictObject({ ours: z.string(), theirs: z.string().optional() })
        .optional()
        .describe('Of a fork: both checkpoints.'),
    }),
  ),
});

export const OVERVIEW = z.strictObject({
  log: z.strictObject({
    origin: z.string(),
    size: int,
    witnessed: int,
    root: z.string(),
    seen: ms.optional(),
    health: z.string(),
    witnesses: z.array(z.strictObject({ name: z.string(), seen: int.nullable() })),
    quorum: int,
  }),
  since: ms,
  commands: int,
  outcomes: counts,
  refusals: counts.describe('By refusal code.'),
  emergencies: int.describe('Those that nobody has reviewed.'),
  breakGlass: int,
  primed: int.describe('Commands whose values were shown to the second person (review only).'),
  alarms: int,
  gaps: counts.describe('By kind.'),
  lastOfDevice: z.record(z.string(), ms),
  places: z.array(z.string()).describe('Labels of readers; the first two hundred.'),
  indexed: int,
  size: int,
});

export const ACCESS = z.strictObject({
  people: z.array(
    z.strictObject({
      kid: hexId(16),
      subject: z.string(),
      roles: int.describe('Bits.'),
      signed: int,
      glass: int.describe('How often this person broke the glass.'),
      last: ms.optional(),
      notBefore: int.optional().describe('Unix seconds.'),
      notAfter: int.optional(),
    }),
  ),
  pairs: z.array(z.strictObject({ first: hexId(16), second: hexId(16), together: int, differed: int })),
});

export const NOTE = z.strictObject({
  id: int,
  time: ms,
  about: z.string(),
  kind: z.enum(['note', 'tag', 'sign-off', 'hold', 'release']),
  text: z.string(),
  by: z.string(),
});

const word = z.string().regex(/^[A-Za-z0-9-]{1,40}$/u);

/** Why somebody reads or takes away: it stands in the log beside who did. */
export const PURPOSE = z
  .string()
  .regex(/^[ -~]{3,80}$/u)
  .describe('Why, in 3 to 80 printable ASCII characters; it is logged.');
export const MS = ms;
export const SKIP = int.max(LIMITS.listed.max).describe('So many of the rows are stepped over first.');
export const INDEX = int.describe('Index of an entry.');

/** Conditions of a search; all of them have to hold. */
export const FILTERS = {
  rows: z
    .enum(['commands', 'events', 'all'])
    .optional()
    .describe('One row for each command, or for each entry about none.'),
  text: z
    .string()
    .max(120)
    .optional()
    .describe(
      'Beginning of a command’s hash or device’s id, command words, a part of a device’s name, or a number of an entry or receipt.',
    ),
  from: MS.optional(),
  to: MS.optional(),
  person: z
    .string()
    .regex(/^[\w.@-]{1,80}$/u)
    .optional()
    .describe('Pseudonym, or key id of a passkey.'),
  role: word.optional(),
  device: hexId(8).optional(),
  model: z.string().max(80).optional(),
  patient: z
    .string()
    .regex(/^[0-9a-f]{4,64}$/u)
    .optional()
    .describe('Beginning of a pseudonym.'),
  action: word.optional(),
  tier: int.max(2).optional(),
  outcome: word.optional(),
  code: z.enum(Object.keys(REFUSALS)).optional(),
  second: z.enum(['none', 'blind', 'differs', 'primed']).optional(),
  proof: z.enum(['witnessed', 'waiting', 'open', 'unreviewed']).optional(),
  place: z.string().max(160).optional(),
  link: z.int().min(1).max(2).optional(),
  before: INDEX.optional().describe('Rows that began before this entry.'),
} as const;
