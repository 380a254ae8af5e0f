import { askHttp } from '../../common/link/http.ts';
import { type Case, succeeded } from '../case.ts';
import { problemCode } from '../answers.ts';
import type { Lab } from '../lab.ts';
import { judged, request } from './present.ts';

const BODY_CODES = ['E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'HTTP 400', 'HTTP 415', 'HTTP 404'];

/** A body as somebody with a session and everything else in order sends it: only what it holds is wrong. */
async function send(at: Lab, body: string, type = 'application/json') {
  await at.person('dr-a');
  const key = at.tabletOf('dr-a');
  const token = await at.tokens.token(key.jkt);
  return request(at, token, {
    key,
    method: 'POST',
    path: '/v1/locks',
    body,
    headers: { 'content-type': type },
  });
}

/** What is said, by somebody who may say something. */
export const BODIES: readonly Case[] = [
  {
    id: 'LOG-07',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a request that cannot be written down',
    codes: BODY_CODES,
    async *play(at) {
      const bodies: readonly (readonly [string, string])[] = [
        ['30,000 nested lists', `{"statement":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
        ['5,000 nested objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
        ['half a surrogate pair', '{"statement":"\\ud800"}'],
        ['text that turns round', '{"statement":"\u202Eevil"}'],
        ['60,000 characters', `{"statement":"${'x'.repeat(60_000)}"}`],
        ['a character that is none', '{"statement":"\u0000"}'],
        ['nothing', ''],
      ];
      for (const [what, body] of bodies) {
        const answer = await send(at, body);
        yield answer.status >= 500
          ? succeeded(what, 'gateway', `HTTP ${answer.status}`)
          : judged(what, answer);
      }
      yield judged('a form', await send(at, 'statement=1', 'application/x-www-form-urlencoded'));
      const alive = await at.ask('/healthz');
      if (alive.status !== 200) yield succeeded('the process is gone', 'gateway', problemCode(alive));
    },
  },
  {
    id: 'GW-21',
    scene: 'gateway',
    given: ['A2'],
    aim: 'an object that becomes code, or changes every other object',
    codes: BODY_CODES,
    async *play(at) {
      const bodies = [
        '{"__proto__":{"statement":"a"}}',
        '{"constructor":{"prototype":{"admin":true}}}',
        '{"statement":{"toJSON":"x"},"approval":{}}',
        '{"$type":"System.Diagnostics.Process"}',
        '{"statement":"!!js/function \'return 1\'"}',
        '{"rO0ABXNy":1}',
      ];
      for (const body of bodies) {
        yield judged(body.slice(0, 40), await send(at, body));
        const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
        const answer = await askHttp(`http://id.localhost:${at.ward.port('issuer')}/request`, asked);
        yield { ...judged(`${body.slice(0, 30)}, at the issuer`, answer), by: 'issuer' };
      }
      const key = at.tabletOf('dr-a');
      yield judged(
        'a prototype beside everything that belongs there',
        await request(at, await at.tokens.token(key.jkt), {
          key,
          method: 'POST',
          path: '/v1/reader-binding',
          body: '{"label":"station-1","__proto__":{}}',
          headers: { 'content-type': 'application/json' },
        }),
      );
    },
  },
  {
    id: 'GW-10',
    scene: 'gateway',
    given: ['A2'],
    aim: 'crash a door behind the sign-in with anything at all',
    codes: [...BODY_CODES, 'E_ROUTE', 'E_SESSION', 'HTTP 431'],
    async *play(at) {
      for (let i = 0; i < 40; i++) {
        const noise = Buffer.from(
          Array.from({ length: 1 + 37 * i }, (_, k) => (i * 131 + k * 17) % 256),
        ).toString('latin1');
        const answer = await send(at, noise);
        if (answer.status >= 500)
          yield succeeded(`${noise.length} bytes of noise`, 'gateway', `HTTP ${answer.status}`);
      }
      yield judged('40 bodies of noise', await send(at, '\u0001'));
      for (const member of ['statement', 'approval'])
        for (const value of ['null', '1', '[]', '{}', 'true', '""', '-0', '1e99'])
          yield judged(`${member}: ${value}`, await send(at, `{"${member}":${value}}`));
    },
  },
];
