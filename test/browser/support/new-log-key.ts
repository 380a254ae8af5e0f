import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeCrypto, publicKeyFromPem } from '../../../clients/common/process/crypto.ts';
import { readAnchors } from '../../../server/protocol/anchors.ts';
import { encodeVkey, LOG_KEY } from '../../../server/protocol/log/note.ts';
import type { PageWard } from './ward.ts';

const ADMIN = fileURLToPath(new URL('../../../clients/authority/anchors-admin.ts', import.meta.url));
const run = promisify(execFile);

/** Replaces the key of the log while everything runs, as PROTOCOL.md has it: both people sign, the witness is told, the gateway takes it up. */
export async function replaceLogKey(ward: PageWard): Promise<void> {
  const path = (...parts: string[]): string => join(ward.folder, ...parts);
  const text = (...parts: string[]): string => readFileSync(path(...parts), 'utf8');
  const held = () => readAnchors(nodeCrypto, new Uint8Array(readFileSync(path('keys/public/anchors.bin'))));
  const { log, version } = held();
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const next = encodeVkey(nodeCrypto.sha256, log.origin, LOG_KEY, publicKeyFromPem(key).raw);

  const witness = JSON.parse(text('config/witness.json')) as Record<string, unknown>;
  const logs = [log.vkey, next].map((vkey) => ({ origin: log.origin, vkey }));
  writeFileSync(path('config/witness.json'), JSON.stringify({ ...witness, logs }));

  const admin = (...args: string[]) => run(process.execPath, [ADMIN, ...args]);
  const [config, draft, present] = [path('config/authority.json'), path('draft'), path('authority/published/anchors.bin')];
  await admin('draft', '--config', config, '--out', draft, '--add-log-key', next);
  for (const who of ['authority', 'recovery'])
    await admin('sign', '--draft', draft, '--present', present, '--key', path('keys', who, `${who}.key.pem`), '--out', `${draft}-${who}`);
  await admin('publish', '--config', config, '--by-authority', `${draft}-authority`, '--by-recovery', `${draft}-recovery`);
  await until(() => held().version > version);

  writeFileSync(path('keys/gateway/log.key.pem'), key);
  await until(() => text('logs/gateway.log').includes('log key replaced'));
} // prettier-ignore

/** As long as the test's own limit allows. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(50);
}
