import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { type Anchors, issueAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { nudge, until } from '../ceremony/world.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';

const freshKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString();

describe('keys that are replaced while the gateway runs', () => {
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

  it('the recovery key: the one before signs it in, and has no say after that', async () => {
    const before = readAnchors(nodeCrypto, await present()).version;
    const fresh = freshKey();
    await publish(() => ({ recovery: publicKeyFromPem(fresh) }));
    await until('told', () => held('pump-1') === before + 1 && held('pacemaker-1') === before + 1);
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
