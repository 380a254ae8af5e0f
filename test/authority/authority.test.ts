import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../clients/common/process/children.ts';
import { signerFromPem } from '../../clients/common/process/crypto.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { issueAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueStatus, openStatus, readCredential, ROLE } from '../../server/protocol/credential.ts';
import { nudge, refuses, until } from '../ceremony/world.ts';
import { nodeCrypto, testPem } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const MAIN = fileURLToPath(new URL('../../clients/authority/main.ts', import.meta.url));
const ADMIN = fileURLToPath(new URL('../../clients/authority/admin.ts', import.meta.url));

describe('the credentialing authority', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let child: Child;
  let file: string;
  let url: string;
  let ca: string;
  const at = (...parts: string[]): string => join(ward.folder, ...parts);

  const start = async (folder: string): Promise<{ url: string; ca: string }> => {
    const key = (...parts: string[]): string => join(folder, 'keys', ...parts);
    file = join(folder, 'authority.json');
    const config = {
      port: 0,
      key: key('authority', 'tls.key.pem'),
      cert: key('authority', 'tls.cert.pem'),
      authorityKey: key('authority', 'authority.key.pem'),
      folder: join(folder, 'authority'),
    };
    writeFileSync(file, JSON.stringify(config));
    const args = ['--config', file];
    child = await startChild({
      name: 'authority',
      entry: MAIN,
      args,
      logFile: join(folder, 'authority.log'),
    });
    ca = key('public', 'ca', 'service-ca.cert.pem');
    url = `https://127.0.0.1:${child.info['port']}`;
    // Its port is kept, so that it can come back where the gateway looks for it.
    writeFileSync(file, JSON.stringify({ ...config, port: child.info['port'] }));
    return { url, ca };
  };
  before(async () => {
    ward = await openWard({ configure: async (folder) => ({ authority: await start(folder) }) });
  });
  after(async () => {
    await child.stop();
    await ward.end();
  });

  const admin = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const ran = execFile(process.execPath, [ADMIN, ...args, '--config', file], (_error, out, err) =>
        resolve({ code: ran.exitCode ?? -1, out, err }),
      );
    });
  const get = (path: string, method = 'GET'): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: new URL(url).port, path, method, ca: readFileSync(ca), agent: false },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  const certify = (name: string, subject: string, key: string, ...more: string[]) =>
    admin('certify', '--name', name, '--subject', subject, '--roles', 'clinician,emergency', '--rp-id', 'sign-a.localhost', '--key', key, ...more); // prettier-ignore
  const subjectOf = (name: string): string => {
    const bytes = readFileSync(at('keys/public/credentials', `${name}.bin`));
    return hex(readCredential(nodeCrypto, new Uint8Array(bytes)).said.subject);
  };
  const listed = async () => {
    const bytes = new Uint8Array(readFileSync(at('authority/published/status.bin')));
    const signer = signerFromPem(readFileSync(at('keys/authority/authority.key.pem'), 'utf8'));
    return openStatus(nodeCrypto, bytes, [signer.key]);
  };
  const log = (): string => readFileSync(at('authority.log'), 'utf8');
  const newKey = (name: string): string => {
    const own = people(ward.folder)['dr-a'];
    const { key } = softwarePasskey({ ...own, key: testPem(name) });
    return hex(coseKey(key.alg, key.raw));
  };

  it('certifies a passkey, and the running gateway takes it up and logs the issuance', async () => {
    const subject = '00112233445566778899aabbccddeeff';
    const { code, err } = await certify('dr-new', subject, newKey('dr new'));
    assert.equal(code, 0, err);
    const taken = at('keys/public/credentials/dr-new.bin');
    const logged = ward.entries().filter(({ type }) => type === 'credential').length;
    await until(
      'the gateway has it',
      () => ward.entries().filter(({ type }) => type === 'credential').length > logged,
    );
    const { said } = readCredential(nodeCrypto, new Uint8Array(readFileSync(taken)));
    assert.equal(hex(said.subject), subject);
    assert.equal(said.roles, ROLE.clinician | ROLE.emergency);
    assert.equal(said.serial, 7); // four people, a gateway and a station have those before
  });

  it('does not certify a key for a second person, a name for a second key, or nonsense', async () => {
    assert.equal((await certify('thief', 'ff'.repeat(16), newKey('dr new'))).code, 0);
    await until('refused', () => log().includes('certified for somebody else'));
    assert.equal((await certify('dr-a', subjectOf('dr-a'), newKey('another of dr a'))).code, 0);
    await until('refused', () => log().includes('another key has this name'));
    const nobody = await admin('revoke', '--serial', '999999999');
    assert.equal(nobody.code, 2);
    assert.match(nobody.err, /no credential has the number 999999999/u);
    assert.equal((await certify('x', 'short', newKey('x'))).code, 2);
    assert.equal((await certify('../x', 'ff'.repeat(16), newKey('x'))).code, 2);
    assert.equal((await certify('x', 'ff'.repeat(16), 'ff'.repeat(50))).code, 0);
    await until('refused', () => log().split('a request was refused').length > 3);
    assert.equal((await get('/published/credentials/thief.bin')).status, 404);
  });

  it('revokes with the next list, and the running gateway ends the session and refuses the command', async () => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    const before = await listed();
    assert.equal((await admin('revoke', '--serial', '1')).code, 0);
    const ended = (): boolean => {
      try {
        ward.desk.signIn.live(doctor.session);
        return false;
      } catch {
        return true;
      }
    };
    await until('the session has ended', ended);
    assert.throws(() => ward.desk.signIn.live(doctor.session), { code: 'E_ASSERTION_CRED' });
    await refuses('E_ASSERTION_CRED', doctor.sign(pump, bytes));
    const after = await listed();
    assert.equal(after.version, before.version + 1);
    assert.deepEqual(after.revoked, [...before.revoked, 1]);
  });

  it('tells each person what was certified and ended in their name', async () => {
    const { status, body } = await get(`/notices/${subjectOf('dr-a')}`);
    assert.equal(status, 200);
    const { notices } = JSON.parse(body) as { notices: { event: string; serial: number; kid: string }[] };
    assert.deepEqual(
      notices.map(({ event, serial }) => `${event} ${serial}`),
      ['issued 1', 'revoked 1'],
    );
    assert.equal((await get(`/notices/${'ff'.repeat(16)}`)).body, '{"notices":[]}');
  });

  it('publishes its tree and nothing else, and takes nothing', async () => {
    const { files } = JSON.parse((await get('/published/index.json')).body) as { files: Record<string, string> };
    assert.ok(files['status.bin'] && files['anchors.bin'] && files['credentials/dr-a.bin']);
    for (const path of ['/published/../../authority.json', '/published/credentials/../../x', '/published/requests/dr-new.json', '/authority.key.pem', '/notices/x'])
      assert.equal((await get(path)).status, 404, path);
    for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await get('/published/status.bin', method)).status, 405);
  }); // prettier-ignore

  describe('with new anchors', () => {
    const ANCHORS = fileURLToPath(new URL('../../clients/authority/anchors-admin.ts', import.meta.url));
    const tool = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
      new Promise((resolve) => {
        const ran = execFile(process.execPath, [ANCHORS, ...args], (_error, out, err) =>
          resolve({ code: ran.exitCode ?? -1, out, err }),
        );
      });
    const sign = (who: string, key: string, out: string) =>
      tool('sign', '--draft', at('draft'), '--present', at('authority/published/anchors.bin'), '--key', at('keys', key), '--out', at(out)).then(({ code, out: said, err }) => {
        assert.equal(code, 0, `${who}: ${err}`);
        return said;
      }); // prettier-ignore
    const held = (name: 'pump-1' | 'pacemaker-1'): number =>
      readAnchors(nodeCrypto, ward.device(name).device.state.anchors).version;

    it('draws them up, has two people sign what they see, and the devices hear of it through the gateway', async () => {
      const next = createPublicKey(testPem('the next grant key')).export({ format: 'pem', type: 'spki' });
      writeFileSync(at('next.pem'), next);
      const drawn = await tool(
        'draft',
        '--config',
        file,
        '--out',
        at('draft'),
        '--add-grant-key',
        at('next.pem'),
        '--primed-checks',
        'no',
      );
      assert.equal(drawn.code, 0, drawn.err);
      assert.match(
        drawn.out,
        /version 1 to 2:\n {2}- a second person may be shown the values: yes, where the policy says so\n {2}\+ grant key [0-9a-f]+\n {2}\+ a second person may be shown the values: no\n$/u,
      );
      const publish = (a: string, b: string) =>
        tool('publish', '--config', file, '--by-authority', at(a), '--by-recovery', at(b));
      assert.equal(await sign('the authority', 'authority/authority.key.pem', 'a'), drawn.out);
      await sign('the same person twice', 'authority/authority.key.pem', 'a2');
      const alone = await publish('a', 'a2');
      assert.equal(alone.code, 2);
      assert.match(alone.err, /E_ANCHORS/u);
      assert.equal(held('pump-1'), 1);
      await sign('the recovery key', 'recovery/recovery.key.pem', 'b');
      const done = await publish('a', 'b');
      assert.equal(done.code, 0, done.err);
      await until('the devices have them', () => held('pump-1') === 2 && held('pacemaker-1') === 2);
      const again = await publish('a', 'b');
      assert.match(again.err, /not the next version|not signed/u);
      const doctor = await ward.signIn('dr-b');
      const pump = ward.device('pump-1');
      assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
    });

    it('names what it cannot do, in one line', async () => {
      for (const [args, says] of [
        [
          ['draft', '--config', file, '--out', at('other'), '--drop-grant-key', 'ab'],
          /there is no ab to drop/u,
        ],
        [['draft', '--config', file, '--out', at('draft')], /EEXIST/u],
        [['sign', '--draft', at('draft')], /--present is missing/u],
        [['draft', '--config', file, '--out', at('o'), '--primed-checks', 'maybe'], /is yes or no/u],
        [['nonsense'], /there is no "nonsense"/u],
      ] as const) {
        const { code, err } = await tool(...args);
        assert.equal(code, 2);
        assert.match(err, says);
        assert.equal(err.trim().split('\n').length, 1);
      }
      assert.match((await tool('--help')).out, /two people/u);
    });
  });

  describe('gone or lying', () => {
    it('may be away: the gateway goes on with what it has; killed at any moment, it goes on where it was', async () => {
      const { version } = await listed();
      process.kill(child.pid ?? 0, 'SIGKILL');
      await child.stop();
      const doctor = await ward.signIn('dr-b');
      const pump = ward.device('pump-1');
      assert.equal((await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind, 'done');
      await until('it is said', () => ward.program.some((line) => line.includes('authority')));
      assert.equal((await admin('revoke', '--serial', '2')).code, 0);
      await child.restart();
      assert.equal((await listed()).version, version + 1);
      await until('the session has ended', () => {
        try {
          ward.desk.signIn.live(doctor.session);
          return false;
        } catch {
          return true;
        }
      });
    });

    it('is believed only by its signature: a list of somebody else, or an older one, is left aside', async () => {
    const file = at('authority/published/status.bin');
    const good = readFileSync(file);
    await child.stop();
    // Whoever has the authority's TLS key, and not its signing key.
    const forged = { version: 99, issued: Math.floor(Date.now() / 1000), revoked: [] };
    const impostor = signerFromPem(testPem('an impostor'));
    const held = readFileSync(at('keys/public/status.bin'));
    writeFileSync(file, await issueStatus(forged, impostor));
    const { published } = await import('../../clients/authority/tree.ts');
    const { Published } = await import('../../server/fleet/published.ts');
    const anchors = readAnchors(nodeCrypto, new Uint8Array(readFileSync(at('keys/public/anchors.bin'))));
    const pulled = (): Promise<readonly string[]> =>
      new Published({
        url: '',
        folder: at('keys/public'),
        crypto: nodeCrypto,
        anchors: () => anchors,
        fetch: async (path) => new Uint8Array(Buffer.from(published(at('authority/published'), path.replace('/published/', '')).body)),
      }).pull();
    assert.match((await pulled()).join(), /status\.bin: /u);
    const signer = signerFromPem(readFileSync(at('keys/authority/authority.key.pem'), 'utf8'));
    writeFileSync(file, await issueStatus({ ...forged, version: 1 }, signer));
    assert.match((await pulled()).join(), /not newer/u);
    assert.deepEqual(readFileSync(at('keys/public/status.bin')), held);
    writeFileSync(file, good);
    // Anchors that one key alone has signed, as whoever has the authority's key alone would make them.
    const anchorsBefore = readFileSync(at('keys/public/anchors.bin'));
    const step = { ...anchors, version: anchors.version + 1, credentialAge: 1 };
    const path = at(`authority/published/anchors/${step.version}.bin`);
    mkdirSync(at('authority/published/anchors'), { recursive: true });
    writeFileSync(path, await issueAnchors(step, signer, impostor));
    assert.match((await pulled()).join(), /anchors: E_ANCHORS/u);
    assert.deepEqual(readFileSync(at('keys/public/anchors.bin')), anchorsBefore);
    rmSync(path);
    assert.deepEqual(await pulled(), []);
  }); // prettier-ignore
  });
});
