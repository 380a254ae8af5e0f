import { createServer } from 'node:http';
import { httpSettings, listen, stopListening, TIMING } from './listening.ts';
import type { Metrics } from './metrics.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';
/** One collector asks, perhaps with a second one beside it. */
const MAX_CONNECTIONS = 8;
const GRACE_MS = 500;
/** Another name is a web page that was made to point here (DNS rebinding). */
const HOSTS = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/u;

export interface MetricsDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `GET /metrics` on the loopback address and nothing else. Rejects when the port is taken. */
export async function openMetricsServer(metrics: Metrics, port: number): Promise<MetricsDoor> {
  const server = createServer(httpSettings(TIMING), (request, response) => {
    response.setHeader('Cache-Control', 'no-store').setHeader('X-Content-Type-Options', 'nosniff');
    const known = HOSTS.test(request.headers.host ?? '') && request.headers.origin === undefined;
    if (!known || request.url !== '/metrics') response.writeHead(known ? 404 : 421).end();
    else if (request.method !== 'GET') response.writeHead(405, { Allow: 'GET' }).end();
    else response.writeHead(200, { 'Content-Type': TYPE }).end(metrics.text());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const chosen = await listen(server, '127.0.0.1', port);
  return { port: chosen, close: () => stopListening(server, GRACE_MS) };
}
