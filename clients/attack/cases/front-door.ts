import { connect } from 'node:net';
import { z } from 'zod';
import type { HttpAnswer } from '../../common/link/http.ts';
import { Stream } from '../../common/link/stream.ts';
import { type Attempts, type Case, refused, succeeded } from '../case.ts';
import { problemCode } from '../answers.ts';
import { type Lab, TARGET } from '../lab.ts';
import { upgrade } from './possession.ts';
import { attempt, judged } from './present.ts';

const JSON_HEADERS = (at: Lab): Record<string, string> => ({
  'content-type': 'application/json',
  origin: at.origin,
});
const PUBLIC = [
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/v1/session-challenge',
  '/log/checkpoint',
  '/log/tile/{path}',
];
/** Open to whoever has the secret of a printed link: tried with one that somebody made up. */
const BY_LINK: Readonly<Record<string, object>> = {
  '/v1/patient-view': { key: 'A'.repeat(43) },
  '/v1/patient-view/evidence': { key: 'A'.repeat(43), command: '00'.repeat(32) },
};
const DOCUMENT = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Succeeds when the answer tells anything; a 404 or 405 is a refusal too. */
async function post(
  at: Lab,
  path: string,
  body: string,
  headers?: Record<string, string>,
): Promise<HttpAnswer> {
  return at.ask(path, { method: 'POST', body, headers: headers ?? JSON_HEADERS(at) });
}

/** Whoever comes to the gateway's front door with nothing in hand. */
export const FRONT_DOOR: readonly Case[] = [
  {
    id: 'WEB-01',
    scene: 'gateway',
    given: ['A7'],
    aim: 'open a stream from another web page',
    codes: ['E_ORIGIN', 'E_SESSION'],
    async *play(at) {
      const { origin } = at;
      const host = new URL(origin).host;
      const origins = [
        'https://evil.example', 'null', `${origin}.evil.example`, `http://evil.${host}`, origin.toUpperCase(), `${origin}/`,
        origin.replace(/:\d+$/u, ''), origin.replace('http:', 'https:'), `${origin}, https://evil.example`, '',
      ]; // prettier-ignore
      for (const from of origins) {
        const { status, body } = await upgrade(at, '/v1/stream', { Origin: from });
        yield judged(`from ${from || 'an empty origin'}`, {
          status: status === 101 ? 200 : status,
          body,
          headers: {},
        });
      }
      for (const from of ['https://evil.example', 'null'])
        yield judged(
          `a request from ${from}`,
          await post(at, '/v1/sessions', '{}', { 'content-type': 'application/json', origin: from }),
        );
      const stream = await Stream.connect({ gateway: at.gateway, origin });
      const device = at.honest.device(TARGET).id;
      yield attempt('from the right page, without a ticket', stream, { kind: 'open', device });
      const again = await Stream.connect({ gateway: at.gateway, origin });
      yield attempt('with a ticket of its own', again, { kind: 'hello', ticket: 'A'.repeat(43) });
    },
  },
  {
    id: 'GW-14',
    scene: 'gateway',
    given: [],
    aim: 'anything at all without credentials, at every route there is',
    codes: ['E_SESSION', 'E_ROUTE', 'E_TOKEN_MALFORMED', 'E_SCOPE', 'cut'],
    async *play(at) {
      yield* everyRoute(at);
    },
  },
  {
    id: 'GW-19',
    scene: 'gateway',
    given: [],
    aim: 'what only the page’s own script would refuse',
    codes: ['E_SESSION', 'E_ROUTE', 'E_TOKEN_MALFORMED', 'E_SCOPE', 'cut'],
    async *play(at) {
      yield* everyRoute(at, { authorization: 'DPoP undefined', dpop: 'undefined' });
    },
  },
  {
    id: 'GW-17',
    scene: 'gateway',
    given: [],
    aim: 'another spelling of a guarded path',
    codes: ['E_ROUTE', 'E_SESSION', 'HTTP 400', 'E_ORIGIN'],
    async *play(at) {
      const paths = [
        '//v1/devices', '/v1//devices', '/v1/%64evices', '/V1/devices', '/v1/devices/', '/v1/devices.', '/v1/./devices',
        '/healthz/../v1/devices', '/healthz/..%2fv1/devices', '/v1/devices%00', '/v1/devices;x=1', '/v1/devices?a=1&a=2', '/v1\\devices',
        '/log/tile/entries/000', '/log/tile/../tile/entries/000.p/1', '/log/tile/entries%2f000',
        '/V1/locks', '/v1/locks/', '/v1/LOCKS',
      ]; // prettier-ignore
      for (const path of paths)
        yield judged(
          path,
          await raw(at, `GET ${path} HTTP/1.1\r\nHost: ${at.gatewayHost}\r\nConnection: close\r\n\r\n`),
        );
      for (const header of [
        'X-HTTP-Method-Override: GET',
        'X-Original-URL: /v1/devices',
        'X-Rewrite-URL: /v1/devices',
        'X-Forwarded-For: 127.0.0.1',
      ])
        yield judged(
          header,
          await raw(
            at,
            `POST /v1/devices HTTP/1.1\r\nHost: ${at.gatewayHost}\r\nOrigin: ${at.origin}\r\n${header}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
          ),
        );
      yield judged(
        'another name of this machine',
        await raw(at, 'GET /v1/devices HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
      );
    },
  },
  {
    id: 'WEB-25',
    scene: 'gateway',
    given: [],
    aim: 'large, slow and many',
    codes: [
      'E_CMD_MALFORMED',
      'HTTP 413',
      'HTTP 431',
      'HTTP 408',
      'HTTP 400',
      'E_ORIGIN',
      'E_SESSION',
      'cut',
      'E_ROUTE',
    ],
    slow: true,
    async *play(at) {
      yield judged(
        'a body of a million bytes',
        await post(at, '/v1/sessions', `{"a":"${'x'.repeat(1_000_000)}"}`).catch(() => CUT),
      );
      yield judged(
        'headers of 64 KiB',
        await raw(at, `GET /healthz HTTP/1.1\r\nHost: ${at.gatewayHost}\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`),
      );
      yield judged(
        'a target of 64 KiB',
        await raw(at, `GET /${'x'.repeat(65_000)} HTTP/1.1\r\nHost: ${at.gatewayHost}\r\n\r\n`),
      );
      const began = performance.now();
      const slow = await raw(at, `GET /healthz HTTP/1.1\r\nHost: ${at.gatewayHost}\r\n`, 20_000);
      const took = performance.now() - began;
      yield took > 16_000
        ? succeeded('headers that never end', 'gateway', `held for ${Math.round(took / 1000)} s`)
        : judged('headers that never end', slow.status === 0 ? CUT : slow);
      const many = await Promise.all(Array.from({ length: 200 }, () => idle(at)));
      const held = many.filter(({ open }) => open()).length;
      yield held > 130
        ? succeeded(`200 idle sockets, ${held} kept`, 'gateway', 'kept')
        : refused(`200 idle sockets, ${held} kept`, 'gateway', 'cut');
      for (const one of many) one.close();
    },
  },
];

const CUT: HttpAnswer = { status: 499, headers: {}, body: '{"code":"cut"}' };

/** Every route of the published table, without credentials; a route that is not public and answers is a hole. */
async function* everyRoute(at: Lab, headers: Record<string, string> = {}): Attempts {
  const { paths } = DOCUMENT.parse(JSON.parse((await at.ask('/openapi.json')).body));
  for (const [path, methods] of Object.entries(paths)) {
    if (PUBLIC.includes(path)) continue;
    const real = path
      .replace('{id}', '0011223344556677')
      .replace('{hash}', '00'.repeat(32))
      .replace('{path}', '000');
    for (const method of Object.keys(methods)) {
      const body = method === 'post' ? { body: JSON.stringify(BY_LINK[path] ?? {}) } : {};
      const answer = await at.ask(real, {
        method: method.toUpperCase(),
        headers: { ...JSON_HEADERS(at), ...headers },
        ...body,
      });
      yield answer.status === 401 || (path in BY_LINK && problemCode(answer) === 'E_SCOPE')
        ? refused(`${method.toUpperCase()} ${path}`, 'gateway', problemCode(answer))
        : succeeded(`${method.toUpperCase()} ${path}`, 'gateway', `HTTP ${answer.status}`);
    }
  }
  for (const method of ['PUT', 'PATCH', 'TRACE', 'CONNECT'])
    yield judged(
      `${method} /v1/devices`,
      await raw(at, `${method} /v1/devices HTTP/1.1\r\nHost: ${at.gatewayHost}\r\nConnection: close\r\n\r\n`),
    );
}

/** Bytes on a socket, and the first answer that comes back. */
function raw(at: Lab, text: string, patience = 5_000): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const socket = connect(at.ward.port('gateway-clinicians'), '127.0.0.1');
    let heard = '';
    const done = (): void => {
      socket.destroy();
      at.heard.push(heard);
      const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(heard)?.[1] ?? 0);
      resolve(status === 0 ? CUT : { status, headers: {}, body: heard.slice(heard.indexOf('\r\n\r\n') + 4) });
    };
    socket.setTimeout(patience, done);
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      if (heard.includes('\r\n\r\n')) done();
    });
    socket.on('error', done).on('end', done);
    socket.write(text);
  });
}

function idle(at: Lab): Promise<{ open: () => boolean; close: () => void }> {
  return new Promise((resolve) => {
    const socket = connect(at.ward.port('gateway-clinicians'), '127.0.0.1');
    let gone = false;
    const over = (): void => {
      gone = true;
    };
    socket.on('error', over).on('close', over).on('end', over);
    setTimeout(() => resolve({ open: () => !gone, close: () => socket.destroy() }), 700);
  });
}
