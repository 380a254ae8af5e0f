import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { serveWitness } from '../../clients/witness/server.ts';
import { folderState } from '../../clients/witness/state.ts';
import { openWitness } from '../../clients/witness/witness.ts';
import { logKeysOf, readAnchors } from '../../server/protocol/anchors.ts';

const text = (folder: string, name: string): string => readFileSync(join(folder, 'keys', name), 'utf8');

export const logVkey = (folder: string): string => text(folder, 'public/log.vkey').trim();

/** Every key that anchors of this ward ever let sign the log. */
export function logVkeys(folder: string): readonly string[] {
  const at = (...parts: string[]): string => join(folder, 'keys', 'public', ...parts);
  const history = existsSync(at('anchors'))
    ? readdirSync(at('anchors')).map((name) => at('anchors', name))
    : [];
  const keys = [...history, at('anchors.bin')].flatMap((file) =>
    logKeysOf(readAnchors(nodeCrypto, new Uint8Array(readFileSync(file))).log),
  );
  return [...new Set(keys)];
}
export const witnessVkey = (folder: string, name = 'witness-1'): string =>
  text(folder, `public/${name}.vkey`).trim();

/** The ward's witness on a port of loopback: real cosignatures, real mutual TLS, its memory in the ward's folder. */
export async function startWitness(
  folder: string,
  port: number,
  now: () => number = Date.now,
  own = 'witness-1',
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const log = logVkey(folder);
  const witness = await openWitness({
    logs: logVkeys(folder).map((vkey) => ({ origin: log.slice(0, log.indexOf('+')), vkey })),
    name: witnessVkey(folder, own).split('+')[0] ?? '',
    signer: signerFromPem(text(folder, `${own}/cosign.key.pem`)),
    state: folderState(join(folder, own === 'witness-1' ? 'witness' : own)),
    crypto: nodeCrypto,
    now,
  });
  const server = createServer({
    cert: text(folder, 'witness-1/tls.cert.pem'),
    key: text(folder, 'witness-1/tls.key.pem'),
    ca: text(folder, 'public/ca/service-ca.cert.pem'),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  return serveWitness(server, witness, { host: '127.0.0.1', port }, () => undefined);
}
