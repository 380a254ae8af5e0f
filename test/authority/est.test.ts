import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeKeys } from '../../certs/make.ts';
import { type Child, startChild } from '../../clients/common/process/children.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { type PersonName, people } from '../../clients/ward/people.ts';
import { unhex } from '../../server/protocol/bytes.ts';
import type { Cbor } from '../../server/protocol/cbor.ts';
import { encodeSigned } from '../../server/protocol/statement.ts';
import { statementBy } from '../support/ward-clinician.ts';

const MAIN = fileURLToPath(new URL('../../clients/authority/main.ts', import.meta.url));
const ADMIN = fileURLToPath(new URL('../../clients/authority/admin.ts', import.meta.url));
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe('enrolment over secure transport (curl, openssl)', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-est-'));
  const at = (...parts: string[]): string => join(folder, ...parts);
  const keys = (...parts: string[]): string => at('keys', ...parts);
  let child: Child;
  let base: string;
  let config: string;
  /** Of pump-1, as in its identity certificate. */
  let subject: string;

  before(async function () {
    if (!has('curl') || !has('openssl')) {
      console.log('skipped: not installed: curl or openssl');
      this.skip();
    }
    const now = Math.floor(Date.now() / 1000);
    await makeKeys({ folder: at('keys'), ports: { hostA: 20_001, hostB: 20_002 }, now, demo: true });
    config = at('authority.json');
    const file = {
      port: 0,
      key: keys('authority/tls.key.pem'),
      cert: keys('authority/tls.cert.pem'),
      authorityKey: keys('authority/authority.key.pem'),
      folder: at('data'),
      est: {
        port: 0,
        caKey: keys('device-ca/ca.key.pem'),
        caCert: keys('public/ca/device-ca.cert.pem'),
        identityCa: keys('public/ca/maker-identity-ca.cert.pem'),
        anchors: keys('public/anchors.bin'),
      },
    };
    writeFileSync(config, JSON.stringify(file));
    cpSync(keys('public/credentials'), at('data/published/credentials'), { recursive: true });
    child = await startChild({
      name: 'authority',
      entry: MAIN,
      args: ['--config', config],
      logFile: at('authority.log'),
    });
    base = `https://127.0.0.1:${child.info['estPort']}`;
    const said = await run(
      'openssl',
      'x509',
      '-in',
      keys('devices/pump-1/identity.cert.pem'),
      '-noout',
      '-subject',
    );
    const id = /CN = ([0-9a-f]{16})/u.exec(said)?.[1] ?? '';
    subject = `/CN=${id}/serialNumber=SIM-${id}`;
  });
  after(async () => {
    await child?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (program: string, ...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(program, args, (error, out, err) =>
        error ? reject(new Error(`${program}: ${err}${out}`)) : resolve(out),
      );
    });
  const admin = (...args: string[]): Promise<string> =>
    run(process.execPath, ADMIN, ...args, '--config', config);
  /** A key and a request for it, made by openssl; gives the file of the request, DER in base64. */
  const csr = async (name: string, subj = subject, key?: string): Promise<string> => {
    const own = key ?? at(`${name}.key`);
    if (key === undefined)
      await run('openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', own);
    await run(
      'openssl',
      'req',
      '-new',
      '-key',
      own,
      '-subj',
      subj,
      '-outform',
      'DER',
      '-out',
      at(`${name}.der`),
    );
    writeFileSync(at(`${name}.b64`), readFileSync(at(`${name}.der`)).toString('base64'));
    return at(`${name}.b64`);
  };
  const identity = [
    '--cert',
    keys('devices/pump-1/identity.cert.pem'),
    '--key',
    keys('devices/pump-1/identity.key.pem'),
  ];
  const curl = (path: string, ...more: string[]): Promise<string> =>
    run(
      'curl',
      '--silent',
      '--include',
      '--max-time',
      '15',
      '--cacert',
      keys('public/ca/service-ca.cert.pem'),
      ...more,
      `${base}${path}`,
    );
  const post = (path: string, file: string, ...more: string[]): Promise<string> =>
    curl(
      `/.well-known/est/${path}`,
      '--header',
      'content-type: application/pkcs10',
      '--data-binary',
      `@${file}`,
      ...more,
    );
  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/u.exec(answer)?.[1]);
  /** The certificates of an answer, as openssl reads them. */
  const certificatesIn = async (answer: string, name: string): Promise<string> => {
    assert.equal(statusOf(answer), 200, answer);
    const body = answer.split('\r\n\r\n').at(-1) ?? '';
    writeFileSync(at(`${name}.p7`), Buffer.from(body, 'base64'));
    await run(
      'openssl',
      'pkcs7',
      '-inform',
      'DER',
      '-in',
      at(`${name}.p7`),
      '-print_certs',
      '-out',
      at(`${name}.pem`),
    );
    return at(`${name}.pem`);
  };
  const approve = async (
    id: string,
    who: PersonName = 'operator',
    kind = 'device certificate',
    about = id,
  ): Promise<void> => {
    const detail = new Map<number, Cbor>([
      [1, kind],
      [2, unhex(about)],
    ]);
    const signed = await statementBy(
      softwarePasskey(people(folder)[who]),
      new Uint8Array(16),
      'enrolment',
      detail,
    );
    writeFileSync(at('approval.bin'), encodeSigned(signed));
    await admin('approve', '--id', id, '--statement', at('approval.bin'));
  };
  const idIn = (answer: string): string => /approve this first: ([0-9a-f]{64})/u.exec(answer)?.[1] ?? '';

  it('gives its CA certificate to everybody, as openssl reads it', async () => {
    const file = await certificatesIn(await curl('/.well-known/est/cacerts'), 'cacerts');
    const own = await run(
      'openssl',
      'x509',
      '-in',
      keys('public/ca/device-ca.cert.pem'),
      '-noout',
      '-fingerprint',
      '-sha256',
    );
    assert.equal(await run('openssl', 'x509', '-in', file, '-noout', '-fingerprint', '-sha256'), own);
  });

  it('lets a device wait until an operator has signed for this very request, then gives it 90 days', async () => {
    const file = await csr('first');
    const waits = await post('simpleenroll', file, ...identity);
    assert.equal(statusOf(waits), 202);
    assert.match(waits, /retry-after: 30/iu);
    const id = idIn(waits);
    assert.ok((await admin('devices')).includes(id));

    // Not a doctor, not for something else, not for another request.
    await approve(id, 'dr-a');
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    await approve(id, 'operator', 'tablet');
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    await approve(id, 'operator', 'device certificate', 'ab'.repeat(32));
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    await approve(id);
    const certificate = await certificatesIn(await post('simpleenroll', file, ...identity), 'issued');
    const said = await run(
      'openssl',
      'verify',
      '-CAfile',
      keys('public/ca/device-ca.cert.pem'),
      '-purpose',
      'sslclient',
      certificate,
    );
    assert.match(said, /: OK/u);
    const text = await run('openssl', 'x509', '-in', certificate, '-noout', '-text');
    assert.match(text, /URI:urn:countersign:device:[0-9a-f]{16}/u);
    const month = (days: number): Promise<string> =>
      run('openssl', 'x509', '-in', certificate, '-noout', '-checkend', String(days * 86_400));
    await month(89);
    await assert.rejects(month(91));
    // Whoever asks again gets the same, not another one.
    const again = await certificatesIn(await post('simpleenroll', file, ...identity), 'again');
    assert.equal(readFileSync(again, 'utf8'), readFileSync(certificate, 'utf8'));
    assert.match(await admin('devices'), /No device waits/u);
  });

  it('renews for the same device and nobody else, with the certificate of this hospital', async () => {
    const own = ['--cert', at('issued.pem'), '--key', at('first.key')];
    const next = await certificatesIn(await post('simplereenroll', await csr('next'), ...own), 'renewed');
    assert.match(
      await run('openssl', 'verify', '-CAfile', keys('public/ca/device-ca.cert.pem'), next),
      /: OK/u,
    );
    const other = await csr('other', '/CN=00112233445566aa/serialNumber=SIM-00112233445566aa');
    const refused = await post('simplereenroll', other, ...own);
    assert.equal(statusOf(refused), 400);
    assert.match(refused, /another device/u);
    assert.equal(statusOf(await post('simplereenroll', await csr('again'), ...identity)), 403);
    assert.equal(statusOf(await post('simpleenroll', await csr('mixed'), ...own)), 403);
  });

  it('refuses who shows no certificate or one of somebody else, and what is no honest request', async () => {
    const file = await csr('honest');
    assert.equal(statusOf(await post('simpleenroll', file)), 401);
    const station = ['--cert', keys('station-1/tls.cert.pem'), '--key', keys('station-1/tls.key.pem')];
    assert.equal(statusOf(await post('simpleenroll', file, ...station)), 401);
    const pacemaker = [
      '--cert',
      keys('devices/pacemaker-1/identity.cert.pem'),
      '--key',
      keys('devices/pacemaker-1/identity.key.pem'),
    ];
    assert.equal(statusOf(await post('simpleenroll', file, ...pacemaker)), 400);

    const der = readFileSync(at('honest.der'));
    der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1;
    writeFileSync(at('forged.b64'), der.toString('base64'));
    const forged = await post('simpleenroll', at('forged.b64'), ...identity);
    assert.equal(statusOf(forged), 400);
    assert.match(forged, /not signed by its own key|not a PKCS#10/u);
    const same = await csr('same', subject, keys('devices/pump-1/identity.key.pem'));
    assert.match(await post('simpleenroll', same, ...identity), /identity key is for identity alone/u);
    writeFileSync(at('nonsense.b64'), 'A'.repeat(400));
    assert.equal(statusOf(await post('simpleenroll', at('nonsense.b64'), ...identity)), 400);
    writeFileSync(at('huge.b64'), 'A'.repeat(40_000));
    assert.equal(statusOf(await post('simpleenroll', at('huge.b64'), ...identity)), 413);
    assert.equal(statusOf(await curl('/.well-known/est/simpleenroll', ...identity)), 404);
  });

  it('publishes a CRL that openssl takes, and lets an ended certificate renew nothing', async () => {
    const serial = (await run('openssl', 'x509', '-in', at('issued.pem'), '-noout', '-serial'))
      .trim()
      .slice(7)
      .toLowerCase();
    await admin('end-certificate', '--serial', serial);
    await run(
      'curl',
      '--silent',
      '--cacert',
      keys('public/ca/service-ca.cert.pem'),
      '--output',
      at('list.der'),
      `${base}/device-ca.crl`,
    );
    await run(
      'openssl',
      'crl',
      '-inform',
      'DER',
      '-in',
      at('list.der'),
      '-out',
      at('list.pem'),
      '-CAfile',
      keys('public/ca/device-ca.cert.pem'),
      '-noout',
    );
    await run('openssl', 'crl', '-inform', 'DER', '-in', at('list.der'), '-out', at('list.pem'));
    const check = (file: string): Promise<string> =>
      run(
        'openssl',
        'verify',
        '-crl_check',
        '-CRLfile',
        at('list.pem'),
        '-CAfile',
        keys('public/ca/device-ca.cert.pem'),
        file,
      );
    await assert.rejects(check(at('issued.pem')), /revoked/u);
    assert.match(await check(at('renewed.pem')), /: OK/u);
    const own = ['--cert', at('issued.pem'), '--key', at('first.key')];
    assert.equal(statusOf(await post('simplereenroll', await csr('late'), ...own)), 403);
  });
});
