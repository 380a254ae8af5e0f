import type { Server } from 'node:http';
import { LIMITS } from '../limits.ts';

/** Bounds of one HTTP listener, in milliseconds; tests shorten them. */
export interface Timing {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly checkMs: number;
}

export const TIMING: Timing = {
  headersMs: LIMITS.headersTimeout.max,
  requestMs: LIMITS.requestTimeout.max,
  checkMs: 1_000, // Node looks every 30 s by itself, which would triple the bound above
};

/** More header lines than any browser or device sends. */
const MAX_HEADERS = 64;

/** Settings that every HTTP server of the gateway starts with. */
export const httpSettings = ({ headersMs, requestMs, checkMs }: Timing) => ({
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: checkMs,
  keepAliveTimeout: LIMITS.keepAlive.max,
  maxHeaderSize: LIMITS.httpHeaders.max,
  insecureHTTPParser: false,
  requireHostHeader: true,
  noDelay: true,
});

/** Starts to listen; gives the port. Rejects when the address is taken. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  server.maxHeadersCount = MAX_HEADERS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server listens on no port');
}

/** Takes no new connection, lets running requests end for `graceMs`, then cuts what is left. */
export async function stopListening(server: Server, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}
