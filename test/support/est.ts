import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../clients/common/process/children.ts';
import { publicKeyFromPem } from '../../clients/common/process/crypto.ts';
import type { SoftwarePasskey } from '../../clients/ward/passkey.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { parseSign1 } from '../../server/protocol/encoding/cose.ts';
import { type DeviceWord, deviceWordDetail } from '../../server/protocol/fleet/enrolment.ts';
import { MAX_PROFILE } from '../../server/protocol/profile.ts';
import { encodeSigned } from '../../server/protocol/statement.ts';
import { nodeCrypto } from './keys.ts';
import { statementBy } from './ward-clinician.ts';

const MAIN = fileURLToPath(new URL('../../clients/authority/main.ts', import.meta.url));
const ADMIN = fileURLToPath(new URL('../../clients/authority/admin.ts', import.meta.url));

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
/** Are the tools there that play a device? */
export const estTools = (): boolean => has('curl') && has('openssl');

/** Runs a program; rejects with what it said. */
export const run = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, args, (error, out, err) =>
      error ? reject(new Error(`${program}: ${err}${out}`)) : resolve(out),
    );
  });

/** The configuration of an authority that enrols devices, with the keys of a ward. */
export const authorityConfig = (folder: string, data: string): object => {
  const keys = (path: string): string => join(folder, 'keys', path);
  return {
    port: 0,
    key: keys('authority/tls.key.pem'),
    cert: keys('authority/tls.cert.pem'),
    authorityKey: keys('authority/authority.key.pem'),
    folder: data,
    est: {
      port: 0,
      caKey: keys('device-ca/ca.key.pem'),
      caCert: keys('public/ca/device-ca.cert.pem'),
      identityCa: keys('public/ca/maker-identity-ca.cert.pem'),
      anchors: keys('public/anchors.bin'),
    },
  };
};

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/u.exec(answer)?.[1]);
export const idIn = (answer: string): string => /approve this first: ([0-9a-f]{64})/u.exec(answer)?.[1] ?? '';
/** curl's arguments for a client certificate. */
export const showing = (cert: string, key: string): string[] => ['--cert', cert, '--key', key];

/** An authority with EST, and a device that is nothing but curl and openssl. */
export class EstBench {
  readonly folder: string;
  readonly child: Child;
  readonly #config: string;

  private constructor(folder: string, child: Child, config: string) {
    this.folder = folder;
    this.child = child;
    this.#config = config;
  }

  /** @param data the authority's own folder */
  static async open(folder: string, data = join(folder, 'data')): Promise<EstBench> {
    const file = join(folder, 'authority.json');
    const config = authorityConfig(folder, data);
    writeFileSync(file, JSON.stringify(config));
    const logFile = join(folder, 'authority.log');
    const child = await startChild({ name: 'authority', entry: MAIN, args: ['--config', file], logFile });
    // Its port is kept, so that it can come back where others look for it.
    writeFileSync(file, JSON.stringify({ ...config, port: child.info['port'] }));
    return new EstBench(folder, child, file);
  }

  at(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  keys(...parts: string[]): string {
    return this.at('keys', ...parts);
  }

  /** What curl shows for a device with the certificate of its maker. */
  identity(name: string): string[] {
    const [cert, key] = ['cert', 'key'].map((kind) => this.keys('devices', name, `identity.${kind}.pem`));
    return showing(cert ?? '', key ?? '');
  }

  /** Subject of a device's certificates, as openssl takes it. */
  async subject(name: string): Promise<string> {
    const said = await run('openssl', 'x509', '-in', this.keys('devices', name, 'identity.cert.pem'), '-noout', '-subject'); // prettier-ignore
    const id = /CN = ([0-9a-f]{16})/u.exec(said)?.[1] ?? '';
    return `/CN=${id}/serialNumber=SIM-${id}`;
  }

  admin(...args: string[]): Promise<string> {
    return run(process.execPath, ADMIN, ...args, '--config', this.#config);
  }

  /** A key and a request for it, made by openssl; gives the file of the request, DER in base64. */
  async csr(name: string, subject: string, key?: string): Promise<string> {
    const own = key ?? this.at(`${name}.key`);
    if (key === undefined)
      await run('openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', own);
    const der = this.at(`${name}.der`);
    await run('openssl', 'req', '-new', '-key', own, '-subj', subject, '-outform', 'DER', '-out', der);
    writeFileSync(this.at(`${name}.b64`), readFileSync(der).toString('base64'));
    return this.at(`${name}.b64`);
  }

  curl(path: string, ...more: string[]): Promise<string> {
    const ca = this.keys('public/ca/service-ca.cert.pem');
    const base = `https://127.0.0.1:${this.child.info['estPort']}`;
    return run(
      'curl',
      '--silent',
      '--include',
      '--max-time',
      '15',
      '--cacert',
      ca,
      ...more,
      `${base}${path}`,
    );
  }

  post(path: string, file: string, ...more: string[]): Promise<string> {
    const type = 'content-type: application/pkcs10';
    return this.curl(`/.well-known/est/${path}`, '--header', type, '--data-binary', `@${file}`, ...more);
  }

  /** The certificates of an answer, as openssl reads them. */
  async certificatesIn(answer: string, name: string): Promise<string> {
    assert.equal(statusOf(answer), 200, answer);
    const body = answer.split('\r\n\r\n').at(-1) ?? '';
    const [bag, out] = [this.at(`${name}.p7`), this.at(`${name}.pem`)];
    writeFileSync(bag, Buffer.from(body, 'base64'));
    await run('openssl', 'pkcs7', '-inform', 'DER', '-in', bag, '-print_certs', '-out', out);
    return out;
  }

  /** What an operator signs to let a device in that waits under an id. */
  certificateWord(id: string, device: string, more: Partial<DeviceWord> = {}): DeviceWord {
    const pem = createPublicKey(readFileSync(this.keys('devices', device, 'identity.cert.pem')));
    const { alg, raw } = publicKeyFromPem(pem.export({ format: 'pem', type: 'spki' }).toString());
    const { profile } = JSON.parse(readFileSync(this.keys('devices', device, 'device.json'), 'utf8')) as {
      profile: string;
    };
    const signed = new Uint8Array(readFileSync(this.keys('public/profiles', `${profile}.bin`)));
    const word: DeviceWord = {
      kind: 'device certificate',
      request: unhex(id),
      identity: nodeCrypto.sha256(coseKey(alg, raw)),
      name: device,
      site: 'ward',
      transport: 'websocket',
      profile: nodeCrypto.sha256(parseSign1(signed, 'profile', MAX_PROFILE, 'E_PROFILE').payload),
    };
    return Object.assign(word, more);
  }

  /** Has somebody sign about a device, and hands that to the authority. */
  async say(passkey: SoftwarePasskey, word: DeviceWord): Promise<string> {
    const signed = await statementBy(passkey, new Uint8Array(16), 'enrolment', deviceWordDetail(word));
    const file = this.at('word.bin');
    writeFileSync(file, encodeSigned(signed));
    return this.admin('word', '--statement', file);
  }

  /** Serial number of a certificate, as the CRL has it. */
  async serialOf(pem: string): Promise<string> {
    const said = await run('openssl', 'x509', '-in', pem, '-noout', '-serial');
    return said.trim().slice('serial='.length).toLowerCase();
  }
}

/** Id of a device from openssl's subject. */
export const idOf = (subject: string): string => hex(unhex(subject.slice(4, 20)));
