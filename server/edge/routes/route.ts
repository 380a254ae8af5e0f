import { z } from 'zod';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { AccessToken } from '../../authenticate/access-token.ts';
import { type Readable, readableBy } from '../../protocol/read-scope.ts';
import { Refusal, type RefusalCode } from '../../protocol/refusal.ts';
import type { Desk, Session } from '../desks/desk.ts';

/** What goes back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** In pieces where it is made while it leaves. */
  readonly body: string | Bytes | AsyncIterable<string>;
  /** `Cache-Control`, where it is not `no-store`. */
  readonly cache?: string;
  /** A name to save it under. */
  readonly file?: string;
  /** How many rows a file that is made while it leaves will have. */
  readonly rows?: number;
}

export const JSON_TYPE = 'application/json';

export const json = (status: number, value: object): Answer => ({
  status,
  type: JSON_TYPE,
  body: JSON.stringify(value),
});

export const EMPTY: Answer = { status: 204, type: '', body: '' };

/** How an answer with a certain status is documented. */
export interface AnswerShape {
  readonly says: string;
  /** Media types and the schema of each; undefined where the content is not JSON. */
  readonly content: Readonly<Record<string, z.ZodType | undefined>>;
}

/** An answer of one media type. */
export const shape = (says: string, schema?: z.ZodType, type: string = JSON_TYPE): AnswerShape => ({
  says,
  content: { [type]: schema },
});

/** What the edge took apart but did not judge. */
export interface RawRequest {
  readonly desk: Desk;
  readonly token: AccessToken | undefined;
  readonly session: Session | undefined;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/** One row of the route table. Express routes, the 401 rule and OpenAPI are all made from it. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/devices/{id}`. A last `{path}` takes the rest, slashes included. */
  readonly path: string;
  /** `token`: a verified token and no session yet; only opening one is of that kind. */
  readonly access: 'open' | 'token' | 'session';
  readonly says: string;
  readonly input: Input;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  readonly refusals: readonly RefusalCode[];
  /** Takes an Idempotency-Key. Never a route that gives out a secret: the secret would be kept for replay. */
  readonly repeatable: boolean;
  run(raw: RawRequest): Promise<Answer>;
}

export interface Input {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  readonly body: z.ZodObject | undefined;
}

const NOTHING = z.strictObject({});
type Nothing = typeof NOTHING;

interface Asked<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodObject> {
  readonly desk: Desk;
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly headers: z.output<H>;
  readonly body: z.output<B>;
}

interface Signed {
  readonly session: Session;
}

/** Sessions that a route is for: those approved for `read`, and beside them those that may read one of these, or all. */
type Opens = readonly Readable[] | 'every session';

interface Holder {
  readonly token: AccessToken;
}

interface Spec<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodObject,
  More,
> {
  readonly method: Route['method'];
  readonly path: string;
  readonly says: string;
  readonly params?: P;
  readonly query?: Q;
  readonly headers?: H;
  readonly body?: B;
  readonly answers: Route['answers'];
  /** Beside what any route may answer. */
  readonly refusals?: readonly RefusalCode[];
  readonly repeatable?: boolean;
  handle(asked: Asked<P, Q, H, B> & More): Answer | Promise<Answer>;
}

/** A route that anybody may ask. */
export function open<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(spec: Spec<P, Q, H, B, object>): Route {
  return {
    ...described(spec, 'open'),
    run: async (raw) => spec.handle(ask(spec, raw)),
  };
}

/** A route for who has a token that verified, and proved it: it gives out nothing that concerns a patient. */
export function withToken<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(spec: Spec<P, Q, H, B, Holder>): Route {
  return {
    ...described(spec, 'token'),
    run: async (raw) => {
      if (raw.token === undefined) throw new Refusal('E_SESSION', 'no token');
      return spec.handle({ ...ask(spec, raw), token: raw.token });
    },
  };
}

/** A route that needs a live session. Its handler cannot be reached without one. */
export function signedIn<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(spec: Spec<P, Q, H, B, Signed> & { readonly opens?: Opens }): Route {
  return {
    ...described(spec, 'session'),
    run: async (raw) => {
      const { session } = raw;
      if (session === undefined) throw new Refusal('E_SESSION', 'no session');
      expectOpened(session, spec.opens ?? []);
      return spec.handle({ ...ask(spec, raw), session });
    },
  };
}

/** Throws Refusal E_ROLE for a session that was approved to read something else. */
function expectOpened({ scope }: Session, opens: Opens): void {
  if (scope.has('read') || opens === 'every session') return;
  const readable = readableBy(scope);
  if (!opens.some((name) => readable.has(name)))
    throw new Refusal('E_ROLE', 'this session was approved to read something else', 'session.scope');
}

type Describes = Omit<Spec<z.ZodObject, z.ZodObject, z.ZodObject, z.ZodObject, object>, 'handle'>;

function described(spec: Describes, access: Route['access']): Omit<Route, 'run'> {
  const { method, path, says, answers, refusals = [], repeatable = false } = spec;
  const { params = NOTHING, query = NOTHING, headers = NOTHING, body } = spec;
  return {
    method,
    path,
    access,
    says,
    input: { params, query, headers, body },
    answers,
    refusals,
    repeatable,
  };
}

function ask<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodObject>(
  spec: Pick<Spec<P, Q, H, B, object>, 'params' | 'query' | 'headers' | 'body'>,
  raw: RawRequest,
): Asked<P, Q, H, B> {
  return {
    desk: raw.desk,
    // An id that cannot exist is answered as one that does not.
    params: read(spec.params, raw.params, 'params', 'E_ROUTE'),
    query: read(spec.query, raw.query, 'query', 'E_CMD_SCHEMA'),
    headers: read(spec.headers, raw.headers, 'headers', 'E_CMD_SCHEMA'),
    body: read(spec.body, raw.body, 'body', 'E_CMD_SCHEMA'),
  };
}

function read<S extends z.ZodObject>(
  schema: S | undefined,
  value: unknown,
  what: string,
  code: RefusalCode,
): z.output<S>;
function read(schema: z.ZodObject = NOTHING, value: unknown, what: string, code: RefusalCode): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = [what, ...(issue?.path ?? []).map(String)].join('.');
  // The issue's own message can repeat what was sent; it is not told.
  const why = issue?.code === 'unrecognized_keys' ? 'something that does not belong there' : 'does not fit';
  throw new Refusal(code, why, at);
}
