import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyFromPem, signerFromPem } from '../../clients/common/process/crypto.ts';
import { type Anchors, issueAnchors, readAnchors } from '../../server/protocol/anchors.ts';
import { encodeVkey, WITNESS_KEY } from '../../server/protocol/log/note.ts';
import { nudge, until } from '../ceremony/world.ts';
import { nodeCrypto } from '../support/keys.ts';
import { openWard, type TestWard } from '../support/ward.ts';
import { startWitness, witnessVkey } from '../support/ward-witness.ts';

describe('a witness that is replaced', function () {
  this.timeout(60_000);
  let ward: TestWard;
  let second: Awaited<ReturnType<typeof startWitness>>;
  const asked: { name: string; url: string; vkey: string }[] = [];
  const key = (path: string): string => join(ward.folder, 'keys', path);
  const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(key(path)));

  before(async () => {
    ward = await openWard({
      configure: (folder) => {
        const name = 'witness-2.localhost';
        const pair = generateKeyPairSync('ed25519')
          .privateKey.export({ format: 'pem', type: 'pkcs8' })
          .toString();
        const { raw } = publicKeyFromPem(pair);
        mkdirSync(join(folder, 'keys/witness-2'));
        writeFileSync(join(folder, 'keys/witness-2/cosign.key.pem'), pair);
        writeFileSync(
          join(folder, 'keys/public/witness-2.vkey'),
          encodeVkey(nodeCrypto.sha256, name, WITNESS_KEY, raw),
        );
        return {};
      },
    });
    asked.push(...ward.config.witnesses);
    second = await startWitness(ward.folder, 0, Date.now, 'witness-2');
  });
  after(async () => {
    await second.stop();
    await ward.end();
  });

  const publish = async (vkeys: readonly string[]): Promise<number> => {
    const before: Anchors = readAnchors(nodeCrypto, bytes('public/anchors.bin'));
    const next = { ...before, version: before.version + 1, witnesses: { k: 1, vkeys } };
    const sign = (path: string) => signerFromPem(readFileSync(key(path), 'utf8'));
    const signed = await issueAnchors(
      next,
      sign('authority/authority.key.pem'),
      sign('recovery/recovery.key.pem'),
    );
    mkdirSync(key('public/anchors'), { recursive: true });
    writeFileSync(key(`public/anchors/${before.version}.bin`), bytes('public/anchors.bin'));
    writeFileSync(key(`public/anchors/${next.version}.bin`), signed);
    writeFileSync(key('public/anchors.bin'), signed);
    return next.version;
  };
  const held = (name: 'pump-1' | 'pacemaker-1'): number =>
    readAnchors(nodeCrypto, ward.device(name).device.state.anchors).version;
  const told = (version: number) =>
    until('told', () => held('pump-1') === version && held('pacemaker-1') === version);
  const said = (words: string): boolean => ward.program.some((line) => line.includes(words));
  const change = async (): Promise<string> => {
    const pump = ward.device('pump-1');
    const doctor = await ward.signIn('dr-a');
    return (await doctor.sign(pump, await doctor.prepare(pump, nudge(pump)))).kind;
  };

  it('joins the anchors, is asked in the place of the old one, and the old one leaves, all while the gateway runs', async () => {
    const [one, two] = [witnessVkey(ward.folder), witnessVkey(ward.folder, 'witness-2')];
    const stranger = publicKeyFromPem(
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    );
    const unnamed = encodeVkey(nodeCrypto.sha256, 'witness-3.localhost', WITNESS_KEY, stranger.raw);
    assert.equal(await change(), 'done');
    await told(await publish([one, two]));
    assert.equal(await change(), 'done');
    const config = ward.config.witnesses as { name: string; url: string; vkey: string }[];
    const before = config.slice();
    config.splice(0, 1, { name: 'witness-2', url: 'https://127.0.0.1:1', vkey: two });
    await until('it is said', () => said('too few of the new witnesses answer'));
    config.splice(0, 1, { name: 'witness-2', url: `https://127.0.0.1:${second.port}`, vkey: unnamed });
    await until('it is said', () => said('the anchors name 0 of those configured, and ask for 1'));
    assert.equal(await change(), 'done', 'those before are asked until others can be');
    assert.deepEqual(
      ward.gateway.log.witnesses.map(({ name }) => name),
      before.map(({ vkey }) => vkey.split('+')[0]),
    );
    config.splice(0, 1, { name: 'witness-2', url: `https://127.0.0.1:${second.port}`, vkey: two });
    await until('it is asked', () => said('witnesses replaced'));
    await ward.stopWitness(); // Its operator is gone for good.
    assert.equal(await change(), 'done');
    await told(await publish([two]));
    assert.equal(await change(), 'done', 'credentials too are proven by who counts now');
    const logged = ward.entries().flatMap(({ type, detail }) => (type === 'anchors' ? [detail ?? ''] : []));
    assert.ok(logged.includes('cosigned by witness-2'), logged.join());
  });
});
