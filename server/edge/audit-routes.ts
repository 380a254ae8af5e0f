import { z } from 'zod';
import type { RefusalCode } from '../protocol/refusal.ts';
import type { Taken } from './audit-desk.ts';
import { type Answer, type Route, shape, signedIn } from './route.ts';
import { wishOf } from './audit-search-routes.ts';
import { FILTERS, MS, PURPOSE } from './audit-views.ts';
import { hexId } from './views.ts';

const ZIP = 'application/zip';
const REFUSALS: readonly RefusalCode[] = ['E_ROLE', 'E_SCOPE', 'E_DRAFT', 'E_AUDIT_UNAVAILABLE'];

const YES_NO = z.enum(['yes', 'no']).optional();
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
  signedIn({
    method: 'get',
    path: '/v1/audit/export',
    says: 'Rows of the log as a file: CSV (RFC 4180), JSON lines, or a FHIR R4 Bundle of AuditEvents after IHE BALP; auditors only. Its beginning, its digest and its end are logged.',
    query: z.strictObject({
      ...FILTERS,
      purpose: PURPOSE,
      format: z.enum(['csv', 'jsonl', 'fhir']),
      offset: z
        .string()
        .regex(/^-?[0-9]{1,3}$/u)
        .refine((text) => Math.abs(Number(text)) <= 840)
        .optional()
        .describe('Minutes east of UTC that times are told in; 0 when left out.'),
      names: YES_NO,
    }),
    answers: {
      200: {
        says: 'The file; Export-Rows says how many rows it will have. One that breaks off did not end.',
        content: {
          'text/csv; charset=utf-8': undefined,
          'application/jsonl': undefined,
          'application/fhir+json': undefined,
        },
      },
    },
    refusals: REFUSALS,
    handle: async ({ desk, session, query: { purpose, format, offset, names, ...filters } }) => {
      const wish = {
        ...wishOf(filters),
        purpose,
        format,
        offset: Number(offset ?? 0),
        names: names === 'yes',
      };
      const { name, type, rows, chunks } = await desk.audit.export(session, wish);
      return { status: 200, type, body: chunks, file: name, rows };
    },
  }),
];
