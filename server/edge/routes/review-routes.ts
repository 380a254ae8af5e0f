import { z } from 'zod';
import { DRAFT_PATIENT } from './inbox-routes.ts';
import { EMPTY, json, type Route, shape, signedIn } from './route.ts';
import { TOLD } from './told-view.ts';
import { hexId, SIGNED, signedStatement, view } from './views.ts';

const time = z.int().min(0).optional();

const REVIEW = z.strictObject({
  device: hexId(8),
  deviceName: z.string(),
  patient: DRAFT_PATIENT.optional().describe('To whom the hospital assigned the device.'),
  command: hexId(32).describe('Hash of the emergency command.'),
  by: z.string().optional().describe('Subject of the rescuer; none for a key of another hospital.'),
  byName: z.string().optional(),
  own: z.boolean().describe('It was the one who asks: somebody else reviews it.'),
  since: time.describe('When the log heard of it. Unix time in milliseconds.'),
  due: time.describe('Until when it is to be reviewed. Unix time in milliseconds.'),
  reason: z
    .strictObject({ reason: z.string(), text: z.string(), time: z.int().min(0) })
    .optional()
    .describe('Why the rescuer used the door, by their own signed word.'),
  told: TOLD,
});

/** What waits for a review after an emergency, and the way to close it. */
export const REVIEW_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/reviews',
    says: 'Emergencies that nobody has reviewed yet, of the devices this person may see, and their own; the oldest first.',
    answers: { 200: shape('Reviews.', z.strictObject({ reviews: z.array(REVIEW) })) },
    handle: ({ desk, session }) =>
      json(200, { reviews: desk.reviews.open(session).map((one) => view(REVIEW, one)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/reviews',
    says: 'Closes the review of an emergency, by a signed statement of somebody else than the rescuer.',
    body: SIGNED,
    repeatable: true,
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: [
      'E_ASSERTION',
      'E_ASSERTION_CRED',
      'E_ROLE',
      'E_SCOPE',
      'E_DUAL_SAME_PERSON',
      'E_AUDIT_UNAVAILABLE',
    ],
    handle: async ({ desk, session, body }) => {
      await desk.reviews.close(session, signedStatement(body));
      return EMPTY;
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/emergency-reasons',
    says: 'Why somebody used the emergency door, by their own signed statement: once, until it is reviewed.',
    body: SIGNED,
    repeatable: true,
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: ['E_ASSERTION', 'E_ASSERTION_CRED', 'E_ROLE', 'E_SCOPE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, body }) => {
      await desk.reviews.explain(session, signedStatement(body));
      return EMPTY;
    },
  }),
];
