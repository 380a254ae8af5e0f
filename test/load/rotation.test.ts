import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { issueLeaf, type Leaf } from '../../certs/x509.ts';
import { certificateOf, Enrolled } from '../../clients/authority/enrolled.ts';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import { nodeCrypto, publicKeyFromPem } from '../../clients/common/process/crypto.ts';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { hex } from '../../server/protocol/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { Clinic } from '../crash/clinic.ts';
import { BusyWard, SPARE_TABLET } from './busy-ward.ts';

const PUMPS = 4;
const DEVICES = z.object({ devices: z.array(z.object({ id: z.string(), connected: z.boolean() })) });
/** What is replaced or revoked takes effect within this; the machine may be busy with other tests. */
const SECONDS = 15;

describe('while the ward is used', function () {
  this.timeout(150_000);
  let busy: BusyWard;
  before(async () => {
    busy = await BusyWard.open(PUMPS);
    for (const device of ['pump-1', 'pump-2', 'pump-3']) busy.work(device);
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
  });
  after(() => busy.end());
  afterEach(() => {
    assert.equal(busy.restarted('gateway'), false, 'without a restart');
    assert.deepEqual(busy.ledger.violations, []);
  });

  const file = (...parts: string[]): string => readFileSync(busy.path(...parts), 'utf8');
  const tool = (name: string, ...args: string[]): Promise<string> => {
    const entry = fileURLToPath(new URL(`../../clients/authority/${name}.ts`, import.meta.url));
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [entry, ...args], (error, out, err) =>
        error ? reject(new Error(`${name} ${args.join(' ')}: ${err}`)) : resolve(out),
      );
    });
  };
  const admin = (...args: string[]): Promise<string> =>
    tool('admin', ...args, '--config', busy.path('config/authority.json'));
  const connected = async (name: string): Promise<boolean> => {
    const seen = await busy.clinic.as('operator', (who) => who.get('/v1/devices'));
    return DEVICES.parse(seen).devices.some(({ id, connected }) => id === busy.ward.idOf(name) && connected);
  };
  const said = (words: string): boolean => file('logs', 'gateway.log').includes(words);
  const freshKey = (): string =>
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
  const certified = (key: string, by: 'device' | 'service', leaf: Pick<Leaf, 'commonName' | 'use' | 'dns' | 'addresses' | 'uri'>) => {
    const now = Math.floor(Date.now() / 1000);
    const issuer = { key: file('keys', `${by}-ca`, 'ca.key.pem'), certificate: file('keys/public/ca', `${by}-ca.cert.pem`) };
    return issueLeaf(key, { ...leaf, notBefore: now, notAfter: now + 86_400 }, issuer);
  }; // prettier-ignore
  const fingerprint = (pem: string): string =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

  /** The certificate that whoever connects to the device port is shown. */
  async function shown(): Promise<string> {
    const socket = connect({
      host: '127.0.0.1',
      port: busy.ward.port('gateway-devices'),
      servername: 'gate.localhost',
      ca: file('keys/public/ca/service-ca.cert.pem'),
    });
    socket.on('error', () => undefined); // No certificate of its own: shown the door, after it has seen ours.
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256.replaceAll(':', '').toLowerCase();
  }

  it('the TLS key of the gateway is replaced: who is connected stays, who comes anew is shown the new one', async () => {
    const key = freshKey();
    const cert = await certified(key, 'service', {
      commonName: 'gate.localhost',
      use: 'server',
      dns: ['gate.localhost', 'localhost'],
      addresses: ['127.0.0.1'],
    });
    assert.notEqual(await shown(), fingerprint(cert));
    writeFileSync(busy.path('keys/gateway/tls.key.pem'), key);
    writeFileSync(busy.path('keys/gateway/tls.cert.pem'), cert);
    await busy.until('the new certificate is shown', async () => (await shown()) === fingerprint(cert));
    await busy.rest('pump-3');
    await busy.ward.running.stopOne('pump-3');
    await busy.ward.running.startOne('pump-3');
    await busy.until('a device that comes anew is let in', () => connected('pump-3'));
    busy.work('pump-3');
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('the grant key is replaced by anchors of two versions: no command is turned away', async () => {
    const config = busy.path('config', 'authority.json');
    const path = (name: string): string => busy.path(name);
    const present = busy.path('authority/published/anchors.bin');
    const publish = async (round: string, ...change: string[]): Promise<void> => {
      const draft = path(`draft-${round}`);
      await tool('anchors-admin', 'draft', '--config', config, '--out', draft, ...change);
      for (const [who, key] of [['a', 'authority/authority.key.pem'], ['b', 'recovery/recovery.key.pem']] as const)
        await tool('anchors-admin', 'sign', '--draft', draft, '--present', present, '--key', busy.path('keys', key), '--out', path(`${round}-${who}`));
      await tool('anchors-admin', 'publish', '--config', config, '--by-authority', path(`${round}-a`), '--by-recovery', path(`${round}-b`));
    }; // prettier-ignore
    const held = async (version: number): Promise<boolean> => {
      for (const device of ['pump-1', 'pump-2', 'pump-3']) {
        const { attestation } = await busy.clinic.open('dr-a', device);
        if (attestation.anchorsVersion !== version) return false;
      }
      return true;
    };
    const [old, fresh] = [file('keys/gateway/grant.key.pem'), freshKey()];
    const publicPem = createPublicKey(fresh).export({ format: 'pem', type: 'spki' });
    writeFileSync(path('next-grant.pem'), publicPem);
    await publish('two', '--add-grant-key', path('next-grant.pem'));
    await busy.until('every device holds version 2', () => held(2));
    writeFileSync(busy.path('keys/gateway/grant.key.pem'), fresh);
    await busy.until('the gateway grants with the new key', () => said('grant key replaced'));
    await publish('three', '--drop-grant-key', hex(publicKeyFromPem(old).kid));
    await busy.until('every device holds version 3', () => held(3));
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a clinician is revoked: out within seconds, and everybody else goes on', async () => {
    await busy.rest('pump-3');
    const theirs = new AbortController();
    const clinic = new Clinic(busy.ward, theirs.signal);
    busy.byTwo = 0; // Nobody else can be the second person here.
    busy.work('pump-4', 'dr-b', clinic);
    await busy.goesOn('pump-4', 'pump-1', 'pump-2');
    const credential = readFileSync(busy.path('keys/public/credentials/dr-b.bin'));
    const { serial } = readCredential(nodeCrypto, new Uint8Array(credential)).said;
    await tool('admin', 'revoke', '--serial', String(serial), '--config', busy.path('config/authority.json'));
    const asked = performance.now();
    const out = async (): Promise<boolean> => {
      try {
        (await busy.ward.signIn('dr-b')).close();
        return false;
      } catch (error) {
        return error instanceof Refusal && error.code === 'E_ASSERTION_CRED';
      }
    };
    await busy.until('dr-b is out', out);
    assert.ok(performance.now() - asked < SECONDS * 1000, `${Math.round(performance.now() - asked)} ms`);
    const changed = busy.applied('pump-4');
    await busy.goesOn('pump-1', 'pump-2');
    assert.equal(busy.applied('pump-4'), changed, 'nothing more of dr-b');
    theirs.abort(new Error('dr-b has gone home'));
    await busy.rest('pump-4');
    clinic.close();
    const codes = busy.turnedAway('pump-4').map((line) => line.split(' ').at(-1) ?? '');
    assert.ok(
      codes.every((code) => ['E_ASSERTION_CRED', 'E_SESSION'].includes(code)),
      codes.join(),
    );
    busy.faults.splice(0, Infinity, ...busy.faults.filter((fault) => !fault.includes('dr-b has gone home')));
    busy.work('pump-3');
    busy.work('pump-4');
    await busy.goesOn('pump-3', 'pump-4');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a tablet is taken off: the same clinician goes on at the other one', async () => {
    const there = await busy.ward.signIn('dr-a', SPARE_TABLET);
    await there.get('/v1/devices');
    const pump = await there.open(busy.ward.idOf('pump-1'));
    assert.ok(pump.attestation.counter > 0);
    const { thumbprint } = new TabletKey(file('keys', tabletKeyOf(SPARE_TABLET)));
    const detail = new Map<number, string | Uint8Array>([
      [1, 'tablet off'],
      [2, SPARE_TABLET],
      [3, thumbprint],
    ]);
    await busy.clinic.as('operator', (who) => who.post('/v1/tablet-removals', 'enrolment', detail));
    await assert.rejects(there.get('/v1/devices'), { name: 'Refusal', code: 'E_NOT_ENROLLED' });
    await assert.rejects(there.open(busy.ward.idOf('pump-1')), 'its stream is over as well');
    await assert.rejects(busy.ward.signIn('dr-a', SPARE_TABLET), { code: 'E_NOT_ENROLLED' });
    there.close();
    await busy.goesOn('pump-1', 'pump-2', 'pump-3', 'pump-4');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a device’s certificate ends: its link is cut, with a new one it comes back, and the others notice nothing', async () => {
    await busy.rest('pump-4');
    const first = certificateOf(file('keys/devices/pump-4/tls.cert.pem'));
    await admin('end-certificate', '--serial', first.serial);
    const asked = performance.now();
    await busy.until('pump-4 is out', async () => !(await connected('pump-4')));
    assert.ok(performance.now() - asked < SECONDS * 1000);
    const open = busy.clinic.as('dr-a', (who) => who.open(busy.ward.idOf('pump-4')));
    await assert.rejects(open, { code: 'E_LINK' });
    const key = freshKey();
    const cert = await certified(key, 'device', { commonName: busy.ward.idOf('pump-4'), use: 'client' });
    writeFileSync(busy.path('keys/devices/pump-4/tls.key.pem'), key);
    writeFileSync(busy.path('keys/devices/pump-4/tls.cert.pem'), cert);
    const enrolled = new Enrolled(busy.path('authority', 'devices'));
    const device = enrolled.find(busy.ward.idOf('pump-4'));
    assert.ok(device);
    enrolled.keep({ ...device, certificates: [...device.certificates, certificateOf(cert)] });
    await busy.ward.running.stopOne('pump-4');
    await busy.ward.running.startOne('pump-4');
    await busy.until('pump-4 is back', () => connected('pump-4'));
    busy.work('pump-4');
    await busy.goesOn('pump-1', 'pump-2', 'pump-3', 'pump-4');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a station is taken off: nothing passes through it any more, until it is on the list again', async () => {
    const { withoutNfc } = busy.ward;
    if (withoutNfc !== undefined) return console.log(`      skipped: no card reader (${withoutNfc})`);
    await busy.until('the implant is in contact', () => connected('pacemaker-1'));
    busy.work('pacemaker-1');
    await busy.goesOn('pacemaker-1');
    await busy.rest('pacemaker-1');
    const asked = performance.now();
    await admin('end-station', '--label', 'station-1');
    await busy.until('the implant is out of reach', async () => !(await connected('pacemaker-1')));
    assert.ok(performance.now() - asked < SECONDS * 1000);
    await busy.goesOn('pump-1', 'pump-2');
    assert.equal(await connected('pacemaker-1'), false, 'and stays so');
    await admin('add-station', '--label', 'station-1', '--cert', busy.path('keys/station-1/tls.cert.pem'));
    await busy.until('the implant is back', () => connected('pacemaker-1'));
    busy.work('pacemaker-1');
    await busy.goesOn('pacemaker-1', 'pump-1', 'pump-2', 'pump-3', 'pump-4');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('and at the end devices, journal and log tell what people were told: nothing lost, nothing doubled', async () => {
    assert.deepEqual(await busy.audit(), []);
    assert.ok(busy.ledger.ceremonies.length > 50, `${busy.ledger.ceremonies.length} ceremonies`);
  });
});
