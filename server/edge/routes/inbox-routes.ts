import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import { EMPTY, json, type Route, shape, signedIn } from './route.ts';
import { hexId, view } from './views.ts';

const time = z.int().min(0).describe('Unix time in milliseconds.');

/** Enough of a patient to find the bed. */
export const DRAFT_PATIENT = z.strictObject({
  id: hexId(16),
  family: z.string(),
  given: z.string(),
  ward: z.string(),
  bed: z.string(),
});

const WAITING = z.strictObject({
  id: z.string(),
  device: hexId(8),
  deviceName: z.string(),
  patient: DRAFT_PATIENT.optional().describe('To whom the hospital assigned the device.'),
  operation: z.int().min(0).describe('Number of the operation; PROTOCOL.md names them.'),
  tier: z.int().min(1).max(2),
  settings: z
    .array(z.int().min(0))
    .describe('Codes of the settings to enter, as the profile names them. No values.'),
  by: z.string().describe('Subject of whoever asks.'),
  byName: z.string().optional(),
  reason: z.string(),
  order: z.string().describe('Reference of the order; may be empty.'),
  note: z
    .string()
    .optional()
    .describe('Told only after the same values were entered: people write values into it.'),
  matched: z.boolean().describe('Entered by this person at this tablet, or shown to them: it can be signed.'),
  primed: z
    .boolean()
    .describe('The policy lets a second person be shown these values instead (review only).'),
  shown: z.boolean().describe('They were shown to this person, who enters none any more.'),
  since: time,
  expires: time,
  attemptsLeft: z.int().min(0),
});

const OWN = z.strictObject({
  id: z.string(),
  device: hexId(8),
  command: hexId(32).describe('Hash of the command.'),
  state: z.enum(['waiting', 'matched', 'declined', 'differs']),
  second: z.string().optional().describe('Subject of whoever matched, declined or entered something else.'),
  secondName: z.string().optional(),
  check: z
    .enum(['entered', 'primed'])
    .optional()
    .describe(
      'How the second person checks it: by an entry of their own, or shown the values (review only).',
    ),
  why: z.string().optional().describe('Why it was declined.'),
  expires: time,
  attemptsLeft: z.int().min(0),
});

const draftId = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{22}$/u) });

/** The second clinician's inbox, and what the first one hears of it. */
export const INBOX_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/drafts',
    says: 'Drafts that wait for a second person. The first person’s values are not in them.',
    answers: { 200: shape('Drafts.', z.strictObject({ drafts: z.array(WAITING) })) },
    handle: ({ desk, session }) =>
      json(200, { drafts: desk.inbox.waiting(session).map((draft) => view(WAITING, draft)) }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/own-drafts',
    says: 'Drafts this person asked for and what became of each, until it expires.',
    answers: { 200: shape('Drafts.', z.strictObject({ drafts: z.array(OWN) })) },
    handle: ({ desk, session }) =>
      json(200, { drafts: desk.inbox.own(session).map((draft) => view(OWN, draft)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/drafts/{id}/show',
    says: 'The second person is shown what the first signed, where the policy allows a check without an entry (review only). The log has it first; from then on their signature is for a primed check alone.',
    params: draftId,
    body: z.strictObject({}),
    answers: {
      200: shape('The exact bytes.', z.strictObject({ command: z.string().describe('base64url') })),
    },
    refusals: ['E_ROLE', 'E_POLICY', 'E_DRAFT', 'E_DUAL_SAME_PERSON', 'E_RATE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, params }) =>
      json(200, { command: base64url(await desk.inbox.show(session, params.id)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/drafts/{id}/decline',
    says: 'The second person says no, and why; whoever asked is told, and the draft is closed.',
    params: draftId,
    body: z.strictObject({ reason: z.string().min(1).max(500).describe('In words.') }),
    answers: { 204: { says: 'Done.', content: {} } },
    refusals: ['E_ROLE', 'E_DRAFT', 'E_DUAL_SAME_PERSON', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, params, body }) => {
      await desk.inbox.decline(session, params.id, body.reason);
      return EMPTY;
    },
  }),
];
