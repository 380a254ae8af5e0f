import { z } from 'zod';
import { json, type Route, shape, signedIn } from './route.ts';
import { view } from './views.ts';

const OPEN = z.strictObject({
  tablet: z.string(),
  since: z.int().min(0).describe('Unix time in milliseconds.'),
  here: z.boolean().describe('The session that asks.'),
});
const SESSIONS = z.strictObject({ sessions: z.array(OPEN) });

/** All sessions of one person, and their end from whatever tablet the person stands at. */
export const SESSION_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/sessions',
    says: 'Where this person is signed in.',
    answers: { 200: shape('Sessions.', SESSIONS) },
    handle: ({ desk, session }) =>
      json(200, { sessions: desk.signIn.allOf(session).map((one) => view(OPEN, one)) }),
  }),
  signedIn({
    method: 'delete',
    path: '/v1/sessions',
    says: 'Ends all sessions of this person, this one too, and every sign-in from before: no token of those opens anything again. Each tablet is told at once.',
    answers: { 200: shape('The sessions that ended.', SESSIONS) },
    refusals: ['E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session }) => {
      const ended = await desk.signIn.endAll(session);
      return json(200, { sessions: ended.map((one) => view(OPEN, one)) });
    },
  }),
];
