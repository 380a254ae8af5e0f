import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { oneLine, runProcess } from '../common/process/lifecycle.ts';
import { VISIT, VISITORS, welcome } from './reception.ts';

const HELP = `countersign reception: SIMULATION ONLY. Sets a visitor of the simulated ward up, as a hospital would on the
first day: tablet, signing passkey, link for the sign-in page.

  --config FILE.json   { "port", "folder", "issuer", "origins" }: where it listens on 127.0.0.1, the ward's folder, the
                       token issuer's address, and the pages that may ask
  --help               this text
`;
const CONFIG = z.strictObject({
  port: z.int().min(0).max(65_535),
  folder: z.string().min(1),
  issuer: z.url(),
  origins: z.array(z.url()).min(1),
});
const MAX_BODY = 2_048;
/** One visitor after the other: nobody needs more, and each costs a sign-in of the operator. */
const WAITING = 4;

/** What the page shows when something did not work. */
class NotNow extends Error {
  readonly status: number;
  constructor(status: number, says: string) {
    super(says);
    this.status = status;
  }
}

await runProcess({
  name: 'reception',
  help: HELP,
  main: async (context) => {
    const config = context.readConfig(CONFIG);
    let queue: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    const answer = async (request: IncomingMessage, origin: string): Promise<object> => {
      if (request.method !== 'POST' || request.url !== '/v1/visitors')
        throw new NotNow(404, 'There is POST /v1/visitors, and nothing else.');
      const visit = VISIT.safeParse(await bodyOf(request));
      if (!visit.success) throw new NotNow(400, 'That is not what a visitor brings.');
      if (new URL(origin).hostname !== VISITORS[visit.data.person].host)
        throw new NotNow(403, 'This person signs on the other page.');
      if (waiting >= WAITING) throw new NotNow(429, 'Too many visitors at once. Wait a moment.');
      waiting += 1;
      const mine = queue.then(() => welcome(visit.data, { ...config, now: Date.now }));
      queue = mine.catch(() => undefined);
      return mine.finally(() => (waiting -= 1));
    };
    const server = createServer((request, response) => {
      const origin = config.origins.find((one) => one === request.headers.origin);
      if (origin === undefined) return send(response, undefined, 403, { title: 'Asked from another page.' });
      if (request.method === 'OPTIONS') return send(response, origin, 204, undefined);
      answer(request, origin).then(
        (said) => send(response, origin, 201, said),
        (error: unknown) => {
          if (!(error instanceof NotNow))
            context.log.warn('a visitor was not set up', { reason: oneLine(error) });
          const title = error instanceof NotNow ? error.message : 'It did not work just now. Try again.';
          send(response, origin, error instanceof NotNow ? error.status : 503, { title });
        },
      );
    });
    server.headersTimeout = 5_000;
    server.requestTimeout = 10_000;
    server.maxConnections = 32;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, '127.0.0.1', resolve);
    });
    context.onStop('the server', () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    });
    context.ready({ port: config.port });
  },
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (request.headers['content-type'] !== 'application/json') throw new NotNow(400, 'Expected JSON.');
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    if (!(part instanceof Uint8Array) || (size += part.length) > MAX_BODY)
      throw new NotNow(413, 'That is too long.');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new NotNow(400, 'That is not JSON.');
  }
}

function send(response: ServerResponse, origin: string | undefined, status: number, said?: object): void {
  response.writeHead(status, {
    ...(said && { 'content-type': status < 300 ? 'application/json' : 'application/problem+json' }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    vary: 'origin',
    ...(origin !== undefined && {
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'content-type',
      'access-control-allow-methods': 'POST',
    }),
  });
  response.end(said && JSON.stringify(said));
}
