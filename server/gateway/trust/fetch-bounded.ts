import { lookup as look } from 'node:dns';
import { request as overPlain } from 'node:http';
import { request as overTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type Bytes, concat } from '../../protocol/encoding/bytes.ts';

/** An issuer on the same network answers within this, or is asked again later. */
const PATIENCE_MS = 3_000;

/** Names under .localhost are this machine (RFC 6761 section 6.3); not every resolver knows. */
const lookup: LookupFunction = (name, options, done) => {
  if (!name.endsWith('.localhost')) return look(name, options, done);
  if (options.all === true) return done(null, [{ address: '127.0.0.1', family: 4 }]);
  done(null, '127.0.0.1', 4);
};

/**
 * Reads a document of at most `most` bytes, following no redirect. Throws Error saying which address, and why not.
 *
 * @param ca PEM of the only authority that may vouch for the server; those of the system otherwise
 */
export function fetchBounded(url: string, most: number, ca?: string): Promise<Bytes> {
  const open = new URL(url).protocol === 'https:' ? overTls : overPlain;
  const headers = { accept: 'application/json' };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(new Error(`${url}: ${error.message}`, { cause: error }));
    const asked = open(
      url,
      { lookup, headers, signal, agent: false, ...(ca !== undefined && { ca }) },
      (response) => {
        if (response.statusCode !== 200) {
          asked.destroy(new Error(`answers with ${response.statusCode}`));
          return;
        }
        const parts: Bytes[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > most) asked.destroy(new Error(`is longer than ${most} bytes`));
          else parts.push(part);
        });
        response.on('error', failed);
        response.on('end', () => resolve(concat(...parts)));
      },
    );
    asked.on('error', failed);
    asked.end();
  });
}
