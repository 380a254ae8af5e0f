import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeys } from '../../certs/make.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { type PersonName, people } from '../../clients/ward/people.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import type { DeviceWord } from '../../server/protocol/fleet/enrolment.ts';
import { EstBench, estTools, idIn, run, showing, statusOf } from '../support/est.ts';

describe('enrolment over secure transport (curl, openssl)', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-est-'));
  const at = (...parts: string[]): string => join(folder, ...parts);
  const keys = (...parts: string[]): string => at('keys', ...parts);
  let est: EstBench;
  /** Of pump-1, as in its identity certificate. */
  let subject: string;
  let identity: string[];

  before(async function () {
    if (!estTools()) {
      console.log('skipped: not installed: curl or openssl');
      this.skip();
    }
    const now = Math.floor(Date.now() / 1000);
    await makeKeys({ folder: at('keys'), ports: { hostA: 20_001, hostB: 20_002 }, now, demo: true });
    cpSync(keys('public/credentials'), at('data/published/credentials'), { recursive: true });
    est = await EstBench.open(folder);
    subject = await est.subject('pump-1');
    identity = est.identity('pump-1');
  });
  after(async () => {
    await est?.child.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const csr = (name: string, subj = subject, key?: string): Promise<string> => est.csr(name, subj, key);
  const curl = (path: string, ...more: string[]): Promise<string> => est.curl(path, ...more);
  const post = (path: string, file: string, ...more: string[]): Promise<string> =>
    est.post(path, file, ...more);
  const certificatesIn = (answer: string, name: string): Promise<string> => est.certificatesIn(answer, name);
  const admin = (...args: string[]): Promise<string> => est.admin(...args);
  const approve = (id: string, who: PersonName = 'operator', more: Partial<DeviceWord> = {}) =>
    est.say(softwarePasskey(people(folder)[who]), est.certificateWord(id, 'pump-1', more));

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

    // Not a doctor, not for another key of the device, not for another request.
    await approve(id, 'dr-a');
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    await approve(id, 'operator', { identity: new Uint8Array(32) });
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    const other = idIn(await post('simpleenroll', await csr('elsewhere'), ...identity));
    await approve(other);
    assert.equal(statusOf(await post('simpleenroll', file, ...identity)), 202);
    await assert.rejects(approve('ab'.repeat(32)), /no device waits/u);
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
    assert.ok(!(await admin('devices')).includes(id));
  });

  it('gives nothing to whom an operator refused, whoever approves it too', async () => {
    const file = await csr('refused');
    const id = idIn(await post('simpleenroll', file, ...identity));
    const operator = softwarePasskey(people(folder).operator);
    await est.say(operator, { kind: 'device refused', request: unhex(id) });
    await approve(id);
    const refused = await post('simpleenroll', file, ...identity);
    assert.equal(statusOf(refused), 403);
    assert.match(refused, /An operator refused this request/u);
  });

  it('renews for the same device and nobody else, with the certificate of this hospital', async () => {
    const own = showing(at('issued.pem'), at('first.key'));
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
    const station = showing(keys('station-1/tls.cert.pem'), keys('station-1/tls.key.pem'));
    assert.equal(statusOf(await post('simpleenroll', file, ...station)), 401);
    const pacemaker = est.identity('pacemaker-1');
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
    const serial = await est.serialOf(at('issued.pem'));
    await admin('end-certificate', '--serial', serial);
    await run(
      'curl',
      '--silent',
      '--cacert',
      keys('public/ca/service-ca.cert.pem'),
      '--output',
      at('list.der'),
      `https://127.0.0.1:${est.child.info['estPort']}/device-ca.crl`,
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
    const own = showing(at('issued.pem'), at('first.key'));
    assert.equal(statusOf(await post('simplereenroll', await csr('late'), ...own)), 403);
  });
});
