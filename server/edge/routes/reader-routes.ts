import { z } from 'zod';
import { EMPTY, json, type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const NO_CONTENT = { says: 'Done.', content: {} };
const label = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u);

const READER = z.strictObject({
  label: z.string(),
  ward: z.string().optional().describe('Where it stands; one without a ward goes from ward to ward.'),
  wrongWard: z.literal(true).optional().describe('Not where the patient lies for whom this tablet works.'),
  linked: z.boolean().describe('Its station is in contact.'),
  lastSeen: z.int().min(0).optional().describe('Unix time in milliseconds.'),
  trouble: z.string().optional().describe('Why no device can be read there, and what to do.'),
  busy: z
    .strictObject({ tablet: z.string(), by: z.string(), mine: z.boolean() })
    .optional()
    .describe('The tablet that is bound to it, and the subject who works there.'),
});
const BOUND = z.strictObject({
  reader: z.string(),
  signal: z.enum(['shown', 'unable', 'no-reader']).describe('Did it blink and beep?'),
  says: z.string().describe('The same in words.'),
});

/** One tablet, one reader, for as long as the session lasts: taps are told to that tablet and to no other. */
export const READER_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/readers',
    says: 'Card readers of this hospital: in contact or not, and who uses them.',
    answers: { 200: shape('Readers.', z.strictObject({ readers: z.array(READER) })) },
    handle: ({ desk, session }) => json(200, { readers: desk.readers.readers(session) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/reader-binding',
    says: 'Binds this tablet to the reader whose label was scanned, for the session; the reader blinks and beeps.',
    body: z.strictObject({ label: label.describe('As it stands on the reader.') }),
    answers: { 201: shape('Bound.', BOUND) },
    refusals: ['E_SCOPE', 'E_READER_WARD', 'E_READER_BUSY', 'E_READER_AWAY'],
    handle: async ({ desk, session, body }) => json(201, await desk.readers.bind(session, body.label)),
  }),
  signedIn({
    method: 'delete',
    path: '/v1/reader-binding',
    says: 'Lets go of the reader.',
    answers: { 204: NO_CONTENT },
    handle: ({ desk, session }) => {
      desk.readers.release(session);
      return EMPTY;
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/reader-signal',
    says: 'Has the bound reader blink and beep once more.',
    answers: { 200: shape('Asked.', BOUND) },
    refusals: ['E_READER', 'E_READER_AWAY'],
    handle: async ({ desk, session }) => json(200, await desk.readers.show(session)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/patient-binding',
    says: 'Says for whom this tablet works: a device of somebody else at its reader is told as a mismatch, and logged.',
    body: z.strictObject({ patient: hexId(16) }),
    answers: { 204: NO_CONTENT },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, body }) => {
      desk.readers.bindPatient(session, body.patient);
      return EMPTY;
    },
  }),
  signedIn({
    method: 'delete',
    path: '/v1/patient-binding',
    says: 'This tablet works for nobody in particular.',
    answers: { 204: NO_CONTENT },
    handle: ({ desk, session }) => {
      desk.readers.releasePatient(session);
      return EMPTY;
    },
  }),
];
