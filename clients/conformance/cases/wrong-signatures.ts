import { generateKeyPairSync } from 'node:crypto';
import { type Bytes, concat, hex, unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import { signerFromPem } from '../../common/process/crypto.ts';

/** Order of P-256. */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** r||s with the larger s: as valid to a lax verifier, and to be refused. */
export function highS(signature: Bytes): Bytes {
  const s = BigInt(`0x${hex(signature.subarray(32))}`);
  const larger = s > ORDER / 2n ? s : ORDER - s;
  return concat(signature.subarray(0, 32), unhex(larger.toString(16).padStart(64, '0')));
}

/** A log's or a witness's key that nobody knows. */
export function ephemeralLogKey(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signerFromPem(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
}
