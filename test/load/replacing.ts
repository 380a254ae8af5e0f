import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { issueLeaf, type Leaf } from '../../certs/x509.ts';
import { nodeCrypto, publicKeyFromPem } from '../../clients/common/process/crypto.ts';
import { encodeVkey, WITNESS_KEY } from '../../server/protocol/log/note.ts';
import type { BusyWard } from './busy-ward.ts';

const program = (path: string): string => fileURLToPath(new URL(`../../clients/${path}`, import.meta.url));
const PUMPS = ['pump-1', 'pump-2', 'pump-3'];

/** A fresh private key, PEM. */
export const freshKey = (kind: 'ec' | 'ed25519' = 'ec'): string =>
  (kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    : generateKeyPairSync('ed25519')
  ).privateKey
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();

/** What the people do who replace keys in a ward: with the tools they have, where their own key is. */
export class Replacing {
  readonly #busy: BusyWard;
  readonly #children: ChildProcess[] = [];
  #round = 0;

  constructor(busy: BusyWard) {
    this.#busy = busy;
  }

  file(...parts: string[]): string {
    return readFileSync(this.#busy.path(...parts), 'utf8');
  }

  write(path: string, text: string): void {
    writeFileSync(this.#busy.path(path), text);
  }

  /** Runs a program of the operator; resolves with what it prints, rejects when it fails. */
  tool(path: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [program(path), ...args], (error, out, err) =>
        error ? reject(new Error(`${path} ${args.join(' ')}: ${err}${out}`)) : resolve(out),
      );
    });
  }

  admin(...args: string[]): Promise<string> {
    return this.tool('authority/admin.ts', ...args, '--config', this.#busy.path('config/authority.json'));
  }

  /** Draws up the next anchors, has both keys sign them, and publishes them; resolves when every pump holds them. */
  async anchors(version: number, ...change: string[]): Promise<void> {
    const busy = this.#busy;
    const [config, draft] = [busy.path('config/authority.json'), busy.path(`draft-${++this.#round}`)];
    const run = (...args: string[]) => this.tool('authority/anchors-admin.ts', ...args);
    await run('draft', '--config', config, '--out', draft, ...change);
    const present = busy.path('authority/published/anchors.bin');
    for (const [who, key] of [['authority', 'authority'], ['recovery', 'recovery']] as const)
      await run('sign', '--draft', draft, '--present', present, '--key', busy.path(`keys/${key}/${key}.key.pem`), '--out', `${draft}-${who}`);
    await run('publish', '--config', config, '--by-authority', `${draft}-authority`, '--by-recovery', `${draft}-recovery`);
    await busy.until(`every device holds version ${version}`, async () => {
      for (const device of PUMPS) {
        const { attestation } = await busy.clinic.open('dr-a', device);
        if (attestation.anchorsVersion !== version) return false;
      }
      return true;
    });
  } // prettier-ignore

  /** A certificate by one of the ward's authorities. */
  certified(
    key: string,
    by: 'device' | 'service',
    leaf: Pick<Leaf, 'commonName' | 'use' | 'dns' | 'addresses' | 'uri'>,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const issuer = {
      key: this.file('keys', `${by}-ca`, 'ca.key.pem'),
      certificate: this.file('keys/public/ca', `${by}-ca.cert.pem`),
    };
    return issueLeaf(key, { ...leaf, notBefore: now, notAfter: now + 86_400 }, issuer);
  }

  /** Everybody goes home and somebody else takes over: who signs in anew has the anchors of now. */
  async nextShift(): Promise<void> {
    await Promise.all(PUMPS.map((device) => this.#busy.rest(device)));
    for (const name of ['dr-a', 'dr-b'] as const) this.#busy.clinic.leave(name);
    for (const device of PUMPS) this.#busy.work(device);
  }

  /** Starts a witness of another operator, as a process of its own; it knows the log by these keys. */
  async witness(name: string, logs: unknown): Promise<{ readonly vkey: string; readonly url: string }> {
    const folder = this.#busy.path(name);
    mkdirSync(folder, { mode: 0o700 });
    const [cosign, tlsKey] = [freshKey('ed25519'), freshKey()];
    const cert = await this.certified(tlsKey, 'service', { commonName: name, use: 'server', addresses: ['127.0.0.1'] });
    const put = (file: string, text: string): string => {
      writeFileSync(`${folder}/${file}`, text, { mode: 0o600 });
      return `${folder}/${file}`;
    };
    const config = put('witness.json', JSON.stringify({
      port: 0, name, logs, folder: `${folder}/seen`,
      key: put('cosign.key.pem', cosign), tlsKey: put('tls.key.pem', tlsKey), cert: put('tls.cert.pem', cert),
      clientCa: this.#busy.path('keys/public/ca/service-ca.cert.pem'),
    }));
    const child = fork(program('witness/main.ts'), ['--config', config], { stdio: 'ignore' });
    this.#children.push(child);
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (said) => resolve((said as { port: number }).port));
      child.once('exit', () => reject(new Error(`${name} did not start`)));
    });
    const { raw } = publicKeyFromPem(cosign);
    return { vkey: encodeVkey(nodeCrypto.sha256, name, WITNESS_KEY, raw), url: `https://127.0.0.1:${port}` };
  } // prettier-ignore

  /** Starts `countersign monitor`, which follows the log from outside; gives what it called people for. */
  monitor(): { alarms(): readonly string[]; looks(): number } {
    const url = `http://gate.localhost:${this.#busy.ward.port('gateway-clinicians')}/log`;
    const args = ['monitor', url, '--anchors', this.#busy.path('keys/public/anchors.bin'), '--every', '1', '--json'];
    const child = spawn(process.execPath, [program('cli/main.ts'), ...args, '--memory', this.#busy.path('seen.json')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#children.push(child);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const lines = (): readonly string[] => said.split('\n').filter((line) => line !== '');
    return { alarms: () => lines().filter((line) => !line.includes('"alarms":[]')), looks: () => lines().length };
  } // prettier-ignore

  end(): void {
    for (const child of this.#children) child.kill();
  }
}

/** The public half of a key, PEM. */
export const publicHalf = (pem: string): string =>
  createPublicKey(pem).export({ format: 'pem', type: 'spki' }).toString();
