import { z } from 'zod';
import { base64url } from '../../protocol/encoding/bytes.ts';
import { AUDIT_ROUTES } from './audit-routes.ts';
import { AUDIT_SEARCH_ROUTES } from './audit-search-routes.ts';
import type { Session } from '../desks/desk.ts';
import { PATIENT_LINK_ROUTES } from './patient-link-routes.ts';
import { BUILD_ROUTES } from './build-routes.ts';
import { GLASS_ROUTES } from './glass-routes.ts';
import { HISTORY_ROUTES } from './history-routes.ts';
import { INBOX_ROUTES } from './inbox-routes.ts';
import { LOG_ROUTES } from './log-routes.ts';
import { MONITOR_ROUTES } from './monitor-routes.ts';
import { PRIVACY_ROUTES } from './privacy-routes.ts';
import { PATIENT_ROUTES } from './patient-routes.ts';
import { READER_ROUTES } from './reader-routes.ts';
import { REFUSAL_ROUTES } from './refusal-routes.ts';
import { REVIEW_ROUTES } from './review-routes.ts';
import {
  type AnswerShape,
  EMPTY,
  json,
  JSON_TYPE,
  open,
  type Route,
  shape,
  signedIn,
  withToken,
} from './route.ts';
import { PASSKEY_ROUTES } from './passkey-routes.ts';
import { SESSION_ROUTES } from './session-routes.ts';
import { TABLET_ROUTES } from './tablet-routes.ts';
import {
  COMMAND,
  DEVICE,
  DEVICE_DETAIL,
  deviceDetail,
  HEALTH,
  healthView,
  hexId,
  LOCK,
  SESSION_OPENED,
  SIGNED,
  signedStatement,
  view,
} from './views.ts';

const CBOR_TYPE = 'application/cbor';
/** One page of commands; a tablet shows fewer. */
const MAX_COMMANDS = 200;

const NO_CONTENT: AnswerShape = { says: 'Done.', content: {} };
const listOf = (name: string, item: z.ZodType): z.ZodType => z.strictObject({ [name]: z.array(item) });

const deviceId = z.strictObject({ id: hexId(8) });
const commandHash = z.strictObject({ hash: hexId(32) });
const sessionView = ({ id, subject, roles, tablet, scope, expires }: Session): object => ({
  session: { id, subject, roles, tablet, scope: [...scope].join(' '), expires },
});

/**
 * Everything that can be asked over HTTP. A route that is not here does not exist; `document` is the finished
 * OpenAPI text, which is made from this table and therefore comes as an argument.
 */
export const routes = (document: () => string): readonly Route[] => [
  open({
    method: 'get',
    path: '/healthz',
    says: 'The process runs.',
    answers: { 200: shape('It runs.', z.strictObject({ alive: z.literal(true) })) },
    handle: () => json(200, { alive: true }),
  }),
  open({
    method: 'get',
    path: '/readyz',
    says: 'The evidence is healthy: fresh checkpoint, witnesses, no overdue receipts.',
    answers: { 200: shape('Ready.', HEALTH), 503: shape('Not ready, and why.', HEALTH) },
    handle: ({ desk }) => {
      const health = healthView(desk.health());
      return json(health.ready ? 200 : 503, health);
    },
  }),
  open({
    method: 'get',
    path: '/openapi.json',
    says: 'This document.',
    answers: { 200: shape('OpenAPI 3.1.', z.looseObject({ openapi: z.string() })) },
    handle: () => ({ status: 200, type: JSON_TYPE, body: document() }),
  }),
  open({
    method: 'get',
    path: '/v1/session-challenge',
    says: 'A nonce for one statement; used once, within two minutes.',
    answers: { 200: shape('The nonce, 16 bytes.', z.strictObject({ nonce: z.string() })) },
    refusals: ['E_RATE'],
    handle: ({ desk }) => json(200, { nonce: base64url(desk.signIn.challenge()) }),
  }),
  withToken({
    method: 'post',
    path: '/v1/sessions',
    says: 'Opens a session for this token’s tablet, on a session statement signed with the signing passkey.',
    body: SIGNED,
    answers: { 201: shape('Opened.', SESSION_OPENED) },
    refusals: ['E_ASSERTION', 'E_ASSERTION_CRED', 'E_ROLE'],
    handle: async ({ desk, token, body }) =>
      json(201, sessionView(await desk.signIn.open(token, signedStatement(body)))),
  }),
  signedIn({
    method: 'get',
    path: '/v1/sessions/current',
    opens: 'every session',
    says: 'This session. Asked with a newer token, it carries the session and its streams on.',
    answers: { 200: shape('The session.', SESSION_OPENED) },
    handle: ({ session }) => json(200, sessionView(session)),
  }),
  signedIn({
    method: 'delete',
    path: '/v1/sessions/current',
    opens: 'every session',
    says: 'Ends this session.',
    answers: { 204: NO_CONTENT },
    handle: ({ desk, session }) => {
      desk.signIn.close(session);
      return EMPTY;
    },
  }),
  signedIn({
    method: 'post',
    path: '/v1/stream-ticket',
    says: 'A ticket for the first message on the stream; used once, within 30 s.',
    answers: { 201: shape('The ticket.', z.strictObject({ ticket: z.string() })) },
    refusals: ['E_RATE'],
    handle: ({ desk, session }) => json(201, { ticket: desk.signIn.ticket(session) }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices',
    says: 'The devices this person may see.',
    answers: { 200: shape('Devices.', listOf('devices', DEVICE)) },
    handle: ({ desk, session }) =>
      json(200, { devices: desk.devices(session).map((device) => view(DEVICE, device)) }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/devices/{id}',
    says: 'One device, with what a tablet needs to verify it.',
    params: deviceId,
    answers: { 200: shape('The device.', DEVICE_DETAIL) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params }) => json(200, deviceDetail(desk.device(session, params.id))),
  }),
  signedIn({
    method: 'get',
    path: '/v1/commands',
    says: 'Commands, newest first.',
    query: z.strictObject({
      device: hexId(8).optional(),
      limit: z
        .string()
        .regex(/^[1-9][0-9]{0,2}$/u)
        .refine((digits) => Number(digits) <= MAX_COMMANDS)
        .optional()
        .describe(`1 to ${MAX_COMMANDS}; 50 when left out.`),
    }),
    answers: { 200: shape('Commands.', listOf('commands', COMMAND)) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, query: { device, limit = '50' } }) => {
      const filter = { limit: Number(limit), ...(device !== undefined && { device }) };
      return json(200, { commands: desk.commands(session, filter).map((command) => view(COMMAND, command)) });
    },
  }),
  signedIn({
    method: 'get',
    path: '/v1/commands/{hash}',
    says: 'One command.',
    params: commandHash,
    answers: { 200: shape('The command.', COMMAND) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, session, params }) => json(200, view(COMMAND, desk.command(session, params.hash))),
  }),
  signedIn({
    method: 'get',
    path: '/v1/commands/{hash}/evidence',
    says: 'The evidence file of one finished command.',
    params: commandHash,
    answers: { 200: shape('The file.', undefined, CBOR_TYPE) },
    refusals: ['E_SCOPE'],
    handle: async ({ desk, session, params }) => ({
      status: 200,
      type: CBOR_TYPE,
      body: await desk.evidence(session, params.hash),
    }),
  }),
  signedIn({
    method: 'get',
    path: '/v1/locks',
    says: 'Locks that are on.',
    answers: { 200: shape('Locks.', listOf('locks', LOCK)) },
    handle: ({ desk, session }) => json(200, { locks: desk.locks(session).map((lock) => view(LOCK, lock)) }),
  }),
  signedIn({
    method: 'post',
    path: '/v1/locks',
    says: 'Sets a lock, by a signed statement.',
    body: SIGNED,
    repeatable: true,
    answers: { 201: shape('The lock.', LOCK) },
    refusals: ['E_ASSERTION', 'E_ASSERTION_CRED', 'E_ROLE', 'E_RATE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, body }) =>
      json(201, view(LOCK, await desk.lock(session, signedStatement(body)))),
  }),
  signedIn({
    method: 'post',
    path: '/v1/unlocks',
    says: 'Lifts a lock, by a signed statement.',
    body: SIGNED,
    repeatable: true,
    answers: { 204: NO_CONTENT },
    refusals: ['E_ASSERTION', 'E_ASSERTION_CRED', 'E_ROLE', 'E_SCOPE', 'E_RATE', 'E_AUDIT_UNAVAILABLE'],
    handle: async ({ desk, session, body }) => {
      await desk.unlock(session, signedStatement(body));
      return EMPTY;
    },
  }),
  ...BUILD_ROUTES,
  ...GLASS_ROUTES,
  ...HISTORY_ROUTES,
  ...INBOX_ROUTES,
  ...PATIENT_ROUTES,
  ...MONITOR_ROUTES,
  ...PASSKEY_ROUTES,
  ...READER_ROUTES,
  ...REFUSAL_ROUTES,
  ...REVIEW_ROUTES,
  ...SESSION_ROUTES,
  ...TABLET_ROUTES,
  ...AUDIT_ROUTES,
  ...PRIVACY_ROUTES,
  ...AUDIT_SEARCH_ROUTES,
  ...PATIENT_LINK_ROUTES,
  ...LOG_ROUTES,
];
