import type { Attempts, Case } from '../case.ts';
import { freshKey } from '../hands.ts';
import type { Lab } from '../lab.ts';
import { jwkOf, parts, present, resigned, unsigned } from './present.ts';

const ISSUER_KEY = 'keys/issuer/token.key.pem';
export const TOKEN_CODES = [
  'E_TOKEN_ALG',
  'E_TOKEN_SIG',
  'E_TOKEN_MALFORMED',
  'E_TOKEN_KEY',
  'E_TOKEN_TYP',
  'E_SESSION',
];

/** A real token of dr-a, who is signed in: everything but the change in it is right. */
export async function real(at: Lab): Promise<string> {
  await at.person('dr-a');
  return at.tokens.token(at.tabletOf('dr-a').jkt);
}

/** Tries tokens made from a real one. */
export async function* each(at: Lab, tokens: readonly (readonly [what: string, token: string])[]): Attempts {
  for (const [what, token] of tokens) yield present(at, what, token);
}

/** Access tokens that are not what they say. */
export const TOKENS: readonly Case[] = [
  {
    id: 'WEB-02',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a token that says it needs no signature',
    codes: TOKEN_CODES,
    async *play(at) {
      const token = await real(at);
      const { header, claims } = parts(token);
      const [head = '', body = '', signature = ''] = token.split('.');
      yield* each(at, [
        ...['none', 'None', 'nOnE', 'HS256', 'RS256', 'ES384', ''].map(
          (alg) => [`alg ${alg || 'empty'}`, unsigned({ ...header, alg }, claims, signature)] as const,
        ),
        ['no signature', `${head}.${body}.`],
        ['two parts', `${head}.${body}`],
        ['a signature of zeros', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
        ['no algorithm', unsigned({ ...header, alg: undefined }, claims, signature)],
        [
          'other claims under the old signature',
          `${head}.${unsigned({}, { ...claims, roles: ['operator'] }).split('.')[1]}.${signature}`,
        ],
      ]);
    },
  },
  {
    id: 'WEB-04',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a key name that is a path, a query or an address',
    codes: TOKEN_CODES,
    async *play(at) {
      const token = await real(at);
      const own = freshKey();
      const names = [
        '../../../../dev/null',
        "' OR 1=1 --",
        'http://127.0.0.1:1/jwks',
        'x'.repeat(2_000),
        '',
        'another',
        '\u0000',
      ];
      yield* each(at, [
        ...names.map(
          (kid) =>
            [`kid ${JSON.stringify(kid).slice(0, 30)}`, resigned(token, own, { header: { kid } })] as const,
        ),
        ['no kid', resigned(token, own, { header: { kid: undefined } })],
        ['the right kid, the attacker’s signature', resigned(token, own, {})],
        ['a kid of 64 KiB', resigned(token, own, { header: { kid: 'x'.repeat(8_000) } })],
      ]);
    },
  },
  {
    id: 'WEB-05',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a token that brings its own key',
    codes: TOKEN_CODES,
    async *play(at) {
      const token = await real(at);
      const own = freshKey();
      const jwk = jwkOf(own);
      const members: readonly Readonly<Record<string, unknown>>[] = [
        { jwk },
        { jwk, kid: undefined },
        { jku: 'http://127.0.0.1:1/jwks.json' },
        { x5u: 'http://127.0.0.1:1/cert' },
        { x5c: ['MIIB'] },
        { crit: ['exp'] },
        { zip: 'DEF' },
        { b64: false },
      ];
      yield* each(
        at,
        members.map(
          (header) => [Object.keys(header).join(' and '), resigned(token, own, { header })] as const,
        ),
      );
    },
  },
  {
    id: 'WEB-06',
    scene: 'gateway',
    given: ['A2', 'AI'],
    aim: 'another kind of token in the place of an access token',
    codes: ['E_TOKEN_TYP', 'E_TOKEN_MALFORMED', 'E_TOKEN_ALG', 'E_SESSION', 'E_TOKEN_SIG'],
    async *play(at) {
      const token = await real(at);
      const issuer = at.hands.pem(ISSUER_KEY);
      const kinds = [
        'JWT',
        'id_token',
        'dpop+jwt',
        'logout+jwt',
        'secevent+jwt',
        'token-introspection+jwt',
        undefined,
      ];
      yield* each(
        at,
        kinds.map(
          (typ) =>
            [
              `signed by the issuer as ${typ ?? 'nothing'}`,
              resigned(token, issuer, { header: { typ } }),
            ] as const,
        ),
      );
      const proof = at.tablet.prove(
        { method: 'GET', url: `http://${at.gatewayHost}/v1/devices`, token, nonce: undefined },
        Date.now(),
      );
      yield present(at, 'a proof of possession as the token', proof);
      yield present(at, 'a token in a token', resigned(token, issuer, { header: { cty: 'JWT' } }));
    },
  },
  {
    id: 'WEB-07',
    scene: 'gateway',
    given: ['A2', 'AI'],
    aim: 'a token without end, or for somebody else',
    codes: [
      'E_TOKEN_MALFORMED',
      'E_TOKEN_EXPIRED',
      'E_TOKEN_AUD',
      'E_TOKEN_KEY',
      'E_SESSION',
      'E_DPOP_BINDING',
    ],
    async *play(at) {
      const token = await real(at);
      const issuer = at.hands.pem(ISSUER_KEY);
      const now = Math.floor(Date.now() / 1000);
      const claims: readonly Readonly<Record<string, unknown>>[] = [
        ...[
          'iss',
          'sub',
          'aud',
          'exp',
          'iat',
          'jti',
          'client_id',
          'auth_time',
          'acr',
          'scope',
          'roles',
          'cnf',
        ].map((name) => ({ [name]: undefined })),
        { exp: now + 3_600 },
        { exp: now + 10 * 365 * 86_400 },
        { exp: now - 60, iat: now - 180 },
        { iat: now + 3_600, exp: now + 3_700 },
        { nbf: now + 3_600 },
        { aud: 'https://another.example/v1' },
        { aud: [] },
        { iss: 'https://evil.example' },
        { exp: 1e300 },
        { exp: String(now + 100) },
        { cnf: {} },
        { cnf: { jkt: 'x' } },
        { authorization_details: [{ type: 'something-else' }] },
      ];
      yield* each(
        at,
        claims.map(
          (change) =>
            [
              `signed by the issuer, ${JSON.stringify(change)}`,
              resigned(token, issuer, { claims: change }),
            ] as const,
        ),
      );
    },
  },
];
