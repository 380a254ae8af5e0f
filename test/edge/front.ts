import { request } from 'node:http';
import { createConnection } from 'node:net';
import { challengeOf } from '../../server/authenticate/challenge.ts';
import { DEVELOPMENT_ONLY_plainHttpOnLoopback } from '../../server/config.ts';
import { type AppOptions, makeApp } from '../../server/edge/app.ts';
import type { EdgeFacts } from '../../server/edge/edge-log.ts';
import { type Listening, openPeopleServer, type PeopleServerOptions } from '../../server/edge/server-http.ts';
import { openStream, type Stream, type StreamOptions } from '../../server/edge/sockets/stream.ts';
import { MemoryDesk } from './desk.ts';

export const ORIGIN = 'https://sign-a.countersign.test';
export const DOOR = { origins: [ORIGIN], hosts: ['127.0.0.1', 'gate.test'], nativeClients: false };

/** What the tests' gateway takes for a proof of possession. */
export const PROOF = 'proof-of-possession';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export interface Ask {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | object;
}

export interface Front {
  readonly desk: MemoryDesk;
  readonly server: Listening;
  readonly stream: Stream;
  readonly logged: (EdgeFacts & { event: string })[];
  ask(method: string, path: string, ask?: Ask): Promise<Answered>;
  /** Writes text to the socket and gives what comes back until the other side closes, or `ms` are over. */
  raw(text: string, ms?: number): Promise<{ text: string; closed: boolean; ms: number }>;
  close(): Promise<void>;
}

/** The people's side of the edge on a free loopback port. */
export async function openFront(
  changes: {
    app?: Partial<AppOptions>;
    stream?: Partial<StreamOptions>;
    server?: Partial<PeopleServerOptions>;
  } = {},
): Promise<Front> {
  const desk = new MemoryDesk();
  const logged: (EdgeFacts & { event: string })[] = [];
  const log = { error: (event: string, facts: EdgeFacts) => void logged.push({ event, ...facts }) };
  const now = () => performance.now();
  const app = makeApp({
    desk,
    door: DOOR,
    now,
    version: '0.0.0',
    log,
    challenge: challengeOf,
    ...changes.app,
  });
  const stream = openStream({
    desk,
    door: DOOR,
    now,
    log,
    ...changes.stream,
  });
  const server = await openPeopleServer({
    app,
    upgrade: (request, socket, head) => stream.upgrade(request, socket, head),
    host: '127.0.0.1',
    port: 0,
    weaknesses: [DEVELOPMENT_ONLY_plainHttpOnLoopback],
    now,
    ...changes.server,
  });
  return {
    desk,
    server,
    stream,
    logged,
    ask: (method, path, ask = {}) => askHttp(server.port, method, path, ask),
    raw: (text, ms = 2_000) => askRaw(server.port, text, ms),
    close: async () => {
      stream.close();
      await server.close();
    },
  };
}

function askHttp(port: number, method: string, path: string, ask: Ask): Promise<Answered> {
  const { token, headers, body } = ask;
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: {
        origin: ORIGIN,
        ...(token !== undefined && { authorization: `DPoP ${token}`, dpop: PROOF }),
        ...(bytes !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(bytes)),
        }),
        ...headers,
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const isJson = text !== '' && /json/u.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    asked.end(bytes);
  });
}

function askRaw(
  port: number,
  text: string,
  ms: number,
): Promise<{ text: string; closed: boolean; ms: number }> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    let heard = '';
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: heard, closed, ms: performance.now() - start });
    };
    const timer = setTimeout(() => done(false), ms);
    socket.on('data', (part) => {
      heard += part.toString('utf8');
    });
    socket.on('error', () => done(true));
    socket.on('close', () => done(true));
    socket.write(text);
  });
}
