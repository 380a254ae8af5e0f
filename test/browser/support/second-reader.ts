import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueLeaf } from '../../../certs/x509.ts';
import { certificateOf, Enrolled } from '../../../clients/authority/enrolled.ts';
import { connectLink } from '../../../clients/common/link/link.ts';
import { attachable } from '../../../clients/reader/link-channel.ts';
import { startStation } from '../../../clients/reader/station.ts';
import { MAX_STATION_FRAME } from '../../../server/protocol/link/station.ts';
import { generateKeyPairSync } from 'node:crypto';
import type { PageWard } from './ward.ts';

/**
 * Another reader station of the ward, `station-2`, with its own certificate, enrolled by the authority: one reader on which
 * nothing ever lies. Resolves at once; the gateway takes it up when it has read the authority's next list.
 */
export async function openSecondReader(ward: PageWard): Promise<{ close(): Promise<void> }> {
  const keys = (name: string): string => readFileSync(join(ward.folder, 'keys', name), 'utf8');
  const label = 'station-2';
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const now = Math.floor(Date.now() / 1_000);
  const cert = await issueLeaf(
    key,
    { commonName: label, use: 'client', uri: `urn:countersign:station:${label}`, notBefore: now, notAfter: now + 86_400 },
    { certificate: keys('public/ca/service-ca.cert.pem'), key: keys('service-ca/ca.key.pem') },
  ); // prettier-ignore
  const enrolled = new Enrolled(join(ward.folder, 'authority', 'devices'));
  enrolled.keepStation({ label, certificates: [certificateOf(cert)] });
  const station = startStation({
    label,
    reader: {
      listen: (events) => events.onReaders(['One']),
      transmit: () => Promise.reject(new Error('nothing lies here')),
      signal: () => Promise.resolve('shown'),
      close: () => Promise.resolve(),
    },
  });
  const channels = attachable(
    (channel) => station.attach(channel),
    () => undefined,
  );
  const link = connectLink({
    url: `wss://127.0.0.1:${ward.port('gateway-devices')}/reader`,
    hostname: 'gate.localhost',
    tls: { key, cert, ca: keys('public/ca/service-ca.cert.pem') },
    subprotocol: 'countersign.reader.v1',
    maxPayload: MAX_STATION_FRAME,
    heartbeatMs: 5_000,
    backoff: { firstMs: 250, longestMs: 500 },
    onOpen: (wire) => channels.opened(wire),
    onMessage: (bytes) => channels.received(bytes),
    onClose: (reason) => channels.closed(reason),
  });
  return {
    async close() {
      link.close();
      await station.close();
    },
  };
}
