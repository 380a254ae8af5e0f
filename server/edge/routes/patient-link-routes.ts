import { z } from 'zod';
import { json, open, type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const KEY = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/u)
  .describe('The key in the link’s fragment; it stands in no address.');
const ms = z.int().min(0).describe('Unix time in milliseconds.');

const PAGE = z.strictObject({
  device: z.string(),
  until: ms,
  total: z.int().min(0),
  changes: z.array(
    z.strictObject({
      command: hexId(32),
      time: ms,
      outcome: z.string(),
      people: z.int().min(0).describe('How many clinicians signed it.'),
      tier: z.int().min(0).max(2),
      witnessed: z.boolean(),
      reason: z.string().describe('A code; empty where none was given or kept.'),
      changes: z.array(z.strictObject({ name: z.string(), before: z.string(), after: z.string() })),
    }),
  ),
});

/** The patient's page: who changed my device, when, and to what; by a link that was printed at the clinic. */
export const PATIENT_LINK_ROUTES: readonly Route[] = [
  signedIn({
    method: 'post',
    path: '/v1/patient-links',
    says: 'A link for the patient who has this device now, to be printed; told once, and logged.',
    body: z.strictObject({ device: hexId(8) }),
    answers: {
      201: shape('The link’s secret.', z.strictObject({ key: KEY, fingerprint: z.string(), until: ms })),
    },
    refusals: ['E_SCOPE', 'E_LINK', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, body }) => json(201, await desk.audit.links.make(session, body.device)),
  }),
  open({
    method: 'post',
    path: '/v1/patient-view',
    says: 'What was done to a patient’s device, for whoever has the link; nobody’s name is in it.',
    body: z.strictObject({ key: KEY }),
    answers: { 200: shape('The newest hundred changes.', PAGE) },
    refusals: ['E_SCOPE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, body }) => json(200, await desk.audit.links.page(body.key)),
  }),
  open({
    method: 'post',
    path: '/v1/patient-view/evidence',
    says: 'The evidence file of one of these changes, to be checked in the browser.',
    body: z.strictObject({ key: KEY, command: hexId(32) }),
    answers: { 200: shape('The file.', undefined, 'application/cbor') },
    refusals: ['E_SCOPE'],
    handle: ({ desk, body }) => ({
      status: 200,
      type: 'application/cbor',
      body: desk.audit.links.evidence(body.key, body.command),
    }),
  }),
];
