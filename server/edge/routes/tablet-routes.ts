import { z } from 'zod';
import type { RefusalCode } from '../../protocol/refusal.ts';
import { EMPTY, json, type Route, shape, signedIn } from './route.ts';
import { SIGNED, signedStatement, TABLET } from './views.ts';

const REFUSALS: readonly RefusalCode[] = [
  'E_ASSERTION',
  'E_ASSERTION_CRED',
  'E_ROLE',
  'E_SCOPE',
  'E_RATE',
  'E_AUDIT_UNAVAILABLE',
];

/** Which tablets there are is an operator's word, signed each time. */
export const TABLET_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/tablets',
    says: 'Enrolled tablets; operators only.',
    answers: { 200: shape('Tablets.', z.strictObject({ tablets: z.array(TABLET) })) },
    refusals: ['E_ROLE'],
    handle: ({ desk, session }) => json(200, { tablets: desk.tablets(session) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/tablets',
    says: 'Enrols a tablet, by a signed enrolment statement.',
    body: SIGNED,
    repeatable: true,
    answers: { 201: shape('The tablet.', TABLET) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body }) =>
      json(201, await desk.enrolTablet(session, signedStatement(body))),
  }),
  signedIn({
    method: 'post',
    path: '/v1/tablet-removals',
    says: 'Takes a tablet off, by a signed enrolment statement that says so; its session ends at once.',
    body: SIGNED,
    repeatable: true,
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: REFUSALS,
    handle: async ({ desk, session, body }) => {
      await desk.removeTablet(session, signedStatement(body));
      return EMPTY;
    },
  }),
];
