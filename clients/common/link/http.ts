import { type Agent, request as overPlain } from 'node:http';
import { request as overTls } from 'node:https';
import { lookup as look } from 'node:dns';
import type { LookupFunction } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HttpAsk {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Keeps connections for whoever asks often; each request has one of its own when it is left out. */
  readonly agent?: Agent;
  /** PEM: what is shown to a server that wants a certificate, and whose certificates it has to have itself. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string };
}

const PATIENCE_MS = 15_000;
const MOST = 1024 * 1024;

/** Names under .localhost are this machine (RFC 6761 section 6.3); not every resolver knows. */
export const lookup: LookupFunction = (name, options, done) => {
  if (name !== 'localhost' && !name.endsWith('.localhost')) return look(name, options, done);
  if (options.all === true) return done(null, [{ address: '127.0.0.1', family: 4 }]);
  done(null, '127.0.0.1', 4);
};

/** One request, following no redirect; an answer of at most 1 MiB. Throws Error saying which server, and why not. */
export function askHttp(
  url: string,
  { method = 'GET', headers = {}, body, agent, tls }: HttpAsk = {},
): Promise<HttpAnswer> {
  const { protocol, host } = new URL(url);
  const open = protocol === 'https:' ? overTls : overPlain;
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => reject(new Error(`${host}: ${why}`));
    const options = { method, lookup, agent: agent ?? false, timeout: PATIENCE_MS, headers, ...tls };
    const asked = open(url, options, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > MOST) asked.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      );
      response.on('error', (error) => failed(error.message));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (error) => failed(error.message));
    asked.end(body);
  });
}
