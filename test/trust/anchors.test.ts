import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { type Anchors, issueAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { nudge, until } from '../ceremony/world.ts';

describe('anchors that change', () => {
  let ward: TestWard;
  beforeEach(async () => {
    ward = await openWard();
  });
  afterEach(() => ward.end());

  const key = (path: string): string => join(ward.folder, 'keys', path);
  const pem = (path: string): Promise<string> => readFile(key(path), 'utf8');
  const held = (name: 'pump-1' | 'pacemaker-1'): number =>
    readAnchors(nodeCrypto, ward.device(name).device.state.anchors).version;
  const present = async (): Promise<Bytes> => new Uint8Array(await readFile(key('public/anchors.bin')));

  /** The hospital's two people sign the next version, and it is published with those before it. */
  async function publish(change: (anchors: Anchors) => Partial<Anchors>, recovery?: string): Promise<void> {
    const bytes = await present();
    const before = readAnchors(nodeCrypto, bytes);
    const next = { ...before, version: before.version + 1, ...change(before) };
    const authority = signerFromPem(await pem('authority/authority.key.pem'));
    const signed = await issueAnchors(
      next,
      authority,
      signerFromPem(recovery ?? (await pem('recovery/recovery.key.pem'))),
    );
    await mkdir(key('public/anchors'), { recursive: true });
    await writeFile(key(`public/anchors/${before.version}.bin`), bytes);
    await writeFile(key(`public/anchors/${next.version}.bin`), signed);
    await writeFile(key('public/anchors.bin'), signed);
  }

  it('reach a device that was away for three versions, in their order, and a command goes through', async () => {
    const pump = ward.device('pump-1');
    const fresh = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
    await ward.stopGateway();
    await publish(({ grantKeys }) => ({ grantKeys: [...grantKeys, publicKeyFromPem(fresh)] }));
    await publish(({ credentialAge }) => ({ credentialAge: credentialAge + 1 }));
    await publish(() => ({ grantKeys: [publicKeyFromPem(fresh)] }));
    await writeFile(key('gateway/grant.key.pem'), fresh);
    assert.equal(held('pump-1'), 1);
    await ward.startGateway();
    await until('told', () => held('pump-1') === 4 && held('pacemaker-1') === 4);
    const doctor = await ward.signIn('dr-a');
    const bytes = await doctor.prepare(pump, nudge(pump));
    assert.equal((await doctor.sign(pump, bytes)).kind, 'done');
  });

  it('are nobody’s word but that of the two keys: a device keeps those it has, and that is reported', async () => {
    await ward.stopGateway();
    const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString();
    const before = await present();
    await publish(() => ({}), stranger);
    await assert.rejects(ward.startGateway(), /E_ANCHORS/u);
    await writeFile(key('public/anchors.bin'), before);
    await assert.rejects(ward.startGateway(), /anchors/u);
    assert.equal(held('pump-1'), 1);
  });

  it('that are newer than the gateway’s are left alone, and reported', async () => {
    const first = await present();
    await ward.stopGateway();
    await publish(() => ({}));
    await ward.startGateway();
    await until('told', () => held('pump-1') === 2);
    await ward.stopGateway();
    await writeFile(key('public/anchors.bin'), first);
    await rm(key('public/anchors'), { recursive: true });
    await ward.startGateway();
    await until('reported', () => ward.entries().some(({ code }) => code === 'E_ANCHORS'));
    assert.equal(held('pump-1'), 2);
  });
});
