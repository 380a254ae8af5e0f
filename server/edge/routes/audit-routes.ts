import { z } from 'zod';
import type { RefusalCode } from '../../protocol/refusal.ts';
import { FILTERS, INDEX, MS, PURPOSE } from './audit-views.ts';
import { type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const ZIP = 'application/zip';
const REFUSALS: readonly RefusalCode[] = [
  'E_ROLE',
  'E_SCOPE',
  'E_DRAFT',
  'E_CMD_LIMIT',
  'E_AUDIT_UNAVAILABLE',
];
const NAMES = z
  .boolean()
  .optional()
  .describe('With names, reasons and tablets; without them their commitments verify all the same.');

/** Evidence to take away: files that anybody verifies without asking us. What is asked stands in the body. */
export const AUDIT_ROUTES: readonly Route[] = [
  signedIn({
    method: 'post',
    path: '/v1/audit/bundle',
    says: 'The evidence bundle of a command, of an incident (several) or of a period; auditors only, and logged.',
    body: z.strictObject({
      purpose: PURPOSE,
      names: NAMES,
      since: z
        .array(INDEX.min(1))
        .max(8)
        .optional()
        .describe('Log sizes you remember: the bundle shows that it continues them.'),
      commands: z
        .array(hexId(32))
        .min(1)
        .max(64)
        .optional()
        .describe('One is a command, more are an incident.'),
      from: MS.optional(),
      to: MS.optional(),
    }),
    answers: { 200: shape('A zip file; PROTOCOL.md section 5 says what is in it.', undefined, ZIP) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { names = false, since = [], commands, ...body } }) => {
      const covers = commands === undefined ? 'period' : commands.length === 1 ? 'command' : 'incident';
      const wish = { ...body, covers, commands: commands ?? [], names, since } as const;
      const { name, bytes } = await desk.audit.bundle(session, wish);
      return { status: 200, type: ZIP, body: bytes, file: name };
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/export',
    says: 'Rows of the log as a file: CSV (RFC 4180), JSON lines, or a FHIR R4 Bundle of AuditEvents after IHE BALP; auditors only. Its beginning, its digest and its end are logged.',
    body: z.strictObject({
      ...FILTERS,
      purpose: PURPOSE,
      format: z.enum(['csv', 'jsonl', 'fhir']),
      offset: z
        .int()
        .min(-840)
        .max(840)
        .optional()
        .describe('Minutes east of UTC that times are told in; 0 when left out.'),
      names: NAMES,
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
    handle: async ({ desk, session, body: { offset = 0, names = false, ...body } }) => {
      const { name, type, rows, chunks } = await desk.audit.export(session, { ...body, offset, names });
      return { status: 200, type, body: chunks, file: name, rows };
    },
  }),
];
