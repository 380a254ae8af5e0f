import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { issueAuthority, issueLeaf, type Leaf } from '../../certs/x509.ts';
import { checkMachine } from '../../clients/cli/doctor-machine.ts';
import { findPlace, type Place } from '../../clients/cli/doctor-place.ts';
import { checkOrigins, checkStatus } from '../../clients/cli/doctor-trust.ts';
import { examine, exitOf } from '../../clients/cli/doctor.ts';
import type { Machine } from '../../clients/cli/doctor-machine.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type Anchors, readAnchors } from '../../server/protocol/anchors.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const CLI = fileURLToPath(new URL('../../clients/cli/main.ts', import.meta.url));
const HOUR = 3_600_000;
const machine = (other: Partial<Machine> = {}): Machine => ({
  node: '24.15.0',
  now: Date.now(),
  clockKept: true,
  pcscd: 'pcsc-lite version 1.9.9',
  free: () => 50 * 1024 ** 3,
  ...other,
});

/** Asynchronously: the witness of this ward lives in this process. */
const countersign = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });

describe('countersign doctor', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let file: string;
  const at = (...parts: string[]): string => join(ward.folder, ...parts);
  const place = (): Place => findPlace({ dir: '', config: file });
  /** Faults and warnings, each as one line. */
  const complaints = async (other: Partial<Machine> = {}, where: Place = place()): Promise<string[]> =>
    (await examine(where, machine(other)))
      .filter(({ state }) => state !== 'ok')
      .map(({ name, state, says, mend }) => `${state} ${name}: ${says} > ${mend ?? ''}`)
      .filter((line) => !line.includes('marked for development'));
  const keeping = async (path: string, work: () => Promise<void>): Promise<void> => {
    const before = readFileSync(path);
    try {
      await work();
    } finally {
      writeFileSync(path, before);
    }
  };
  const expectFault = (lines: readonly string[], expected: RegExp): void =>
    assert.ok(
      lines.some((line) => line.startsWith('fault') && expected.test(line)),
      `${expected} in\n${lines.join('\n')}`,
    );

  before(async () => {
    ward = await openWard();
    file = at('gateway.json');
    const { weaknesses: _weaknesses, ...config } = ward.config;
    const issuer = { ...config.issuer, url: 'https://id.example', audience: 'https://gate.example/v1' };
    writeFileSync(file, JSON.stringify({ ...config, issuer }));
  });
  after(() => ward.end());

  it('finds nothing wrong beside a gateway that runs, and says so in one page and as JSON', async () => {
    // This hospital has a file of devices and no authority: its gateway is sound, and its tablets have nothing to show.
    const [devices, ...more] = await complaints();
    assert.match(devices ?? '', /^warning devices: .* nobody signed, so no tablet shows them/u);
    assert.deepEqual(more, []);
    const run = await countersign('doctor', '--config', file, '--json');
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, /"code":0/u);
    assert.match((await countersign('doctor', '--help')).stdout, /Exit codes: 0/u);
  });

  it('never prints a key', async () => {
    const said = JSON.stringify(await examine(place(), machine()));
    const secret = readFileSync(at('keys/gateway/tls.key.pem'), 'utf8').split('\n')[1] ?? '';
    assert.ok(secret.length > 20 && !said.includes(secret));
  });

  it('says with 2 that there is no ward, and how to get one', async () => {
    const run = await countersign('doctor', '--dir', at('nowhere'));
    assert.equal(run.status, 2);
    assert.match(run.stderr, /no ward in .*npm start makes one/u);
  });

  it('finds an old Node, a full disk and a clock that nobody keeps', async () => {
    const lines = await complaints({ node: '22.1.0', free: () => 1024, clockKept: false });
    expectFault(lines, /Node: 22\.1\.0 is too old > install Node 24\.15/u);
    expectFault(lines, /disk: 0 MiB are free/u);
    assert.ok(lines.some((line) => line.startsWith('warning time service')));
  });

  it('finds keys and folders that others may open', async () => {
    const key = at('keys/gateway/log.key.pem');
    chmodSync(key, 0o644);
    expectFault(await complaints(), /others may open .*log\.key\.pem \(644\) > chmod 600/u);
    chmodSync(key, 0o600);
    chmodSync(ward.config.folder, 0o755);
    expectFault(await complaints(), /others may open .* > chmod 700/u);
    chmodSync(ward.config.folder, 0o700);
  });

  it('finds certificates that expired, have another name, another key, or the wrong authority', async () => {
    const own = at('keys/gateway/tls.cert.pem');
    const now = Math.floor(Date.now() / 1000);
    const leaf: Leaf = {
      commonName: 'gate', use: 'server', dns: ['gate.localhost'], notBefore: now - 7_200, notAfter: now + 40 * 86_400,
    }; // prettier-ignore
    const pem = (path: string): string => readFileSync(at('keys', path), 'utf8');
    const service = { certificate: pem('public/ca/service-ca.cert.pem'), key: pem('service-ca/ca.key.pem') };
    const device = { certificate: pem('public/ca/device-ca.cert.pem'), key: pem('device-ca/ca.key.pem') };
    const key = pem('gateway/tls.key.pem');
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    });
    const cases = [
      [await issueLeaf(key, { ...leaf, notAfter: now - 3_600 }, service), /tls: has expired/u],
      [
        await issueLeaf(key, { ...leaf, dns: ['other.localhost'] }, service),
        /tls: does not name gate\.localhost/u,
      ],
      [await issueLeaf(key, leaf, device), /tls: was issued by the device authority/u],
      [await issueLeaf(String(other), leaf, service), /tls: belongs to another key/u],
    ] as const;
    await keeping(own, async () => {
      for (const [certificate, expected] of cases) {
        writeFileSync(own, certificate);
        expectFault(await complaints(), expected);
      }
    });
    const ca = at('keys/public/ca/service-ca.cert.pem');
    await keeping(ca, async () => {
      copyFileSync(at('keys/public/ca/device-ca.cert.pem'), ca);
      expectFault(await complaints(), /devices and services have one authority/u);
      writeFileSync(
        ca,
        await issueAuthority(pem('service-ca/ca.key.pem'), {
          commonName: 'Old',
          notBefore: now - 9_000,
          notAfter: now - 3_600,
        }),
      );
      expectFault(await complaints(), /service authority: has expired/u);
    });
  });

  it('finds a revocation list of certificates that ran out', async () => {
    const crl = at('keys/public/ca/device-ca.crl');
    const time = (text: string): Buffer => Buffer.concat([Buffer.from([0x17, 13]), Buffer.from(text)]);
    writeFileSync(
      crl,
      Buffer.concat([Buffer.from([0x30, 30]), time('250101000000Z'), time('250108000000Z')]),
    );
    expectFault(await complaints(), /device-ca\.crl: ran out on 2025-01-08/u);
    writeFileSync(crl, 'nothing');
    expectFault(await complaints(), /is no revocation list/u);
    rmSync(crl);
  });

  it('finds an rpId that is an address, one above the gateway, a page of another name, and plain http', () => {
    const anchors = readAnchors(nodeCrypto, new Uint8Array(readFileSync(at('keys/public/anchors.bin'))));
    const judged = (origin: string, rpId: string, development = false): string => {
      const changed: Anchors = { ...anchors, development, origins: [{ origin, rpId }] };
      return checkOrigins(place(), changed)
        .map(({ state, says }) => `${state} ${says}`)
        .join();
    };
    assert.match(judged('https://10.0.0.5', '10.0.0.5'), /^fault .*is an IP address/u);
    assert.match(judged('https://a.example', '10.0.0.5'), /is an IP address/u);
    assert.match(judged('https://sign.localhost', 'localhost'), /^fault the gateway .* stands at or below/u);
    assert.match(judged('https://a.example', 'b.example'), /^fault .*is no page of/u);
    assert.match(judged('http://a.example', 'a.example'), /^fault .*is not https/u);
    assert.match(judged('http://a.localhost', 'a.localhost', true), /^ok/u);
    const plain = { ...place(), config: { ...place().config, origins: ['http://tablet.example'] } };
    assert.ok(checkOrigins(plain, { ...anchors, development: false }).some(({ name }) => name === 'origins'));
  });

  it('finds anchors and revocation lists that do not hold, and lists that are old', async () => {
    const anchors = at('keys/public/anchors.bin');
    await keeping(anchors, async () => {
      const bytes = readFileSync(anchors);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(anchors, bytes);
      expectFault(await complaints(), /anchors: .* does not hold/u);
    });
    const list = at('keys/public/status.bin');
    await keeping(list, async () => {
      writeFileSync(list, 'x');
      expectFault(await complaints(), /status\.bin does not hold/u);
    });
    const said = readAnchors(nodeCrypto, new Uint8Array(readFileSync(anchors)));
    const state = async (hours: number, development: boolean): Promise<string> =>
      (await checkStatus(place(), { ...said, development }, Date.now() + hours * HOUR)).state;
    assert.deepEqual(
      [
        await state(1, false),
        await state(48, false),
        await state(200, false),
        await state(200, true),
        await state(-2, true),
      ],
      ['ok', 'warning', 'fault', 'warning', 'fault'],
    );
  });

  it('finds a clock that is off, a witness that is away, and one that the anchors do not name', async () => {
    for (const [off, where] of [
      [40_000, 'ahead of'],
      [-40_000, 'behind'],
    ] as const) {
      const began = Date.now();
      const lines = await complaints({ now: began + off });
      // The witness says its time when it answers: by then the one we gave it is as old as that took.
      const took = Math.ceil((Date.now() - began) / 1_000) + 1;
      const said = Number(
        new RegExp(`fault .*clock: this host is (\\d+) s ${where}`, 'u').exec(lines.join('\n'))?.[1],
      );
      assert.ok(Math.abs(said - 40) <= took, `${said} s ${where}, after ${took} s: ${lines.join('\n')}`);
    }
    await ward.stopWitness();
    expectFault(await complaints(), /witness-1: does not answer/u);
    await ward.startWitness();
    const { config } = place();
    const stranger = {
      ...place(),
      config: { ...config, witnesses: config.witnesses.map((one) => ({ ...one, vkey: 'x+00000000+AA' })) },
    };
    expectFault(await complaints({}, stranger), /quorum: 0 of the 1 witnesses/u);
  });

  it('finds a missing and an old PC/SC service, and a socket that nobody serves', async () => {
    const station = { ...place(), pcscSocket: at('no.comm') };
    expectFault(await complaints({}, station), /no\.comm is missing > start pcscd/u);
    expectFault(
      await complaints({ pcscd: undefined }, station),
      /pcscd is not installed > install it: apt-get/u,
    );
    expectFault(await complaints({ pcscd: 'pcsc-lite version 1.8.2' }, station), /pcscd 1\.8 is too old/u);
    writeFileSync(at('dead.comm'), '');
    expectFault(await complaints({}, { ...place(), pcscSocket: at('dead.comm') }), /nobody answers/u);
  });

  it('finds a busy port and a lock that is left from a dead ward', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const base = place();
    const stale = {
      ...base,
      ward: ward.folder,
      lock: 'stale' as const,
      config: { ...base.config, ports: { devices: port, clinicians: port } },
    };
    const lines = (await checkMachine(stale, machine())).map(({ state, name }) => `${state} ${name}`);
    assert.ok(lines.includes('fault port devices') && lines.includes('warning lock'), lines.join());
    await new Promise((resolve) => server.close(resolve));
  });

  it('finds settings that do not exist, and keys that the anchors do not name', async () => {
    await keeping(file, async () => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('"listen"', '"lisden"'));
      expectFault(await complaints(), /configuration: lisden: no such setting/u);
    });
    const grant = at('keys/gateway/grant.key.pem');
    await keeping(grant, async () => {
      copyFileSync(at('keys/gateway/tls.key.pem'), grant);
      expectFault(await complaints(), /no device trusts this key/u);
    });
    const policy = at('hospital/policy.json');
    await keeping(policy, async () => {
      writeFileSync(policy, readFileSync(policy, 'utf8').replace('"unit": "mL/h", ', ''));
      expectFault(await complaints(), /the policy.*limits\.0\.unit/su);
    });
  });

  it('finds entries that were lost, a newer schema and a damaged database', async () => {
    await ward.stopGateway();
    const database = at('gateway/countersign.db');
    const change = async (sql: string, expected: RegExp): Promise<void> =>
      keeping(database, async () => {
        const db = new DatabaseSync(database);
        db.exec(sql);
        db.close();
        expectFault(await complaints(), expected);
      });
    await change(
      'DELETE FROM log_entry WHERE idx = (SELECT max(idx) FROM log_entry)',
      /log: \d+ entries, and its checkpoint is about/u,
    );
    await change('PRAGMA user_version = 99', /schema: 99 is newer than this program/u);
    await change("UPDATE log_head SET note = replace(note, '—', '-')", /its checkpoint does not hold/u);
    await keeping(database, async () => {
      writeFileSync(database, Buffer.alloc(8_192, 'x'));
      expectFault(await complaints(), /database: cannot be read/u);
    });
    rmSync(database);
    expectFault(
      await complaints(),
      /witness-1: has seen \d+ entries, and there are 0 here: entries were lost/u,
    );
  });

  it('answers 1 for a fault, else 2 for what it could not check, else 0', () => {
    const one = { group: '', name: '', says: '' };
    assert.equal(
      exitOf([
        { ...one, state: 'unchecked' },
        { ...one, state: 'fault' },
      ]),
      1,
    );
    assert.equal(exitOf([{ ...one, state: 'unchecked' }]), 2);
    assert.equal(exitOf([{ ...one, state: 'warning' }]), 0);
  });
});
