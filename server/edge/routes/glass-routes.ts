import { z } from 'zod';
import type { RefusalCode } from '../../protocol/refusal.ts';
import { EMPTY, json, type Route, shape, signedIn } from './route.ts';
import { DRAFT_PATIENT } from './inbox-routes.ts';
import { TOLD } from './told-view.ts';
import { hexId, SIGNED, signedStatement, view } from './views.ts';

const time = z.int().min(0).describe('Unix time in milliseconds.');
const GLASS = z.strictObject({
  id: hexId(32).describe('SHA-256 of the statement.'),
  patient: z.string().describe('Opaque name, as in addresses.'),
  devices: z.array(hexId(8)),
  by: z.string(),
  byName: z.string().optional(),
  own: z.boolean().describe('It was the one who asks: somebody else reviews it.'),
  reason: z.string(),
  text: z.string(),
  since: time,
  until: time,
  open: z.boolean().describe('Not over yet. It is reviewed once it is.'),
  about: DRAFT_PATIENT.optional().describe('Whom, for who may see them.'),
  deviceNames: z.array(z.string()).describe('Of the devices, as far as they are here.'),
  told: TOLD,
});
const REFUSALS: readonly RefusalCode[] = [
  'E_ASSERTION',
  'E_ASSERTION_CRED',
  'E_ROLE',
  'E_SCOPE',
  'E_AUDIT_UNAVAILABLE',
];

/** A patient of somebody else, opened by a signed statement: for reading and small changes, for an hour at most. */
export const GLASS_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/break-glass',
    says: 'What was opened and is not yet reviewed: one’s own, of the patients one cares for, and all of it for who may review.',
    answers: { 200: shape('Openings.', z.strictObject({ openings: z.array(GLASS) })) },
    handle: ({ desk, session }) =>
      json(200, { openings: desk.glass.list(session).map((one) => view(GLASS, one)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/break-glass',
    says: 'Opens one patient by a signed break-glass statement. It lifts no limit and no second person, is told to those who care for the patient, and has to be reviewed.',
    body: SIGNED,
    answers: { 201: shape('Opened.', GLASS) },
    refusals: [...REFUSALS, 'E_REVIEW'],
    handle: async ({ desk, session, body }) =>
      json(201, view(GLASS, await desk.glass.open(session, signedStatement(body)))),
  }),
  signedIn({
    method: 'delete',
    path: '/v1/break-glass/{id}',
    says: 'Closes it before its time; leaving the patient does.',
    params: z.strictObject({ id: hexId(32) }),
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: ['E_SCOPE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, params }) => {
      await desk.glass.close(session, params.id);
      return EMPTY;
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/break-glass-reviews',
    says: 'Closes the review of an opening, by a signed statement of somebody else.',
    body: SIGNED,
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: [...REFUSALS, 'E_DUAL_SAME_PERSON'],
    handle: async ({ desk, session, body }) => {
      await desk.glass.review(session, signedStatement(body));
      return EMPTY;
    },
  }),
];
