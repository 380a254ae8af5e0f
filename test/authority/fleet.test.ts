import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { issueLeaf } from '../../certs/x509.ts';
import { makeKeys } from '../../certs/make.ts';
import { type Child, startChild } from '../../clients/common/process/children.ts';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { DEVELOPMENT_ONLY_plainHttpOnLoopback, DEVELOPMENT_ONLY_shortWaits } from '../../server/config.ts';
import { openDoors } from '../../server/gateway/opening/open-doors.ts';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueFleet, openFleet } from '../../server/protocol/fleet/fleet.ts';
import { nudge, refuses, until } from '../ceremony/world.ts';
import { EstBench, estTools, idIn, idOf, run, showing, statusOf } from '../support/est.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const DEVICE = fileURLToPath(new URL('../../clients/device/main.ts', import.meta.url));

describe('a gateway that is never restarted', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let est: EstBench;
  let subject = '';
  let id = '';
  let device: Child | undefined;
  const at = (...parts: string[]): string => join(ward.folder, ...parts);
  const sockets = (): number => ward.gateway.doors.sockets?.()['devices'] ?? 0;
  const operator = () => softwarePasskey(people(ward.folder).operator);
  const list = async () =>
    openFleet(nodeCrypto, new Uint8Array(readFileSync(at('authority/published/fleet.bin'))), [
      signerFromPem(readFileSync(at('keys/authority/authority.key.pem'), 'utf8')).key,
    ]);
  /** Entries of the log about one device: 1 came or changed, 0 went. */
  const enrolments = (of: string): readonly (number | undefined)[] =>
    ward.entries().filter(({ type, device: about }) => type === 'enrolment' && about && hex(about) === of).map(({ result }) => result); // prettier-ignore
  const inUse = (name: string): string => at(`in-use-${name}.pem`);
  const wear = (cert: string, key: string): void => {
    copyFileSync(cert, inUse('cert'));
    copyFileSync(key, inUse('key'));
  };
  const startDevice = async (readyWithinMs = 20_000): Promise<void> => {
    const { patient } = JSON.parse(readFileSync(at('keys/devices/pump-9/device.json'), 'utf8')) as { patient: object }; // prettier-ignore
    const file = at('pump-9.json');
    const config = {
      id,
      folder: at('pump-9'),
      identityKey: at('keys/devices/pump-9/identity.key.pem'),
      anchors: at('keys/public/anchors.bin'),
      profile: at('keys/public/profiles/pump.bin'),
      patient,
      time: Math.floor(Date.now() / 1000),
      gateway: {
        url: `wss://127.0.0.1:${ward.gateway.doors.ports.devices}/device`,
        hostname: 'gate.localhost',
        key: inUse('key'),
        cert: inUse('cert'),
        ca: at('keys/public/ca/service-ca.cert.pem'),
      },
    };
    writeFileSync(file, JSON.stringify(config));
    const args = ['--config', file];
    device = await startChild({
      name: 'pump-9',
      entry: DEVICE,
      args,
      logFile: at('pump-9.log'),
      readyWithinMs,
    });
  };
  const view = async () => {
    const doctor = await ward.signIn('dr-a');
    return ward.desk.devices(doctor.session).find((one) => one.id === id);
  };

  before(async function () {
    if (!estTools()) {
      console.log('skipped: not installed: curl or openssl');
      this.skip();
    }
    ward = await openWard({
      doors: openDoors,
      configure: async (folder) => {
        est = await EstBench.open(folder, join(folder, 'authority'));
        return {
          ports: { devices: 0, clinicians: 0 },
          weaknesses: [DEVELOPMENT_ONLY_plainHttpOnLoopback, DEVELOPMENT_ONLY_shortWaits],
          authority: {
            url: `https://127.0.0.1:${est.child.info['port']}`,
            ca: join(folder, 'keys/public/ca/service-ca.cert.pem'),
          },
        };
      },
    });
    await until('the list has come', () => ward.program.some((line) => line.includes('devices taken')));
    // A device that its maker delivered, and that nobody here knows.
    const ports = { hostA: 20_001, hostB: 20_002 };
    const now = Math.floor(Date.now() / 1000);
    await makeKeys({ folder: at('keys'), ports, now, demo: true, devices: [{ name: 'pump-9', profile: 'pump' }] }); // prettier-ignore
    subject = await est.subject('pump-9');
    id = idOf(subject);
    const care = JSON.parse(readFileSync(at('hospital/care.json'), 'utf8')) as Record<string, string[]>;
    const more = Object.entries(care).map(([who, ids]) => [who, [...ids, id]]);
    writeFileSync(at('hospital/care.json'), JSON.stringify(Object.fromEntries(more)));
  });
  after(async () => {
    await device?.stop();
    await est?.child.stop();
    await ward?.end();
  });

  it('takes up a device that an operator let in, in monitor-only, and says so in the log', async () => {
    const before = ward.gateway;
    wear(at('keys/devices/pump-9/tls.cert.pem'), at('keys/devices/pump-9/tls.key.pem'));
    await assert.rejects(startDevice(2_000), 'its own certificate opens nothing: nobody enrolled it');
    const file = await est.csr('first', subject);
    const waits = await est.post('simpleenroll', file, ...est.identity('pump-9'));
    assert.equal(statusOf(waits), 202);
    const word = est.certificateWord(idIn(waits), 'pump-9', { site: 'ward 3' });
    await est.say(operator(), word);
    const cert = await est.certificatesIn(
      await est.post('simpleenroll', file, ...est.identity('pump-9')),
      'issued',
    );
    wear(cert, at('first.key'));
    await until('it is in the log', () => enrolments(id).length === 1);
    await startDevice();
    await until('it is in contact', () => sockets() === 1);
    while ((await view())?.connected !== true) await new Promise((resolve) => setTimeout(resolve, 20)); // it says who it is first
    const seen = await view();
    assert.deepEqual([seen?.name, seen?.posture], ['pump-9', 'monitor-only']);
    assert.deepEqual(enrolments(id), [1]);
    assert.equal(ward.gateway, before);
  });

  it('lets it take commands when an operator says so, and only be read when one says that', async () => {
    await est.say(operator(), { kind: 'device posture', device: unhex(id), posture: 'enrolled' });
    await until('the gateway has it', () => enrolments(id).length === 2);
    while ((await view())?.posture !== 'enrolled') await new Promise((resolve) => setTimeout(resolve, 20)); // in the log first
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const posture = async (now: 'enrolled' | 'monitor-only', count: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1_100)); // Words are in order by the second.
      await est.say(operator(), { kind: 'device posture', device: unhex(pump.id), posture: now });
      await until('the gateway has it', () => enrolments(pump.id).length === count);
    };
    await posture('monitor-only', 2);
    await refuses('E_NOT_ENROLLED', doctor.sign(pump, bytes));
    await posture('enrolled', 3);
    const now = () => ward.desk.devices(doctor.session).find((one) => one.id === pump.id)?.posture;
    await until('it may, after that stands in the log', () => now() === 'enrolled');
    assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
  });

  it('takes up a renewed certificate', async () => {
    const file = await est.csr('next', subject);
    const own = showing(inUse('cert'), inUse('key'));
    const renewed = await est.certificatesIn(await est.post('simplereenroll', file, ...own), 'renewed');
    const again = await est.certificatesIn(await est.post('simplereenroll', file, ...own), 'again');
    assert.equal(readFileSync(again, 'utf8'), readFileSync(renewed, 'utf8'));
    await until('the gateway has it', () => enrolments(id).length === 3);
    wear(renewed, at('next.key'));
    await est.admin('end-certificate', '--serial', await est.serialOf(at('issued.pem')));
    await until(
      'the old one is out, and it is back with the new one by itself',
      () =>
        readFileSync(at('pump-9.log'), 'utf8').includes('certificate is not known any more') &&
        sockets() === 1,
    );
    assert.equal(ward.program.filter((line) => line.includes('unforeseen')).length, 0);
  });

  it('drops a device whose last certificate was ended, within seconds', async () => {
    await est.admin('end-certificate', '--serial', await est.serialOf(at('renewed.pem')));
    await until('it is out', () => sockets() === 0);
    await device?.stop();
    await assert.rejects(startDevice(2_000), 'nor does it come back');
    assert.equal((await view())?.connected, false);
    // Its maker still vouches for it: with an operator's word it is back.
    const file = await est.csr('back', subject);
    const waits = await est.post('simpleenroll', file, ...est.identity('pump-9'));
    await est.say(operator(), est.certificateWord(idIn(waits), 'pump-9'));
    const answer = await est.post('simpleenroll', file, ...est.identity('pump-9'));
    wear(await est.certificatesIn(answer, 'back'), at('back.key'));
    await startDevice();
    await until('it is in contact', () => sockets() === 1);
    assert.equal((await view())?.posture, 'enrolled');
  });

  it('takes another key of a known device when two operators have signed for it, and then only reads it', async () => {
    // Whoever has the maker's key can say that another device is pump-9.
    const now = Math.floor(Date.now() / 1000);
    const [cert, key] = [
      at('keys/devices/pump-9/identity.cert.pem'),
      at('keys/devices/pump-9/identity.key.pem'),
    ];
    const issuer = {
      certificate: readFileSync(at('keys/public/ca/maker-identity-ca.cert.pem'), 'utf8'),
      key: readFileSync(at('keys/maker/identity-ca.key.pem'), 'utf8'),
    };
    const name = { commonName: id, serial: `SIM-${id}`, notBefore: now, notAfter: now + 86_400 };
    writeFileSync(key, testPem('another key of pump-9'));
    writeFileSync(
      cert,
      await issueLeaf(testPem('another key of pump-9'), { ...name, use: 'identity' }, issuer),
    );
    const file = await est.csr('changed', subject);
    const waits = await est.post('simpleenroll', file, ...est.identity('pump-9'));
    assert.match(waits, /Two operators have to approve this first/u);
    const word = est.certificateWord(idIn(waits), 'pump-9');
    await est.say(operator(), word);
    await est.say(operator(), word);
    assert.equal(statusOf(await est.post('simpleenroll', file, ...est.identity('pump-9'))), 202);
    const second = softwarePasskey({ ...people(ward.folder).operator, key: testPem('the second operator') });
    const { alg, raw } = second.key;
    await est.admin('certify', '--name', 'operator-2', '--subject', 'ab'.repeat(16), '--roles', 'operator', '--rp-id', 'sign-a.localhost', '--key', hex(coseKey(alg, raw))); // prettier-ignore
    await until('they are certified', () => readFileSync(at('authority.log'), 'utf8').includes('operator-2'));
    // Not in other words: what two people agree on is the same bytes.
    await est.say(second, Object.assign({ ...word }, { site: 'elsewhere' }));
    assert.equal(statusOf(await est.post('simpleenroll', file, ...est.identity('pump-9'))), 202);
    await est.say(second, word);
    const issued = await est.certificatesIn(
      await est.post('simpleenroll', file, ...est.identity('pump-9')),
      'of-changed',
    );
    await until('the old certificate is out', () => sockets() === 0);
    await device?.stop();
    wear(issued, at('changed.key'));
    await startDevice();
    await until('the new one is in', () => sockets() === 1);
    assert.equal((await view())?.posture, 'monitor-only');
    assert.match(await run('openssl', 'x509', '-in', issued, '-noout', '-subject'), new RegExp(id, 'u'));
  });

  it('believes the authority’s signature and the newest number alone', async () => {
    const own = at('keys/public/fleet.bin');
    const held = readFileSync(own);
    const { version, issued } = await list();
    const put = (bytes: Uint8Array): void => {
      writeFileSync(`${own}.new`, bytes);
      renameSync(`${own}.new`, own);
    };
    const said = (): string => ward.program.filter((line) => line.includes('devices')).join('\n');
    const empty = { issued, devices: [], stations: [] };
    const signer = signerFromPem(readFileSync(at('keys/authority/authority.key.pem'), 'utf8'));
    await est.child.stop(); // Who writes in its folder, while the authority is away.
    put(
      await issueFleet(
        nodeCrypto.sha256,
        { ...empty, version: version + 9 },
        signerFromPem(testPem('an impostor')),
      ),
    );
    await until('it is said', () => said().includes('not trusted'));
    put(await issueFleet(nodeCrypto.sha256, { ...empty, version: 1 }, signer));
    await until('it is said', () => said().includes('version 1 is older'));
    rmSync(own);
    await until('it is said', () => said().includes('ENOENT'));
    assert.equal(sockets(), 1);
    put(held);
    await est.child.restart();
    await until('all is well', () => sockets() === 1);
  });

  it('forgets a device that was removed, and a station, and gives them nothing more', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    await est.admin('remove-device', '--id', pump.id);
    await est.admin('end-station', '--label', 'station-1');
    await until('it is out', () => !ward.desk.devices(doctor.session).some((one) => one.id === pump.id));
    await refuses('E_SCOPE', doctor.sign(pump, bytes));
    await until('it is in the log', () => enrolments(pump.id).at(-1) === 0);
    // The authority works through what it was told, one word after the other.
    while ((await list()).stations.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const own = showing(at('keys/devices/pump-1/tls.cert.pem'), at('keys/devices/pump-1/tls.key.pem'));
    const file = await est.csr('removed', await est.subject('pump-1'));
    assert.equal(statusOf(await est.post('simplereenroll', file, ...own)), 403);
  });

  it('knows after a restart what it knew: the list, and nothing of files that nobody signed', async () => {
    await device?.stop();
    await est.child.stop();
    const own = at('keys/public/fleet.bin');
    const held = readFileSync(own);
    rmSync(own);
    await ward.restartGateway();
    const doctor = await ward.signIn('dr-a');
    assert.deepEqual(ward.desk.devices(doctor.session), []);
    writeFileSync(own, held);
    await until('it has the list', () => ward.desk.devices(doctor.session).length === 2);
  });
});
