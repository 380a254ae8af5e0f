import type { ReviewSaid } from '../desks/audit-desk.ts';
import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import type { RefusalCode } from '../../protocol/refusal.ts';
import {
  ACCESS,
  DETAIL,
  FILTERS,
  FOUND,
  GAPS,
  INDEX,
  MS,
  NOTE,
  OVERVIEW,
  PURPOSE,
  SKIP,
} from './audit-views.ts';
import { json, type Route, shape, signedIn } from './route.ts';
import { SIGNED, signedStatement } from './views.ts';

const REFUSALS: readonly RefusalCode[] = ['E_ROLE', 'E_SCOPE', 'E_AUDIT_UNAVAILABLE'];
const ONLY = 'auditors only; who read and why is logged';

/**
 * Reading the log: lists, stories, gaps, access, notes. Pages of 100 from any place, newest first, with the total and
 * the end. What is asked stands in the body: names and purposes have no place in an address.
 */
export const AUDIT_SEARCH_ROUTES: readonly Route[] = [
  signedIn({
    method: 'post',
    path: '/v1/audit/overview',
    says: `The numbers an auditor begins with; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE, since: MS.optional() }),
    answers: { 200: shape('Numbers since a time, or of the whole log.', OVERVIEW) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose, since } }) =>
      json(200, await desk.audit.overview(session, since ?? 0, purpose)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/stories',
    says: `Commands and events of the whole log, filtered; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE, ...FILTERS, skip: SKIP.optional() }),
    answers: { 200: shape('One page, the total, whether it ends here, and what the answer proves.', FOUND) },
    refusals: [...REFUSALS, 'E_RATE'],
    handle: async ({ desk, session, body: { purpose, ...filters } }) =>
      json(200, await desk.audit.search(session, filters, purpose)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/story',
    says: `One command or event with every entry it has, in words and as bytes; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE, id: INDEX }),
    answers: { 200: shape('The story.', DETAIL) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose, id } }) => {
      const { story, erased, reason, review, entries } = await desk.audit.story(session, id, purpose);
      return json(200, {
        story,
        erased,
        reason: reason && saidView(reason),
        review: review && saidView(review),
        entries: entries.map((entry) => ({ ...entry, bytes: base64url(entry.bytes) })),
      });
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/gaps',
    says: `What should be in the log and is not, or the other way round; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE }),
    answers: { 200: shape('Gaps, the most serious kind first.', GAPS) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose } }) =>
      json(200, { gaps: await desk.audit.gaps(session, purpose) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/access',
    says: `Who may sign, how often they did, and who signed with whom; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE }),
    answers: { 200: shape('People and pairs.', ACCESS) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose } }) =>
      json(200, await desk.audit.access(session, purpose)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/case',
    says: `Notes, tags and sign-offs of a case or a command; ${ONLY}.`,
    body: z.strictObject({ purpose: PURPOSE, about: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/u) }),
    answers: { 200: shape('The oldest first.', z.strictObject({ notes: z.array(NOTE) })) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose, about } }) =>
      json(200, { notes: await desk.audit.notes(session, about, purpose) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/notes',
    says: 'Adds a note, a tag, a sign-off or a legal hold, by a signed statement; nothing is ever changed or taken back.',
    body: SIGNED,
    repeatable: true,
    answers: { 201: shape('The note.', NOTE) },
    refusals: [...REFUSALS, 'E_ASSERTION', 'E_ASSERTION_CRED'],
    handle: async ({ desk, session, body }) =>
      json(201, await desk.audit.note(session, signedStatement(body))),
  }),
];

const saidView = ({ entry, statement, path, ...said }: ReviewSaid) => ({
  ...said,
  entry: base64url(entry),
  statement: base64url(statement),
  path: path?.map(base64url),
});
