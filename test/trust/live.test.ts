import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { issueLeaf } from '../../certs/x509.ts';
import { type Anchors, issueAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { verifyEvidence } from '../../server/protocol/verify.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueCredential, issueStatus, readCredential } from '../../server/protocol/credential.ts';
import { encodeVkey, LOG_KEY } from '../../server/protocol/log/note.ts';
import { nudge, until } from '../ceremony/world.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const freshKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();

describe('keys that are replaced while the gateway runs', function () {
  this.timeout(60_000);
  let ward: TestWard;
  before(async () => {
    ward = await openWard();
  });
  after(() => ward.end());

  const key = (path: string): string => join(ward.folder, 'keys', path);
  const pem = (path: string): Promise<string> => readFile(key(path), 'utf8');
  const held = (name: 'pump-1' | 'pacemaker-1'): number =>
    readAnchors(nodeCrypto, ward.device(name).device.state.anchors).version;
  const present = async (): Promise<Uint8Array> => new Uint8Array(await readFile(key('public/anchors.bin')));

  async function publish(change: (anchors: Anchors) => Partial<Anchors>, recovery?: string): Promise<void> {
    const bytes = await present();
    const before = readAnchors(nodeCrypto, bytes);
    const next = { ...before, version: before.version + 1, ...change(before) };
    const authority = signerFromPem(await pem('authority/authority.key.pem'));
    const second = signerFromPem(recovery ?? (await pem('recovery/recovery.key.pem')));
    const signed = await issueAnchors(next, authority, second);
    await mkdir(key('public/anchors'), { recursive: true });
    await writeFile(key(`public/anchors/${before.version}.bin`), bytes);
    await writeFile(key(`public/anchors/${next.version}.bin`), signed);
    await writeFile(key('public/anchors.bin'), signed);
  }
  const change = async (): Promise<string> => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    return (await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind;
  };
  /** Commands one after another for as long as `meanwhile` takes; how each of them ended. */
  const underLoad = async (meanwhile: () => Promise<void>): Promise<readonly string[]> => {
    const ended: string[] = [];
    const over = new AbortController();
    const load = (async () => {
      // A device takes so many changes an hour: fast enough that some meet the moment itself.
      while (!over.signal.aborted) {
        ended.push(await change());
        await setTimeout(200);
      }
    })();
    await Promise.all([load, meanwhile().finally(() => over.abort())]);
    return ended;
  };
  /** What `countersign verify` says of the evidence of a command that was made before. */
  const verdicts = async (): Promise<readonly string[]> => {
    const auditor = await ward.signIn('auditor');
    const said: string[] = [];
    for (const { hash } of ward.desk.commands(auditor.session, { limit: 100 })) {
      const report = await verifyEvidence(
        nodeCrypto,
        await ward.desk.evidence(auditor.session, hash),
        ward.roots,
      );
      said.push(
        `${report.verdict} ${report.checks.flatMap(({ verdict, says }) => (verdict === 'FAIL' ? [says] : [])).join()}`.trim(),
      );
    }
    return said;
  };
  const said = (words: string): boolean => ward.program.some((line) => line.includes(words));

  it('the grant key: first the devices know the new one, then the gateway uses it, then the old one goes', async () => {
    const fresh = freshKey();
    const old = await pem('gateway/grant.key.pem');
    // Not before the anchors name it: the gateway stays with the key that devices trust.
    await writeFile(key('gateway/grant.key.pem'), fresh);
    await until('it is said', () => said('no device trusts this key'));
    assert.equal(await change(), 'done');
    await publish(({ grantKeys }) => ({ grantKeys: [...grantKeys, publicKeyFromPem(fresh)] }));
    await until('told', () => held('pump-1') === 2 && held('pacemaker-1') === 2);
    await until('replaced', () => said('grant key replaced'));
    assert.equal(await change(), 'done');
    await publish(({ grantKeys }) => ({
      grantKeys: grantKeys.filter(({ kid }) => Buffer.compare(kid, publicKeyFromPem(old).kid) !== 0),
    }));
    await until('told', () => held('pump-1') === 3 && held('pacemaker-1') === 3);
    assert.equal(await change(), 'done', 'under load of nothing but the new key');
    const all = await verdicts();
    assert.deepEqual([...new Set(all)], ['VERIFIED'], 'what was done before is proven as it was');
    assert.equal(all.length, 3);
  });

  it('the log key: anchors name both, the log goes on under the new one, then the old one goes', async () => {
    const pair = generateKeyPairSync('ed25519')
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
    const { origin, vkey } = readAnchors(nodeCrypto, await present()).log;
    const next = encodeVkey(nodeCrypto.sha256, origin, LOG_KEY, publicKeyFromPem(pair).raw);
    await writeFile(key('gateway/log.key.pem'), pair);
    await until('it is said', () => said('log.key.pem: no device trusts this key'));
    assert.equal(await change(), 'done');
    await publish(() => ({ log: { origin, vkey, other: next } }));
    await ward.stopWitness(); // Its operator tells it the log's new key.
    await until('told', () => held('pump-1') === 4 && held('pacemaker-1') === 4);
    await until('replaced', () => said('log key replaced'));
    const both = await present();
    await publish(() => ({ log: { origin, vkey: next } }));
    await until('it is said', () => said('drops a key while credentials are still proven under it'));
    await writeFile(key('public/anchors.bin'), both);
    await rm(key('public/anchors/5.bin'));
    await ward.startWitness();
    assert.equal(await change(), 'done');
    const good = await present();
    await publish(() => ({ log: { origin, vkey } }));
    await until('it is said', () => said('drops the log key in use'));
    await writeFile(key('public/anchors.bin'), good);
    await rm(key('public/anchors/5.bin'));
    await publish(() => ({ log: { origin, vkey: next } }));
    await until('told', () => held('pump-1') === 5 && held('pacemaker-1') === 5);
    assert.equal(await change(), 'done');
    const { kid } = publicKeyFromPem(pair);
    const told = ward.entries().flatMap(({ type, detail }) => (type === 'anchors' ? [detail ?? ''] : []));
    assert.ok(told.includes(`signed with log key ${hex(kid)}`), told.join());
    assert.equal((await ward.walk()).fault, null);
    await ward.restartGateway();
    assert.equal(ward.gateway.log.health, 'ok');
    assert.equal(await change(), 'done', 'and after a start as well');
    assert.deepEqual([...new Set(await verdicts())], ['VERIFIED']);
  });

  it('the TLS key that witnesses are asked with: half a pair changes nothing', async () => {
    const next = freshKey();
    const now = Math.floor(Date.now() / 1000);
    const ca = {
      key: await pem('service-ca/ca.key.pem'),
      certificate: await pem('public/ca/service-ca.cert.pem'),
    };
    const leaf = { commonName: 'gateway', use: 'client', notBefore: now, notAfter: now + 86_400 } as const;
    const cert = await issueLeaf(next, leaf, ca);
    await writeFile(key('gateway/witness-client.key.pem'), next);
    await until('it is said', () =>
      ward.program.some((line) => line.includes('witnesses') && line.includes('mismatch')),
    );
    assert.equal(await change(), 'done');
    await writeFile(key('gateway/witness-client.cert.pem'), cert);
    await until('replaced', () => said('witnesses replaced'));
    assert.equal(await change(), 'done');
  });

  it('not by anchors that one key alone has signed: everything stays as it was', async () => {
    const good = await present();
    const { version } = readAnchors(nodeCrypto, good);
    await publish(() => ({ credentialAge: 1 }), freshKey());
    await until('it is said', () => said('E_ANCHORS'));
    assert.equal(held('pump-1'), version);
    assert.equal(await change(), 'done');
    await writeFile(key('public/anchors.bin'), good);
  });

  it('not by a whole history of somebody else, however well it is signed in itself', async () => {
    const good = await present();
    const before = readAnchors(nodeCrypto, good);
    const kept = await readFile(key(`public/anchors/${before.version}.bin`));
    const [one, two] = [signerFromPem(freshKey()), signerFromPem(freshKey())];
    const theirs = { ...before, authorities: [one.key], recovery: two.key };
    const next = await issueAnchors({ ...theirs, version: before.version + 1 }, one, two);
    await rm(key('public/anchors'), { recursive: true });
    await mkdir(key('public/anchors'));
    await writeFile(key(`public/anchors/${before.version}.bin`), await issueAnchors(theirs, one, two));
    await writeFile(key(`public/anchors/${before.version + 1}.bin`), next);
    await writeFile(key('public/anchors.bin'), next);
    await until('it is said', () => said('not signed by the authority'));
    assert.equal(held('pump-1'), before.version);
    assert.equal(await change(), 'done');
    await writeFile(key('public/anchors.bin'), good);
    await rm(key(`public/anchors/${before.version + 1}.bin`));
    await writeFile(key(`public/anchors/${before.version}.bin`), kept);
  });

  it('not by anchors under which a witness that is asked counts no more: they wait for a start', async () => {
    const good = await present();
    const { version } = readAnchors(nodeCrypto, good);
    await publish(({ witnesses }) => ({ witnesses: { ...witnesses, vkeys: ['w2.example+01020304+BAAA'] } }));
    await until('it is said', () => said('a witness that is asked'));
    assert.equal(held('pump-1'), version);
    await writeFile(key('public/anchors.bin'), good);
    await rm(key(`public/anchors/${version + 1}.bin`));
  });

  it('the authority’s own key: both count, whoever signs is certified anew, then the new one counts alone', async () => {
    const version = readAnchors(nodeCrypto, await present()).version;
    const fresh = freshKey();
    const next = signerFromPem(fresh);
    const ended = await underLoad(async () => {
      await publish(({ authorities }) => ({ authorities: [...authorities, next.key] }));
      await until('told', () => held('pump-1') === version + 1 && held('pacemaker-1') === version + 1);
    });
    assert.ok(ended.length > 0 && ended.every((kind) => kind === 'done'), ended.join());
    const certified = new Uint8Array(await readFile(key('public/credentials/dr-a.bin')));
    const { said: before } = readCredential(nodeCrypto, certified);
    const content = { ...before, coseKey: coseKey(before.key.alg, before.key.raw), serial: 8_001 };
    await writeFile(key('public/credentials/dr-a-2.bin'), await issueCredential(content, next));
    const issued = Math.floor(Date.now() / 1000);
    await writeFile(key('public/status.bin'), await issueStatus({ version: 50, issued, revoked: [] }, next));
    const announced = (): number => ward.entries().findIndex(({ number }) => number === 8_001);
    await until('announced, before witnesses', () => {
      const { cosigned } = ward.gateway.log.latest();
      return announced() >= 0 && (cosigned?.size ?? 0) > announced();
    });
    assert.equal(await change(), 'done');
    const later = await underLoad(async () => {
      await publish(() => ({ authorities: [next.key] }));
      await until('told', () => held('pump-1') === version + 2 && held('pacemaker-1') === version + 2);
      await writeFile(key('authority/authority.key.pem'), fresh);
    });
    assert.ok(later.length > 0 && later.every((kind) => kind === 'done'), later.join());
    assert.equal(await change(), 'done', 'under nothing but the new key');
  });

  it('the recovery key: the one before signs it in, and has no say after that', async () => {
    const before = readAnchors(nodeCrypto, await present()).version;
    const fresh = freshKey();
    const ended = await underLoad(async () => {
      await publish(() => ({ recovery: publicKeyFromPem(fresh) }));
      await until('told', () => held('pump-1') === before + 1 && held('pacemaker-1') === before + 1);
    });
    assert.ok(ended.length > 0 && ended.every((kind) => kind === 'done'), ended.join());
    const good = await present();
    const faults = ward.program.length;
    await publish(() => ({ credentialAge: 3 })); // Signed with the old one.
    await until('it is said', () => ward.program.slice(faults).some((line) => line.includes('E_ANCHORS')));
    assert.equal(held('pump-1'), before + 1);
    await writeFile(key('public/anchors.bin'), good);
    await publish(() => ({ credentialAge: 4 }), fresh);
    await until('told', () => held('pump-1') === before + 2 && held('pacemaker-1') === before + 2);
    assert.equal(await change(), 'done');
  });
});
