import assert from 'node:assert/strict';
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { openSequencer } from '../../server/audit/sequencer.ts';
import { httpsTransport, witnessClient } from '../../server/audit/witness-client.ts';
import { nodeCrypto } from '../../server/crypto.ts';
import { LOG_KEY, WITNESS_KEY, encodeVkey } from '../../server/protocol/log/note.ts';
import { openStore } from '../../server/store/store.ts';
import { ORIGIN, entry, newSigner, sha256 } from '../audit/world.ts';

const run = promisify(execFile);
const main = new URL('../../clients/witness/main.ts', import.meta.url);

async function certificates(folder: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=ca',
    '-days',
    '2',
  );
  for (const name of ['server', 'client']) {
    await openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2',
      '-subj', `/CN=${name}`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-addext', 'basicConstraints=critical,CA:FALSE'); // prettier-ignore
  }
}

/** Starts the witness and waits until it says its port. */
async function start(config: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(main, ['--config', config], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`the witness ended with ${code}`)));
  });
  return { child, port };
}

async function end(child: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

describe('A witness process', () => {
  it('cosigns for a gateway over mutual TLS, remembers, and lets nobody else in', async function () {
    this.timeout(30_000);
    try {
      await run('openssl', ['version']);
    } catch {
      console.log('skipped: no openssl to make certificates with');
      this.skip();
    }
    const folder = await mkdtemp(join(tmpdir(), 'cs-wp-'));
    const path = (name: string): string => join(folder, name);
    const read = (name: string): Promise<string> => readFile(path(name), 'utf8');
    let child: ChildProcess | undefined;
    try {
      await certificates(folder);
      const pem = generateKeyPairSync('ed25519')
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString();
      await writeFile(path('witness.pem'), pem);
      const vkey = encodeVkey(sha256, 'w.example', WITNESS_KEY, signerFromPem(pem).key.raw);
      const signer = newSigner();
      const logs = [{ origin: ORIGIN, vkey: encodeVkey(sha256, ORIGIN, LOG_KEY, signer.key.raw) }];
      const config = { port: 0, name: 'w.example', key: path('witness.pem'), cert: path('server.pem'),
        tlsKey: path('server.key'), clientCa: path('ca.pem'), logs, folder: path('state') }; // prettier-ignore
      await writeFile(path('config.json'), JSON.stringify(config));
      const store = openStore(path('store'));
      const round = async (): Promise<void> => {
        const started = await start(path('config.json'));
        child = started.child;
        const url = `https://127.0.0.1:${started.port}`;
        const tls = {
          ca: await read('ca.pem'),
          cert: await read('client.pem'),
          key: await read('client.key'),
        };
        const { transport, close } = httpsTransport({ url, timeout: 2_000, ...tls });
        const witnesses = [witnessClient(nodeCrypto, ORIGIN, vkey, transport)];
        const options = { store, signer, origin: ORIGIN, witnesses, policy: { k: 1 }, crypto: nodeCrypto };
        const log = await openSequencer(options);
        assert.equal(log.health, 'ok');
        const [appended] = await log.append([entry()]);
        assert.ok(appended);
        await log.stop();
        close();
        // Without a client certificate there is no answer at all.
        const stranger = run(
          'openssl',
          ['s_client', '-connect', `127.0.0.1:${started.port}`, '-tls1_3', '-ign_eof'],
          { timeout: 5_000 },
        );
        stranger.child.stdin?.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        const refused = await stranger.catch((error: { stdout: string }) => error);
        assert.doesNotMatch(refused.stdout, /HTTP\/1\.1/);
        assert.equal(await end(started.child), 0);
      };
      await round();
      await round();
      await store.stop();
    } finally {
      child?.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
