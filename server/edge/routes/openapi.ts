import { z } from 'zod';
import { REFUSALS, type RefusalCode } from '../../protocol/refusal.ts';
import { PROBLEM_TYPE } from '../problem.ts';
import { JSON_TYPE, type Route } from './route.ts';
import { PROBLEM } from './views.ts';

const PROBLEM_REF = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };

/** Of a token, its proof, and the session they lead to. */
const TOKEN_REFUSALS: readonly RefusalCode[] = [
  'E_SESSION',
  'E_TOKEN_ALG',
  'E_TOKEN_AUD',
  'E_TOKEN_EXPIRED',
  'E_TOKEN_KEY',
  'E_TOKEN_MALFORMED',
  'E_TOKEN_SIG',
  'E_TOKEN_TYP',
  'E_DPOP_BINDING',
  'E_DPOP_MISSING',
  'E_DPOP_NONCE',
  'E_DPOP_REPLAY',
  'E_STEP_UP',
  'E_LOCKED',
  'E_NOT_ENROLLED',
];

/** Refusals that a route has because of what it is, not of what it does. */
export function refusalsOf(route: Route): readonly RefusalCode[] {
  return [
    ...new Set<RefusalCode>([
      'E_CMD_MALFORMED',
      'E_CMD_SCHEMA',
      'E_ROUTE',
      'E_ORIGIN',
      'E_RATE',
      ...(route.access === 'open' ? [] : TOKEN_REFUSALS),
      ...(route.access === 'session' ? (['E_TOKEN_REVOKED', 'E_ROLE'] as const) : []),
      ...(route.repeatable ? (['E_IDEMPOTENCY'] as const) : []),
      ...route.refusals,
    ]),
  ];
}

/** OpenAPI 3.1 text of a route table. */
export function openApiDocument(routes: readonly Route[], version: string): string {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      version,
      description:
        'What people’s tablets, auditors and operators ask over HTTP. Commands travel over the stream (/v1/stream).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(PROBLEM) },
      securitySchemes: {
        dpop: {
          type: 'http',
          scheme: 'DPoP',
          description:
            'An access token bound to the tablet’s key (RFC 9449), with a proof in the DPoP header. Beside it a session, approved with the signing passkey.',
        },
      },
    },
  });
}

function operation(route: Route): object {
  const { params, query, headers, body } = route.input;
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^a-z]+([a-z]?)/gu, (_, next: string) => next.toUpperCase())}`,
    summary: route.says,
    security: route.access === 'open' ? [] : [{ dpop: [] }],
    parameters: [
      ...parameters(params, 'path'),
      ...parameters(query, 'query'),
      ...parameters(headers, 'header'),
      ...(route.access === 'open' ? [] : [PROOF]),
      ...(route.repeatable ? [IDEMPOTENCY] : []),
    ],
    ...(body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: schemaOf(body) } } } }),
    responses: responses(route),
  };
}

const PROOF = {
  name: 'DPoP',
  in: 'header',
  required: true,
  description:
    'Proof of possession (RFC 9449) over this method and address, the token, and the nonce of the last DPoP-Nonce header.',
  schema: { type: 'string', maxLength: 2_048 },
};

const IDEMPOTENCY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A quoted string. The same key with the same body within ten minutes gives the same answer.',
  schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]{8,64}"$' },
};

function parameters(fields: z.ZodObject, place: 'path' | 'query' | 'header'): object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(fields, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

function responses(route: Route): Record<string, object> {
  const all: Record<string, object> = {};
  for (const [status, { says, content }] of Object.entries(route.answers)) {
    const types: Record<string, object> = {};
    for (const [type, schema] of Object.entries(content)) {
      types[type] = schema === undefined ? {} : { schema: schemaOf(schema) };
    }
    all[status] = { description: says, ...(Object.keys(types).length > 0 && { content: types }) };
  }
  const refused = new Map<number, string[]>();
  const add = (status: number, code: string): unknown =>
    refused.set(status, [...(refused.get(status) ?? []), code]);
  for (const code of refusalsOf(route)) add(REFUSALS[code].http, code);
  add(421, 'E_ORIGIN');
  if (route.method === 'post') {
    add(413, 'E_CMD_MALFORMED');
    add(415, 'E_CMD_MALFORMED');
  }
  for (const [status, codes] of refused) {
    all[status] ??= { description: `Refused: ${codes.join(', ')}.`, content: PROBLEM_REF };
  }
  all[500] = { description: 'A mistake of the gateway.', content: PROBLEM_REF };
  return all;
}

function schemaOf(schema: z.core.$ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
