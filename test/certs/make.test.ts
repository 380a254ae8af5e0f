import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeysFault } from '../../certs/key-folder.ts';
import { makeKeys } from '../../certs/make.ts';

const NOW = 1_790_000_000;
const OPTIONS = { ports: { hostA: 8081, hostB: 8082 }, now: NOW };
let folder = '';
const at = (...parts: string[]): string => join(folder, ...parts);
const files = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(at(path)).isFile())
    .toSorted();
const contents = (): Map<string, string> =>
  new Map(files().map((path) => [path, readFileSync(at(path)).toString('base64')]));
const mode = (path: string): number => statSync(at(path)).mode & 0o777;
const faults = async (more = {}): Promise<string> => {
  const error: unknown = await makeKeys({ folder, ...OPTIONS, ...more }).catch((e: unknown) => e);
  assert.ok(error instanceof KeysFault, 'expected KeysFault');
  return error.faults.join('\n');
};

describe('development keys', () => {
  beforeEach(async () => {
    folder = join(mkdtempSync(join(tmpdir(), 'cs-keys-')), 'keys');
    const { created, kept } = await makeKeys({ folder, ...OPTIONS });
    assert.deepEqual(created.toSorted(), files());
    assert.deepEqual(kept, []);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  it('give every party its own folder, and nobody the key of another', () => {
    const keys = files().filter((path) => path.endsWith('.key.pem'));
    const raw = keys.map((path) => {
      const key = createPublicKey(createPrivateKey(readFileSync(at(path))));
      return key.export({ format: 'der', type: 'spki' }).toString('hex');
    });
    assert.equal(new Set(raw).size, keys.length);
    assert.equal(keys.length, 35);
    for (const party of [
      'authority',
      'recovery',
      'maker',
      'gateway',
      'witness-1',
      'station-1',
      'device-ca',
      'service-ca',
      'devices/pump-1',
      'devices/pacemaker-1',
      'clinicians/dr-a',
      'clinicians/dr-b',
      'clinicians/operator',
      'clinicians/auditor',
      'issuer',
      'tablets/tablet-dr-a',
      'tablets/tablet-dr-b',
      'tablets/tablet-operator',
      'tablets/tablet-auditor',
    ]) {
      // prettier-ignore
      assert.ok(
        keys.some((path) => path.startsWith(`${party}/`)),
        party,
      );
    }
    assert.ok(!keys.some((path) => path.startsWith('public/') || path.startsWith('ward/')));
  });

  it('are readable by their owner only, and nothing public holds a secret', () => {
    assert.equal(mode(''), 0o700);
    for (const path of files()) {
      const isPublic = path.startsWith('public/');
      assert.equal(mode(path), isPublic ? 0o644 : 0o600, path);
      assert.equal(mode(path.slice(0, path.lastIndexOf('/'))), isPublic ? 0o755 : 0o700, path);
      if (isPublic) assert.ok(!readFileSync(at(path), 'utf8').includes('PRIVATE'), path);
    }
  });

  it('are never replaced: a second run keeps every byte', async () => {
    const before = contents();
    const { created, kept } = await makeKeys({ folder, ...OPTIONS, now: NOW + 1000 });
    assert.deepEqual(created, []);
    assert.deepEqual(kept.toSorted(), [...before.keys()]);
    assert.deepEqual(contents(), before);
  });

  it('are completed when a run broke off', async () => {
    // What a run leaves behind that stopped in its middle: keys first, what follows from them later.
    const late = files().filter((path) =>
      /^devices\/pump-1|^public\/(anchors|devices|keys)|dr-b/u.test(path),
    );
    for (const path of late) rmSync(at(path));
    const before = contents();
    const { created } = await makeKeys({ folder, ...OPTIONS });
    assert.deepEqual(created.toSorted(), late);
    for (const [path, content] of before) assert.equal(contents().get(path), content, path);
  });

  it('are not made anew beneath what was made from them; nothing is written then', async () => {
    rmSync(at('gateway/tls.key.pem'));
    rmSync(at('device-ca/ca.key.pem'));
    const before = contents();
    const said = await faults();
    assert.match(said, /gateway\/tls\.cert\.pem was made from gateway\/tls\.key\.pem, which is missing/u);
    assert.match(said, /public\/ca\/device-ca\.cert\.pem was made from/u);
    assert.deepEqual(contents(), before);
    rmSync(at('gateway/tls.cert.pem'));
    assert.doesNotMatch(await faults(), /gateway\/tls/u);
  });

  it('are closed again when somebody opened them to others', async () => {
    chmodSync(at('authority/authority.key.pem'), 0o644);
    chmodSync(at('authority'), 0o755);
    await makeKeys({ folder, ...OPTIONS });
    assert.equal(mode('authority/authority.key.pem'), 0o600);
    assert.equal(mode('authority'), 0o700);
  });

  it('grow by devices, and keep them when nobody asks for them again', async () => {
    const before = contents();
    const pump2 = { name: 'pump-2', profile: 'pump' } as const;
    const { created } = await makeKeys({ folder, ...OPTIONS, devices: [pump2] });
    assert.ok(
      created.every((path) => /pump-2|patients|devices\.json/u.test(path)),
      created.join(),
    );
    for (const [path, content] of before) {
      if (!/patients|devices\.json/u.test(path)) assert.equal(contents().get(path), content, path);
    }
    assert.deepEqual((await makeKeys({ folder, ...OPTIONS })).created, []);
    const list = JSON.parse(readFileSync(at('public/devices.json'), 'utf8')) as { name: string }[];
    assert.deepEqual(list.map(({ name }) => name), ['pacemaker-1', 'pump-1', 'pump-2']); // prettier-ignore
    assert.match(await faults({ devices: [{ name: 'pump-2', profile: 'pacemaker' }] }), /pump-2 is a pump/u);
    assert.match(await faults({ devices: [{ name: '../x', profile: 'pump' }] }), /a device is named like/u);
  });

  it('are refused when they are not what is asked for', async () => {
    assert.match(await faults({ ports: { hostA: 9001, hostB: 8082 } }), /names .*8081.*9001/u);
    assert.match(await faults({ demo: true }), /dr-a\.bin was made without --demo/u);
    const later = await faults({ now: NOW + 2 * 365 * 86_400 });
    assert.match(later, /gateway\/tls\.cert\.pem is no longer valid/u);
    assert.match(later, /dr-a\.bin is no longer valid/u);
    writeFileSync(at('ward/patients.json'), '[]');
    assert.match(await faults(), /no longer has the patient of pump-1/u);
  });

  it('have certificate chains that openssl accepts, each for its own use', function () {
    if (spawnSync('openssl', ['version']).status !== 0) {
      console.log('skipped: no openssl');
      this.skip();
    }
    const verify = (ca: string, leaf: string, ...more: string[]): void => {
      const time = ['-attime', String(NOW), '-x509_strict'];
      const args = ['verify', ...time, '-CAfile', at(`public/ca/${ca}.cert.pem`), ...more, at(leaf)];
      execFileSync('openssl', args, { stdio: 'pipe' });
    };
    verify(
      'service-ca',
      'gateway/tls.cert.pem',
      '-purpose',
      'sslserver',
      '-verify_hostname',
      'gate.localhost',
    );
    verify('service-ca', 'gateway/tls.cert.pem', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1');
    verify('service-ca', 'witness-1/tls.cert.pem', '-purpose', 'sslserver', '-verify_hostname', 'localhost');
    verify('service-ca', 'gateway/witness-client.cert.pem', '-purpose', 'sslclient');
    verify('service-ca', 'station-1/tls.cert.pem', '-purpose', 'sslclient');
    verify('device-ca', 'devices/pump-1/tls.cert.pem', '-purpose', 'sslclient');
    verify('maker-identity-ca', 'devices/pump-1/identity.cert.pem');
    assert.throws(() => verify('device-ca', 'devices/pump-1/tls.cert.pem', '-purpose', 'sslserver'));
    assert.throws(() => verify('device-ca', 'station-1/tls.cert.pem'));
    assert.throws(() => verify('service-ca', 'devices/pump-1/tls.cert.pem'));
  });

  it('have certificates for the keys they stand beside', () => {
    for (const path of files().filter((one) => one.endsWith('.cert.pem') && !one.startsWith('public/'))) {
      const key = createPrivateKey(readFileSync(at(path.replace('.cert.', '.key.'))));
      assert.ok(new X509Certificate(readFileSync(at(path))).checkPrivateKey(key), path);
    }
  });

  it('are made by the command, which shows paths and no secret', () => {
    const script = fileURLToPath(new URL('../../certs/make.ts', import.meta.url));
    const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    const { status, stdout } = run('--folder', at('other'), '--demo');
    assert.equal(status, 0);
    assert.match(stdout, /made authority\/authority\.key\.pem/u);
    assert.doesNotMatch(stdout, /BEGIN|[A-Za-z0-9+/]{44}/u);
    const wrong = run('--folder', at('other'));
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /made with --demo/u);
    assert.equal(run().status, 1);
  });
});
