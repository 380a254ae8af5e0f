import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { z } from 'zod';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { certificateOf, Enrolled } from '../../clients/authority/enrolled.ts';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import { nodeCrypto, publicKeyFromPem } from '../../clients/common/process/crypto.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { encodeVkey, LOG_KEY } from '../../server/protocol/log/note.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { Clinic } from '../crash/clinic.ts';
import { BusyWard, SPARE_TABLET } from './busy-ward.ts';
import { freshKey, publicHalf, Replacing } from './replacing.ts';

const PUMPS = 4;
const DEVICES = z.object({ devices: z.array(z.object({ id: z.string(), connected: z.boolean() })) });
/** What is replaced or revoked takes effect within this; the machine may be busy with other tests. */
const SECONDS = 15;

describe('while the ward is used', function () {
  this.timeout(150_000);
  let busy: BusyWard;
  let replacing: Replacing;
  before(async () => {
    busy = await BusyWard.open(PUMPS);
    replacing = new Replacing(busy);
  });
  beforeEach(async () => {
    busy.begin('pump-1', 'pump-2', 'pump-3');
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
  });
  after(async () => {
    await busy.end();
    replacing.end();
  });
  afterEach(() => {
    assert.equal(busy.restarted('gateway'), false, 'without a restart');
    assert.deepEqual(busy.ledger.violations, []);
  });

  const connected = async (name: string): Promise<boolean> => {
    const seen = await busy.clinic.as('operator', (who) => who.get('/v1/devices'));
    return DEVICES.parse(seen).devices.some(({ id, connected }) => id === busy.ward.idOf(name) && connected);
  };
  const said = (words: string): boolean => replacing.file('logs', 'gateway.log').includes(words);
  const fingerprint = (pem: string): string =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

  /** The certificate that whoever connects to the device port is shown. */
  async function shown(): Promise<string> {
    const socket = connect({
      host: '127.0.0.1',
      port: busy.ward.port('gateway-devices'),
      servername: 'gate.localhost',
      ca: replacing.file('keys/public/ca/service-ca.cert.pem'),
    });
    socket.on('error', () => undefined); // No certificate of its own: shown the door, after it has seen ours.
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256.replaceAll(':', '').toLowerCase();
  }

  it('the TLS key of the gateway is replaced: who is connected stays, who comes anew is shown the new one', async () => {
    const key = freshKey();
    const cert = await replacing.certified(key, 'service', {
      commonName: 'gate.localhost',
      use: 'server',
      dns: ['gate.localhost', 'localhost'],
      addresses: ['127.0.0.1'],
    });
    assert.notEqual(await shown(), fingerprint(cert));
    replacing.write('keys/gateway/tls.key.pem', key);
    replacing.write('keys/gateway/tls.cert.pem', cert);
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
    const [old, fresh] = [replacing.file('keys/gateway/grant.key.pem'), freshKey()];
    replacing.write('next-grant.pem', publicHalf(fresh));
    await replacing.anchors(2, '--add-grant-key', busy.path('next-grant.pem'));
    replacing.write('keys/gateway/grant.key.pem', fresh);
    await busy.until('the gateway grants with the new key', () => said('grant key replaced'));
    await replacing.anchors(3, '--drop-grant-key', hex(publicKeyFromPem(old).kid));
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('the log key, the witness, and the key it is asked with are replaced: the log goes on, seen from inside and outside', async () => {
    const outside = replacing.monitor();
    await busy.until('the log is looked at', () => outside.looks() > 0);
    const { log, witnesses } = readAnchors(
      nodeCrypto,
      new Uint8Array(readFileSync(busy.path('keys/public/anchors.bin'))),
    );
    const [logKey, tlsKey] = [freshKey('ed25519'), freshKey()];
    const next = encodeVkey(nodeCrypto.sha256, log.origin, LOG_KEY, publicKeyFromPem(logKey).raw);
    const logs = [log.vkey, next].map((vkey) => ({ origin: log.origin, vkey }));
    const { vkey, url } = await replacing.witness('witness-2', logs);
    const config = (name: string): Record<string, unknown> =>
      JSON.parse(replacing.file('config', name)) as Record<string, unknown>;
    replacing.write('config/witness.json', JSON.stringify({ ...config('witness.json'), logs }));
    await replacing.anchors(4, '--add-log-key', next, '--add-witness', vkey);
    await replacing.nextShift();

    replacing.write('keys/gateway/log.key.pem', logKey);
    await busy.until('the log is signed with the new key', () => said('log key replaced'));
    const cert = await replacing.certified(tlsKey, 'service', { commonName: 'gateway', use: 'client' });
    replacing.write('keys/gateway/witness-client.key.pem', tlsKey);
    replacing.write('keys/gateway/witness-client.cert.pem', cert);
    const asked = [{ name: 'witness-2', url, vkey }];
    replacing.write('config/gateway.json', JSON.stringify({ ...config('gateway.json'), witnesses: asked }));
    await busy.until('the new witness is asked', () => said('witnesses replaced'));
    const [gone = ''] = witnesses.vkeys;
    await replacing.anchors(5, '--drop-log-key', log.vkey, '--drop-witness', gone);
    await busy.ward.running.stopOne('witness'); // Its operator is gone for good.

    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
    const looks = outside.looks();
    await busy.until('it was looked at since', () => outside.looks() > looks + 1);
    assert.deepEqual(outside.alarms(), []);
  });

  it('a tablet is taken off: the same clinician goes on at the other one', async () => {
    const there = await busy.ward.signIn('dr-a', SPARE_TABLET);
    await there.get('/v1/devices');
    const pump = await there.open(busy.ward.idOf('pump-1'));
    assert.ok(pump.attestation.counter > 0);
    const { thumbprint } = new TabletKey(replacing.file('keys', tabletKeyOf(SPARE_TABLET)));
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
    await busy.goesOn('pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a device’s certificate ends: its link is cut, with a new one it comes back, and the others notice nothing', async () => {
    await busy.rest('pump-4');
    const first = certificateOf(replacing.file('keys/devices/pump-4/tls.cert.pem'));
    await replacing.admin('end-certificate', '--serial', first.serial);
    const asked = performance.now();
    await busy.until('pump-4 is out', async () => !(await connected('pump-4')));
    assert.ok(performance.now() - asked < SECONDS * 1000);
    const open = busy.clinic.as('dr-a', (who) => who.open(busy.ward.idOf('pump-4')));
    await assert.rejects(open, { code: 'E_LINK' });
    const key = freshKey();
    const cert = await replacing.certified(key, 'device', {
      commonName: busy.ward.idOf('pump-4'),
      use: 'client',
    });
    replacing.write('keys/devices/pump-4/tls.key.pem', key);
    replacing.write('keys/devices/pump-4/tls.cert.pem', cert);
    const enrolled = new Enrolled(busy.path('authority', 'devices'));
    const device = enrolled.find(busy.ward.idOf('pump-4'));
    assert.ok(device);
    enrolled.keep({ ...device, certificates: [...device.certificates, certificateOf(cert)] });
    await busy.ward.running.stopOne('pump-4');
    await busy.ward.running.startOne('pump-4');
    await busy.until('pump-4 is back', () => connected('pump-4'));
    busy.work('pump-4');
    await busy.goesOn('pump-1', 'pump-2', 'pump-3', 'pump-4');
    await busy.rest('pump-4');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('the link key is replaced: the implant is met with the new one, and nobody had to lift it', async () => {
    const { withoutNfc } = busy.ward;
    if (withoutNfc !== undefined) return console.log(`      skipped: no card reader (${withoutNfc})`);
    await busy.until('the implant is in contact', () => connected('pacemaker-1'));
    const key = freshKey();
    replacing.write('next-link.pem', publicHalf(key));
    await replacing.admin(
      'certify-link',
      '--name',
      'gateway-2',
      '--link',
      'gateway',
      '--public',
      busy.path('next-link.pem'),
    );
    replacing.write('keys/gateway/link.key.pem', key);
    await busy.until('the gateway shows the new one', () => said('link key replaced'));
    await busy.ward.running.stopOne('pacemaker-1');
    await busy.until('the implant has left', async () => !(await connected('pacemaker-1')));
    await busy.ward.running.startOne('pacemaker-1');
    await busy.until('the implant is back', () => connected('pacemaker-1'));
    busy.begin('pacemaker-1');
    await busy.goesOn('pacemaker-1', 'pump-1', 'pump-2');
    await busy.rest('pacemaker-1');
    busy.expectQuiet('pacemaker-1', 'pump-1', 'pump-2', 'pump-3');
  });

  it('a station is taken off: nothing passes through it any more, until it is on the list again', async () => {
    const { withoutNfc } = busy.ward;
    if (withoutNfc !== undefined) return console.log(`      skipped: no card reader (${withoutNfc})`);
    await busy.until('the implant is in contact', () => connected('pacemaker-1'));
    busy.begin('pacemaker-1');
    await busy.goesOn('pacemaker-1');
    await busy.rest('pacemaker-1');
    const asked = performance.now();
    await replacing.admin('end-station', '--label', 'station-1');
    await busy.until('the implant is out of reach', async () => !(await connected('pacemaker-1')));
    assert.ok(performance.now() - asked < SECONDS * 1000);
    await busy.goesOn('pump-1', 'pump-2');
    assert.equal(await connected('pacemaker-1'), false, 'and stays so');
    await replacing.admin(
      'add-station',
      '--label',
      'station-1',
      '--cert',
      busy.path('keys/station-1/tls.cert.pem'),
    );
    await busy.until('the implant is back', () => connected('pacemaker-1'));
    busy.work('pacemaker-1');
    await busy.goesOn('pacemaker-1', 'pump-1', 'pump-2', 'pump-3');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('a clinician is revoked: out within seconds, and everybody else goes on', async () => {
    await busy.rest('pump-4'); // From here on it is dr-b's alone.
    const theirs = new AbortController();
    const clinic = new Clinic(busy.ward, theirs.signal);
    busy.byTwo = 0; // Nobody else can be the second person here.
    busy.work('pump-4', 'dr-b', clinic);
    await busy.goesOn('pump-4', 'pump-1', 'pump-2');
    const credential = readFileSync(busy.path('keys/public/credentials/dr-b.bin'));
    const { serial } = readCredential(nodeCrypto, new Uint8Array(credential)).said;
    await replacing.admin('revoke', '--serial', String(serial));
    const asked = performance.now();
    const out = async (): Promise<boolean> => {
      try {
        (await busy.ward.signIn('dr-b')).close();
        return false;
      } catch (error) {
        return error instanceof Refusal && error.code === 'E_ASSERTION_CRED';
      }
    };
    await busy.until('dr-b is out', out).catch((error: unknown) => {
      theirs.abort(error);
      throw error;
    });
    assert.ok(performance.now() - asked < SECONDS * 1000, `${Math.round(performance.now() - asked)} ms`);
    const begun = busy.underWay('pump-4') ? 1 : 0;
    const most = busy.applied('pump-4') + begun;
    await busy.goesOn('pump-1', 'pump-2').finally(() => theirs.abort(new Error('dr-b has gone home')));
    assert.ok(busy.applied('pump-4') <= most, 'nothing more of dr-b than what was granted before');
    await busy.rest('pump-4');
    clinic.close();
    const codes = busy.turnedAway('pump-4').map((line) => line.split(' ').at(-1) ?? '');
    assert.ok(
      codes.every((code) => ['E_ASSERTION_CRED', 'E_SESSION'].includes(code)),
      codes.join(),
    );
    busy.faults.splice(0, Infinity, ...busy.faults.filter((fault) => !fault.includes('dr-b has gone home')));
    await busy.goesOn('pump-1', 'pump-2');
    busy.expectQuiet('pump-1', 'pump-2', 'pump-3');
  });

  it('and at the end devices, journal and log tell what people were told: nothing lost, nothing doubled', async () => {
    assert.deepEqual(await busy.audit(), []);
    assert.ok(busy.ledger.ceremonies.length > 50, `${busy.ledger.ceremonies.length} ceremonies`);
  });
});
