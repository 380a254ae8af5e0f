import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { sha256 } from '../../clients/common/page/sha256.ts';
import { webCrypto } from '../../clients/common/page/web-crypto.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';

const crypto = webCrypto(globalThis.crypto.subtle);
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

function signer(kind: 'ec' | 'ed25519') {
  const { privateKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return signerFromPem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
}

describe('cryptography in a page', () => {
  it('hashes as OpenSSL does, at every length around the ends of blocks and at random', () => {
    const lengths = [...Array(300).keys(), 1_000, 65_535, 100_000];
    for (const length of lengths) {
      const bytes = new Uint8Array(randomBytes(length));
      assert.deepEqual(
        sha256(bytes),
        new Uint8Array(createHash('sha256').update(bytes).digest()),
        `${length}`,
      );
    }
  });

  for (const kind of ['ec', 'ed25519'] as const) {
    it(`judges ${kind} signatures as the server does, and no changed one`, async () => {
      const one = signer(kind);
      const { key } = one;
      const message = new Uint8Array(randomBytes(200));
      const signature = await one.sign(message);
      assert.equal(await crypto.verify(key, message, signature), true);
      for (const at of [0, 31, 32, 63]) {
        const wrong = Uint8Array.from(signature, (byte, i) => (i === at ? byte ^ 1 : byte));
        assert.equal(await crypto.verify(key, message, wrong), false);
      }
      assert.equal(await crypto.verify(key, message.slice(1), signature), false);
      assert.equal(await crypto.verify(key, message, signature.slice(1)), false);
      assert.equal(await crypto.verify({ ...key, raw: key.raw.slice(1) }, message, signature), false);
    });
  }

  it('takes an ES256 signature in its one canonical form alone', async () => {
    const one = signer('ec');
    const { key } = one;
    const message = new Uint8Array(randomBytes(20));
    const signature = await one.sign(message);
    const s = signature.subarray(32).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    const other = (ORDER - s).toString(16).padStart(64, '0');
    const twin = Uint8Array.from([...signature.subarray(0, 32), ...Buffer.from(other, 'hex')]);
    assert.equal(await crypto.verify(key, message, twin), false);
    assert.equal(await nodeCrypto.verify(key, message, twin), false);
  });
});
