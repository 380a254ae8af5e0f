import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { ProcessContext } from '../common/process/lifecycle.ts';
import type { Authority } from './authority.ts';
import type { AuthorityConfig } from './config.ts';
import { openDeviceCa } from './device-ca.ts';
import type { Enrolled } from './enrolled.ts';
import { Enrolments } from './enrolments.ts';
import { estServer } from './est.ts';

/** Opens the enrolment of devices. Throws Error naming what does not fit. */
export async function openEst(
  config: AuthorityConfig,
  est: NonNullable<AuthorityConfig['est']>,
  authority: Authority,
  enrolled: Enrolled,
  { log, onStop }: Pick<ProcessContext, 'log' | 'onStop'>,
): Promise<{ readonly port: number; readonly enrolments: Enrolments }> {
  const ca = await openDeviceCa(readFileSync(est.caKey, 'utf8'), readFileSync(est.caCert, 'utf8'));
  const enrolments = new Enrolments({
    folder: join(config.folder, 'devices'),
    ca,
    enrolled,
    authority,
    origins: readAnchors(nodeCrypto, new Uint8Array(readFileSync(est.anchors))).origins,
    now: Date.now,
    audit: (event, facts) => log.info(event, facts),
  });
  const server = estServer({
    tls: { key: readFileSync(config.key), cert: readFileSync(config.cert) },
    identityCa: readFileSync(est.identityCa, 'utf8'),
    ca,
    enrolments,
    enrolled,
    now: Date.now,
    surprised: (error) =>
      log.error('a request failed', { reason: error instanceof Error ? error.message : String(error) }),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(est.port, config.host, resolve);
  });
  onStop('the enrolment of devices', () => {
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : est.port;
  return { port, enrolments };
}
