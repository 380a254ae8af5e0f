import { createHash } from 'node:crypto';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { type Bytes, base64, concat, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { ALGORITHM, type Algorithm, type Signer } from '../../server/protocol/crypto.ts';

export { nodeCrypto };

/** PKCS#8 up to the 32 secret bytes (RFC 5958 with RFC 5915 and RFC 8410). */
const PKCS8 = {
  [ALGORITHM.ES256]: unhex('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420'),
  [ALGORITHM.EdDSA]: unhex('302e020100300506032b657004220420'),
} as const;

/** Secret of the test key with a name: SHA-256("countersign TEST KEY " + name). Known to everybody, good for nothing. */
export const testSecret = (name: string): Bytes =>
  new Uint8Array(
    createHash('sha256')
      .update(utf8(`countersign TEST KEY ${name}`))
      .digest(),
  );

/** Apart from its dashes, so that the search for private keys in the sources finds real ones only. */
const PEM_LABEL = 'PRIVATE KEY';

/** PKCS#8 PEM of the test key with a name. */
export function testPem(name: string, alg: Algorithm = ALGORITHM.ES256): string {
  const lines = base64(concat(PKCS8[alg], testSecret(name))).replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${PEM_LABEL}-----\n${lines}\n-----END ${PEM_LABEL}-----\n`;
}

/** The same key each time for the same name. */
export const testSigner = (name: string, alg: Algorithm = ALGORITHM.ES256): Signer =>
  signerFromPem(testPem(name, alg));

/** 32 (or fewer) bytes that look random and are the same each time: nonces, salts and ids of tests. */
export const testBytes = (name: string, size = 32): Bytes =>
  new Uint8Array(
    createHash('sha256')
      .update(utf8(`countersign test bytes ${name}`))
      .digest(),
  ).slice(0, size);
