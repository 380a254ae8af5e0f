import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DEVICE_FILE } from '../../certs/devices.ts';
import { makeKeys } from '../../certs/make.ts';
import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import {
  type Anchors,
  issueAnchors,
  openAnchors,
  openNextAnchors,
  readAnchors,
} from '../../server/protocol/anchors.ts';
import { verifyApproval } from '../../server/protocol/approval.ts';
import { patientTag } from '../../server/protocol/attestation.ts';
import { hex, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  checkDistinct,
  checkInForce,
  checkRole,
  MARK,
  openCredential,
  openStatus,
  readCredential,
  ROLE,
} from '../../server/protocol/credential.ts';
import { LOG_KEY, parseVkey, WITNESS_KEY } from '../../server/protocol/log/note.ts';
import { openProfile } from '../../server/protocol/profile.ts';

const NOW = 1_790_000_000;
const { sha256 } = nodeCrypto;
const root = mkdtempSync(join(tmpdir(), 'cs-trust-'));
const keys = join(root, 'plain');
const demo = join(root, 'demo');
const ports = { hostA: 8081, hostB: 8082, clinicians: 8080 };
const pem = (path: string): string => readFileSync(join(keys, path), 'utf8');
const bytes = (path: string, folder = keys): Uint8Array => new Uint8Array(readFileSync(join(folder, path)));
const json = (path: string): unknown => JSON.parse(pem(path));
const PEOPLE = {
  'dr-a': { roles: ROLE.clinician | ROLE.emergency, host: 0 },
  'dr-b': { roles: ROLE.clinician | ROLE.second, host: 1 },
  operator: { roles: ROLE.operator, host: 0 },
  auditor: { roles: ROLE.auditor, host: 1 },
};

describe('what development keys make people and devices believe', () => {
  let anchors: Anchors;
  before(async () => {
    await makeKeys({ folder: keys, ports, now: NOW });
    await makeKeys({ folder: demo, ports, now: NOW, demo: true });
    anchors = readAnchors(nodeCrypto, bytes('public/anchors.bin'));
  });
  after(() => rmSync(root, { recursive: true }));

  it('the anchors are signed by authority and recovery, and name every key by its holder', async () => {
    const [authority, recovery] = [pem('authority/authority.key.pem'), pem('recovery/recovery.key.pem')];
    const trusted = { authorities: [publicKeyFromPem(authority)], recovery: publicKeyFromPem(recovery) };
    const opened = await openAnchors(nodeCrypto, bytes('public/anchors.bin'), trusted);
    assert.deepEqual(opened, anchors);
    assert.deepEqual([opened.version, opened.development, opened.credentialAge], [1, true, 86_400]);
    assert.deepEqual(opened.origins, [
      { origin: 'http://sign-a.localhost:8081', rpId: 'sign-a.localhost' },
      { origin: 'http://sign-b.localhost:8082', rpId: 'sign-b.localhost' },
    ]);
    assert.deepEqual(opened.grantKeys, [publicKeyFromPem(pem('gateway/grant.key.pem'))]);
    assert.deepEqual(opened.profileMaker, publicKeyFromPem(pem('maker/profile.key.pem')));
    const next = { ...opened, version: 2 };
    const signed = await issueAnchors(next, signerFromPem(authority), signerFromPem(recovery));
    assert.deepEqual(await openNextAnchors(nodeCrypto, signed, opened), next);
  });

  it('log and witness are known by keys of the right type, under the names in the anchors', () => {
    const log = parseVkey(sha256, anchors.log.vkey);
    assert.equal(log.type, LOG_KEY);
    assert.equal(log.name, anchors.log.origin);
    assert.deepEqual(log.key, publicKeyFromPem(pem('gateway/log.key.pem')));
    const [vkey = ''] = anchors.witnesses.vkeys;
    const witness = parseVkey(sha256, vkey);
    assert.equal(witness.type, WITNESS_KEY);
    assert.deepEqual(witness.key, publicKeyFromPem(pem('witness-1/cosign.key.pem')));
    assert.deepEqual([pem('public/log.vkey'), pem('public/witness-1.vkey')], [
      `${anchors.log.vkey}\n`, `${vkey}\n`]); // prettier-ignore
    assert.notEqual(
      readAnchors(nodeCrypto, bytes('public/anchors.bin', demo)).log.origin,
      anchors.log.origin,
    );
  });

  it('everybody has a certified passkey that signs on its own page', async () => {
    for (const [name, { roles, host }] of Object.entries(PEOPLE)) {
      const said = await openCredential(
        nodeCrypto,
        bytes(`public/credentials/${name}.bin`),
        anchors.authorities,
      );
      const site = anchors.origins[host];
      assert.ok(site);
      assert.equal(said.roles, roles, name);
      assert.equal(said.marks, MARK.software);
      assert.equal(said.backupEligible, false);
      assert.deepEqual(said.rpIdHash, sha256(utf8(site.rpId)));
      checkInForce(said, NOW);
      checkRole(said, roles);
      const passkey = softwarePasskey({ key: pem(`clinicians/${name}/passkey.key.pem`), ...site });
      const challenge = sha256(utf8(name));
      await verifyApproval(nodeCrypto, await passkey.approve(challenge), said.key, challenge, site, true);
    }
  });

  it('the two doctors count as two people without the marks of a demonstration', async () => {
    const open = (name: string, folder = keys) =>
      openCredential(nodeCrypto, bytes(`public/credentials/${name}.bin`, folder), [
        ...anchors.authorities,
        ...readAnchors(nodeCrypto, bytes('public/anchors.bin', demo)).authorities,
      ]);
    const [a, b] = [await open('dr-a'), await open('dr-b')];
    checkDistinct(a, b);
    assert.throws(() => checkDistinct({ ...a, rpIdHash: b.rpIdHash }, b));
    assert.equal((await open('dr-a', demo)).marks, MARK.software | MARK.demo);
  });

  it('no two credentials share a number, of people or of links: to revoke one ends no other', () => {
    const files = ['credentials', 'links'].flatMap((kind) =>
      readdirSync(join(keys, 'public', kind)).map((name) => `public/${kind}/${name}`),
    );
    const numbers = files.map((file) => readCredential(nodeCrypto, bytes(file)).said.serial);
    assert.deepEqual(numbers.toSorted((a, b) => a - b), [1, 2, 3, 4, 5, 6]); // prettier-ignore
  });

  it('nobody is revoked yet', async () => {
    const list = await openStatus(nodeCrypto, bytes('public/status.bin'), anchors.authorities);
    assert.deepEqual(list, { version: 1, issued: NOW, revoked: [] });
  });

  it('each device is listed with its own keys, its signed profile, and a patient it knows by tag', async () => {
    const entry = DEVICE_FILE.omit({ profile: true }).extend({
      profile: z.string(),
      identity: z.string(),
      tlsFingerprint: z.string(),
    });
    const patients = z
      .array(z.strictObject({ mrn: z.string(), birthYear: z.int(), name: z.string(), device: z.string() }))
      .parse(json('ward/patients.json'));
    const listed = z.array(entry).parse(json('public/devices.json'));
    assert.deepEqual(listed.map(({ name }) => name), ['pacemaker-1', 'pump-1']); // prettier-ignore
    for (const device of listed) {
      const own = DEVICE_FILE.parse(json(`devices/${device.name}/device.json`));
      assert.deepEqual([own.id, own.serial], [device.id, `SIM-${device.id}`]);
      const identity = parseCoseKey(sha256, unhex(device.identity), 'identity');
      assert.deepEqual(identity, publicKeyFromPem(pem(`devices/${device.name}/identity.key.pem`)));
      const tls = new X509Certificate(pem(`devices/${device.name}/tls.cert.pem`));
      assert.equal(hex(sha256(new Uint8Array(tls.raw))), device.tlsFingerprint);
      assert.ok(tls.subject.split('\n').includes(`CN=${device.id}`));
      assert.ok(tls.subject.split('\n').includes(`serialNumber=${device.serial}`));
      assert.equal(tls.subjectAltName, `URI:urn:countersign:device:${device.id}`);
      const { profile } = await openProfile(nodeCrypto, bytes(`public/${device.profile}`), [
        anchors.profileMaker,
      ]);
      assert.equal(profile.model, device.model);
      const patient = patients.find((one) => one.device === device.name);
      assert.ok(patient);
      const { salt, tag } = device.patient;
      assert.equal(hex(patientTag(sha256, unhex(salt), patient.mrn, patient.birthYear)), tag);
    }
    assert.deepEqual(listed.map(({ transport }) => transport), ['nfc', 'websocket']); // prettier-ignore
  });

  it('the list of keys names each by its file, without anything private', () => {
    const list = z
      .record(z.string(), z.strictObject({ kid: z.string(), coseKey: z.string() }))
      .parse(json('public/keys.json'));
    assert.equal(Object.keys(list).length, 12);
    for (const [name, { kid, coseKey }] of Object.entries(list)) {
      const key = publicKeyFromPem(pem(`${name}.key.pem`));
      assert.equal(kid, hex(key.kid));
      assert.deepEqual(parseCoseKey(sha256, unhex(coseKey), name), key);
    }
  });
});
