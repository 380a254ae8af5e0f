import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls } from 'node:https';
import { z } from 'zod';
import { type Bytes, base64url, hex, unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { Refusal, REFUSALS } from '../../../server/protocol/refusal.ts';
import { SAYS } from '../../../server/protocol/refusal-says.ts';
import { commandWords } from '../../../server/protocol/words.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { EmergencyDoor } from './door.ts';

export interface DoorServerOptions {
  readonly door: EmergencyDoor;
  /** What a screen shows before anything is asked. */
  readonly state: () => object;
  /** 0 takes a free one. */
  readonly port: number;
  /** This station's own name; every other Host is refused, so that no page can rebind a name of its own to it. */
  readonly hostname: string;
  /** Signing pages that may talk to it: exactly those of the anchors. */
  readonly origins: readonly string[];
  /** PEM; without it plain HTTP, which is for a simulation only. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  /** Milliseconds. */
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

/** A message, a credential id and a signature. */
const MAX_BODY = 16_384;
/** A person taps and signs a few times; what asks more often is no person. Refilled within a minute. */
const CALLS_PER_MINUTE = 30;
const BODY_MS = 5_000;

const OPEN = z.strictObject({ card: z.int().min(0) });
const bytes = z.string().regex(/^[A-Za-z0-9_-]*$/u).max(8_192).transform((text) => unbase64url(text)); // prettier-ignore
const ACT = z.strictObject({
  card: z.int().min(0),
  command: bytes,
  approval: z.strictObject({
    kid: bytes,
    authenticatorData: bytes,
    clientDataJSON: bytes,
    signature: bytes,
  }),
});

/** Opens the emergency door on loopback: three calls, JSON in and out, refusals as problem+json (RFC 9457). */
export async function openDoorServer(
  options: DoorServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { port, tls } = options;
  const calls: number[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, options, calls).then(
      (body) => send(response, 200, 'application/json', body, allowed(request, options)),
      (error: unknown) => {
        const refusal = error instanceof Refusal ? error : undefined;
        if (!refusal) options.failed(error);
        const code = refusal?.code ?? 'E_STORAGE';
        const { http } = REFUSALS[code];
        const problem = {
          type: 'about:blank',
          title: SAYS[code],
          status: http,
          code: refusal?.code,
          detail: refusal?.message,
        };
        send(response, http, 'application/problem+json', problem, allowed(request, options));
      },
    );
  };
  const limits = { requestTimeout: BODY_MS, headersTimeout: BODY_MS, maxHeaderSize: 8_192 };
  const server: Server = tls
    ? createTls({ ...limits, ...tls, minVersion: 'TLSv1.3' }, listener)
    : createPlain(limits, listener);
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  options: DoorServerOptions,
  calls: number[],
): Promise<object> {
  const { door, hostname, now } = options;
  if ((request.headers.host ?? '').replace(/:\d+$/u, '') !== hostname)
    throw new Refusal('E_ORIGIN', 'this station has another name', 'headers.host');
  const { origin } = request.headers;
  if (origin !== undefined && allowed(request, options) === undefined)
    throw new Refusal('E_ORIGIN', 'not a signing page of this hospital', 'headers.origin');
  const { method, url } = request;
  if (method === 'OPTIONS') return {};
  if (method === 'GET' && url === '/v1/emergency') return options.state();
  if (method !== 'POST') throw new Refusal('E_ROUTE', 'there is GET and POST /v1/emergency', 'url');
  while (calls[0] !== undefined && calls[0] < now() - 60_000) calls.shift();
  if (calls.length >= CALLS_PER_MINUTE) throw new Refusal('E_RATE', 'wait a moment', 'url');
  calls.push(now());
  if (url === '/v1/emergency/open') {
    const { presence, command } = await door.open((await body(request, OPEN)).card);
    return {
      device: hex(presence.device),
      mode: presence.mode,
      command: base64url(command),
      words: commandWords(nodeCrypto.sha256(command)),
    };
  }
  if (url === '/v1/emergency/act') {
    const { card, command, approval } = await body(request, ACT);
    return done(await door.act(card, command, approval));
  }
  throw new Refusal('E_ROUTE', 'no such call', 'url');
}

const done = ({ receipt, bytes: signed }: Awaited<ReturnType<EmergencyDoor['act']>>): object => ({
  result: receipt.result,
  ...(receipt.code && { code: receipt.code }),
  number: receipt.number,
  receipt: base64url(signed),
});

/** The Origin to allow, if it is one of the signing pages. */
function allowed({ headers }: IncomingMessage, { origins }: DoorServerOptions): string | undefined {
  return origins.find((known) => known === headers.origin);
}

async function body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  // Only a page that was let in by name can send this type across origins.
  if (request.headers['content-type'] !== 'application/json')
    throw new Refusal('E_CMD_SCHEMA', 'expected application/json', 'headers.content-type');
  const parts: Bytes[] = [];
  let size = 0;
  for await (const part of request) {
    if (!(part instanceof Uint8Array) || (size += part.length) > MAX_BODY)
      throw new Refusal('E_CMD_MALFORMED', `more than ${MAX_BODY} bytes`, 'body');
    parts.push(part);
  }
  try {
    return schema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    if (!issue) throw new Refusal('E_CMD_MALFORMED', 'not the JSON that is expected', 'body');
    throw new Refusal('E_CMD_SCHEMA', issue.message, issue.path.join('.'));
  }
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  content: object,
  origin: string | undefined,
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    vary: 'origin',
    ...(origin !== undefined && {
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'content-type',
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '600',
    }),
  });
  response.end(JSON.stringify(content));
}
