import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { LIMITS } from '../limits.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import type { Desk, Session } from './desks/desk.ts';
import { type EdgeLog, reasonOf } from './edge-log.ts';
import { Replays } from './idempotency.ts';
import { openApiDocument } from './routes/openapi.ts';
import { type Door, isKnownHost, originOf } from './origins.ts';
import { HttpRefusal, PROBLEM_TYPE, problemOf } from './problem.ts';
import type { Answer, Route } from './routes/route.ts';
import { routes } from './routes/routes.ts';
import {
  credentialsOf,
  expectNoBody,
  expectPlainTarget,
  headersFor,
  readJson,
  readQuery,
} from './take-apart.ts';

export interface AppOptions {
  readonly desk: Desk;
  readonly door: Door;
  /** Milliseconds. */
  readonly now: () => number;
  /** Version of the program, for the OpenAPI document. */
  readonly version: string;
  readonly log: EdgeLog;
  /** Spends a rate budget before anything costs; throws Refusal E_RATE. */
  readonly admit?: (asker: Asker) => void;
  /** Told of every refusal, for counting. */
  readonly refused?: (code: RefusalCode, route: 'open' | 'session') => void;
  /** `WWW-Authenticate` for a refusal with status 401. */
  readonly challenge: (refusal: Refusal) => string;
  /** Fields for a refusal that carries rate numbers. */
  readonly rateHeaders?: (refusal: Refusal) => RateFields | undefined;
}

export interface Asker {
  readonly address: string;
  readonly route: string;
  readonly session: Session | undefined;
}

export interface RateFields {
  readonly 'RateLimit-Policy'?: string;
  readonly RateLimit?: string;
  readonly 'Retry-After'?: string;
}

/** The route table as it is served, for tests and for documents. */
export function routeTable(version: string): {
  readonly routes: readonly Route[];
  readonly document: string;
} {
  const table = routes(() => document);
  const document = openApiDocument(table, version);
  return { routes: table, document };
}

/**
 * The HTTP side of the edge. Every request passes, in this order: plain target, Host, Origin, the route table,
 * rate, session, body, shape. What is not in the table does not exist, however it is spelled.
 */
export function makeApp(options: AppOptions): Express {
  const { door } = options;
  const table = routeTable(options.version).routes;
  const replays = new Replays(options.now);
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('trust proxy').disable('query parser');
  app.enable('case sensitive routing').enable('strict routing');
  app.use(helmet(HELMET));
  app.use((request, response, next) => {
    response.set('Cache-Control', 'no-store').vary('Origin');
    expectPlainTarget(request);
    if (!isKnownHost(request, door)) {
      throw new HttpRefusal(421, new Refusal('E_ORIGIN', 'the gateway has another name'));
    }
    const origin = originOf(request, door, request.method !== 'GET');
    if (origin !== undefined) {
      response.set('Access-Control-Allow-Origin', origin).set('Access-Control-Expose-Headers', EXPOSED);
    }
    next();
  });
  for (const route of table) {
    app[route.method](expressPath(route), async (request, response) => {
      await send(response, await answer(request, response, route, options, replays));
    });
  }
  for (const path of new Set(table.map(expressPath))) app.options(path, preflight(table, path));
  app.use(() => {
    throw new Refusal('E_ROUTE', 'no such route');
  });
  app.use(refuse(options));
  return app;
}

/** Nothing here is a page: it may load, embed and be embedded by nothing. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
  referrerPolicy: { policy: 'no-referrer' as const },
};

const EXPOSED =
  'Content-Disposition, DPoP-Nonce, Export-Rows, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, Date';
const ALLOWED = 'Authorization, Content-Type, DPoP, Idempotency-Key';
const PREFLIGHT_SECONDS = '600';

const expressPath = ({ path }: Route): string =>
  path.replace(/\{path\}$/u, '*path').replaceAll(/\{(\w+)\}/gu, ':$1');

function preflight(table: readonly Route[], path: string) {
  const methods = table.filter((route) => expressPath(route) === path).map(({ method }) => method);
  const allowed = methods.map((method) => method.toUpperCase()).join(', ');
  return (request: Request, response: Response): void => {
    if (
      request.headers.origin === undefined ||
      request.headers['access-control-request-method'] === undefined
    ) {
      throw new Refusal('E_ROUTE', 'not a preflight');
    }
    response.set('Access-Control-Allow-Methods', allowed).set('Access-Control-Allow-Headers', ALLOWED);
    response.set('Access-Control-Max-Age', PREFLIGHT_SECONDS).status(204).end();
  };
}

async function answer(
  request: Request,
  response: Response,
  route: Route,
  { desk, admit }: AppOptions,
  replays: Replays,
): Promise<Answer> {
  const address = request.socket.remoteAddress ?? '';
  const asker = { address, route: `${route.method} ${route.path}` };
  if (route.access !== 'session') admit?.({ ...asker, session: undefined });
  // On every answer to somebody with a token: the next proof needs no round of its own for a nonce.
  if (route.access !== 'open') response.set('DPoP-Nonce', desk.signIn.nonce());
  const token = route.access === 'open' ? undefined : await desk.signIn.admit(credentialsOf(request));
  const session = token && route.access === 'session' ? desk.signIn.session(token) : undefined;
  if (session !== undefined) admit?.({ ...asker, session });

  let bytes: Bytes = new Uint8Array();
  let body: unknown = {};
  if (route.method === 'post') ({ bytes, body } = await readJson(request, response, LIMITS.httpBody.max));
  else expectNoBody(request);

  const raw = {
    desk,
    token,
    session,
    body,
    params: Object.fromEntries(
      Object.entries(request.params).map(([name, value]) => [name, [value].flat().join('/')]),
    ),
    query: readQuery(request),
    headers: headersFor(request, Object.keys(route.input.headers.shape)),
  };
  const key = request.headers['idempotency-key'];
  if (key === undefined) return route.run(raw);
  if (!route.repeatable || typeof key !== 'string' || session === undefined) {
    throw new Refusal('E_CMD_SCHEMA', 'this route takes no such key', 'Idempotency-Key');
  }
  return replays.once(`${session.id} ${asker.route}`, key, bytes, () => route.run(raw));
}

async function send(response: Response, { status, type, body, cache, file, rows }: Answer): Promise<void> {
  response.status(status);
  if (type !== '') response.setHeader('Content-Type', type);
  if (cache !== undefined) response.set('Cache-Control', cache);
  if (file !== undefined) response.set('Content-Disposition', `attachment; filename="${file}"`);
  if (rows !== undefined) response.set('Export-Rows', String(rows));
  if (typeof body === 'string' || body instanceof Uint8Array) response.end(body);
  // What breaks off is destroyed, never ended: a reader must not take a part for the whole.
  else await pipeline(Readable.from(body), response);
}

/** A path names devices and commands; the program's log names neither. */
const withoutIds = (path: string): string => path.replaceAll(/[0-9a-f]{16,}/giu, '{id}');

function refuse({ log, rateHeaders, refused, challenge }: AppOptions): ErrorRequestHandler {
  // Express tells error handlers from others by their four parameters.
  return (error: unknown, request: Request, response: Response, _next): void => {
    const { problem, refusal } = problemOf(error);
    if (refusal === undefined) {
      log.error('a request failed', { name: withoutIds(request.path), reason: reasonOf(error) });
    }
    if (refusal !== undefined) {
      refused?.(refusal.code, request.headers.authorization === undefined ? 'open' : 'session');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (refusal !== undefined && problem.status === 401) response.set('WWW-Authenticate', challenge(refusal));
    if (refusal !== undefined) response.set({ ...rateHeaders?.(refusal) });
    // What is still coming is not read: a refused upload must not go on until it times out.
    if (!request.complete) response.set('Connection', 'close');
    response.setHeader('Content-Type', PROBLEM_TYPE); // Express would add a charset, which neither type has
    response.status(problem.status).end(JSON.stringify(problem));
  };
}
