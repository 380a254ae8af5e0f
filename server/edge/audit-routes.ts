import { z } from 'zod';
import type { RefusalCode } from '../protocol/refusal.ts';
import type { Taken } from './audit-desk.ts';
import { type Answer, type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const ZIP = 'application/zip';
const REFUSALS: readonly RefusalCode[] = ['E_ROLE', 'E_SCOPE', 'E_DRAFT', 'E_AUDIT_UNAVAILABLE'];

/** Why somebody reads or takes away: it stands in the log beside who did. */
export const PURPOSE = z
  .string()
  .regex(/^[ -~]{3,80}$/u)
  .describe('Why, in 3 to 80 printable ASCII characters; it is logged.');
const YES_NO = z.enum(['yes', 'no']).optional();
const digits = (max: number) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,15})$/u)
    .refine((text) => Number(text) <= max);
export const MS = digits(Number.MAX_SAFE_INTEGER).describe('Unix time in milliseconds.');
const list = (item: RegExp, most: number, says: string) =>
  z
    .string()
    .refine((text) => text.split(',').length <= most && text.split(',').every((part) => item.test(part)))
    .describe(says);

const common = {
  purpose: PURPOSE,
  names: YES_NO.describe('With names, reasons and tablets; "no" when left out. They verify either way.'),
  since: list(
    /^[1-9][0-9]{0,12}$/u,
    8,
    'Log sizes you remember, up to 8: the bundle shows that it continues them.',
  ).optional(),
};

const numbers = (text: string | undefined): readonly number[] =>
  (text ?? '').split(',').filter(Boolean).map(Number);

/** The file, under a name that says what it is and nothing of a patient. */
const fileOf = ({ bytes, name }: Taken): Answer => ({ status: 200, type: ZIP, body: bytes, file: name });

/** Evidence to take away: zip files that anybody verifies without asking us. */
export const AUDIT_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/audit/commands/{hash}/bundle',
    says: 'The evidence bundle of one command; auditors only, and logged.',
    params: z.strictObject({ hash: hexId(32) }),
    query: z.strictObject(common),
    answers: { 200: shape('A zip file; PROTOCOL.md says what is in it.', undefined, ZIP) },
    refusals: REFUSALS,
    handle: async ({ desk, session, params, query: { purpose, names, since } }) =>
      fileOf(
        await desk.audit.bundle(session, {
          covers: 'command',
          commands: [params.hash],
          names: names === 'yes',
          since: numbers(since),
          purpose,
        }),
      ),
  }),
  signedIn({
    method: 'get',
    path: '/v1/audit/bundle',
    says: 'The evidence bundle of an incident (some commands) or of a period; auditors only, and logged.',
    query: z.strictObject({
      ...common,
      commands: list(/^[0-9a-f]{64}$/u, 64, 'Command hashes, up to 64, separated by commas.').optional(),
      from: MS.optional(),
      to: MS.optional(),
    }),
    answers: { 200: shape('A zip file.', undefined, ZIP) },
    refusals: REFUSALS,
    handle: async ({ desk, session, query: { purpose, names, since, commands, from, to } }) =>
      fileOf(
        await desk.audit.bundle(session, {
          covers: commands === undefined ? 'period' : 'incident',
          commands: commands?.split(',') ?? [],
          from: from === undefined ? undefined : Number(from),
          to: to === undefined ? undefined : Number(to),
          names: names === 'yes',
          since: numbers(since),
          purpose,
        }),
      ),
  }),
];
