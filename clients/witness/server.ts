import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Answer, MAX_REQUEST, type Witness } from './witness.ts';

/** A witness asked by one gateway has a handful of connections; more are strangers holding sockets. */
const MAX_CONNECTIONS = 64;
/** Longest time for one request to arrive, in ms. */
const REQUEST_MS = 5_000;

const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });

/** Body of a request as text; null when it is longer than any checkpoint. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    if (!(part instanceof Uint8Array)) return null;
    size += part.length;
    if (size > MAX_REQUEST) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function answer(witness: Witness, request: IncomingMessage): Promise<Answer> {
  const path = request.url ?? '';
  const asked = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
  if (request.method === 'GET' && asked !== undefined) return witness.checkpoint(asked);
  if (path !== '/add-checkpoint') return plain(404, 'no such resource\n');
  if (request.method !== 'POST') return plain(405, 'add-checkpoint is a POST\n');
  const body = await bodyOf(request);
  return body === null ? plain(413, 'too long\n') : witness.add(body);
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store' });
  response.end(body);
}

/** Serves a witness on `server` (HTTPS in use, HTTP in tests). `failed` hears of state that could not be stored. */
export async function serveWitness(
  server: Server,
  witness: Witness,
  { host, port }: { host: string; port: number },
  failed: (error: unknown) => void,
): Promise<{ port: number; stop: () => Promise<void> }> {
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  // The gateway keeps its connection: a handshake for each checkpoint would cost more than the checkpoint.
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => socket.setNoDelay(true));
  server.on('request', (request, response) => {
    answer(witness, request).then(
      (result) => send(response, result),
      (error: unknown) => {
        failed(error);
        if (!response.headersSent) send(response, plain(500, 'the checkpoint could not be stored\n'));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeIdleConnections();
        // Whoever still sends or reads is cut off: nothing that was answered is lost by it.
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}
