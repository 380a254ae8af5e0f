import { readFile } from 'node:fs/promises';
import type { Config } from '../../config.ts';
import { nodeCrypto } from '../../crypto.ts';
import { Published } from '../../fleet/published.ts';
import type { Anchors } from '../../protocol/anchors.ts';
import { fetchBounded } from './fetch-bounded.ts';
import type { GatewayLog } from '../watch/program-log.ts';

/** Fetches what the configured authority publishes, one fetch at a time; a fault is said once, until it changes. */
export function pulling(config: Config, anchors: () => Anchors, program: GatewayLog): () => Promise<void> {
  const { authority, trust: folder } = config;
  if (!authority) return async () => undefined;
  const published = new Published({
    url: authority.url,
    folder,
    crypto: nodeCrypto,
    anchors,
    fetch: async (url, most) => fetchBounded(url, most, await readFile(authority.ca, 'utf8')),
  });
  let busy = false;
  let said = '';
  return async () => {
    if (busy) return;
    busy = true;
    const faults = await published
      .pull()
      .catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
    busy = false;
    const now = faults.join('; ');
    if (now !== '' && now !== said) program.warn('authority', { reason: now });
    said = now;
  };
}
