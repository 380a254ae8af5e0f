import { z } from 'zod';
import type { RefusalCode } from '../../protocol/refusal.ts';
import { INDEX, MS, PURPOSE } from './audit-views.ts';
import { json, type Route, shape, signedIn } from './route.ts';
import { hexId, SIGNED, signedStatement } from './views.ts';

const REFUSALS: readonly RefusalCode[] = ['E_ROLE', 'E_SCOPE', 'E_AUDIT_UNAVAILABLE'];
const text = z.string();

const UNMASKED = z.strictObject({
  until: MS,
  patient: z.strictObject({ name: text, mrn: text, birthDate: text }).optional(),
  pseudonym: hexId(32).describe('Of the patient, whole: what an erasure names.'),
  people: z.array(text).describe('Pseudonyms of the people who signed.'),
  reason: text,
  note: text,
  order: text,
  tablets: z.array(text),
});

const RETENTION = z.strictObject({
  retention: z.array(z.strictObject({ class: text, years: z.int().min(0), basis: text })),
  holds: z.array(z.strictObject({ about: text, time: MS, by: text, text })).describe('Legal holds in force.'),
  erased: z.array(z.strictObject({ patient: text, when: MS, by: text })),
});

const USES = z.strictObject({
  uses: z.array(
    z.strictObject({
      entry: INDEX,
      time: MS,
      kid: hexId(16),
      kind: text,
      action: text,
      outcome: text,
      device: hexId(8).optional(),
      command: hexId(32).optional(),
    }),
  ),
  total: z.int().min(0),
});

/** Who may be known, for how long, and by whom: masks, retention, erasing, and everybody's own uses of their key. */
export const PRIVACY_ROUTES: readonly Route[] = [
  signedIn({
    method: 'post',
    path: '/v1/audit/unmask',
    says: 'Shows who a command was about and why, for a quarter of an hour; auditors only. The reason is logged before anything is shown.',
    body: z.strictObject({ purpose: PURPOSE, command: hexId(32) }),
    answers: { 200: shape('Names and reasons.', UNMASKED) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose, command } }) =>
      json(200, await desk.audit.unmask(session, command, purpose)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/retention',
    says: 'How long each class of records is kept and why, what a legal hold keeps, and who was erased; auditors only, and logged.',
    body: z.strictObject({ purpose: PURPOSE }),
    answers: { 200: shape('Rows.', RETENTION) },
    refusals: REFUSALS,
    handle: async ({ desk, session, body: { purpose } }) =>
      json(200, await desk.audit.retention(session, purpose)),
  }),
  signedIn({
    method: 'post',
    path: '/v1/audit/erasures',
    says: 'Erases a person by an operator’s signed statement: the key behind names and reasons is destroyed, clinical values are overwritten, and every proof still holds.',
    body: SIGNED,
    repeatable: true,
    answers: { 201: shape('How many commands it was.', z.strictObject({ commands: z.int().min(0) })) },
    refusals: [
      ...REFUSALS,
      'E_ASSERTION',
      'E_ASSERTION_CRED',
      'E_LOCKED',
      'E_BUSY',
      'E_POLICY',
      'E_CMD_LIMIT',
    ],
    handle: async ({ desk, session, body }) =>
      json(201, { commands: await desk.audit.erase(session, signedStatement(body)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/key-uses',
    says: 'Everything that your own passkeys signed, the newest hundred first: what is not yours to have signed, report.',
    body: z.strictObject({ from: MS.optional(), before: INDEX.optional() }),
    answers: { 200: shape('Entries of the log.', USES) },
    refusals: ['E_AUDIT_UNAVAILABLE', 'E_RATE'],
    handle: async ({ desk, session, body }) => json(200, await desk.audit.uses(session, body)),
  }),
];
