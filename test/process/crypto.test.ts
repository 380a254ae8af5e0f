import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import * as client from '../../clients/common/process/crypto.ts';
import * as gateway from '../../server/crypto.ts';

const TWINS = { gateway, client };
const message = (n: number): Uint8Array => Uint8Array.of(n & 255, n >> 8);

describe('Signatures by node:crypto', () => {
  for (const [name, { nodeCrypto, signerFromPem }] of Object.entries(TWINS)) {
    it(`are r||s, whatever bytes r and s begin with, and true to OpenSSL’s own reading (${name})`, async () => {
      // 1,500 signatures: each of r and s is shorter than 32 bytes several times, and half of them begin with a 1 bit.
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const signer = signerFromPem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
      const openssl = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      for (let n = 0; n < 1_500; n++) {
        const signature = await signer.sign(message(n));
        assert.equal(signature.length, 64);
        assert.ok(verify('sha256', message(n), openssl, signature));
        assert.ok(await nodeCrypto.verify(signer.key, message(n), signature));
        const altered = Uint8Array.from(signature);
        altered[n % 64] = (altered[n % 64] ?? 0) ^ (1 << (n % 8));
        assert.equal(await nodeCrypto.verify(signer.key, message(n), altered), false);
      }
      for (const zero of [
        [0, 32],
        [32, 64],
        [0, 64],
      ] as const) {
        // prettier-ignore
        const signature = new Uint8Array(64).fill(1).fill(0, ...zero);
        assert.equal(await nodeCrypto.verify(signer.key, message(1), signature), false);
      }
    });
  }
});
