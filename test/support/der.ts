import { type Bytes, concat, hex, unhex } from '../../server/protocol/encoding/bytes.ts';

/** Order of P-256. */
export const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

export const toBytes = (value: bigint): Bytes => unhex(value.toString(16).padStart(64, '0'));
export const toNumber = (bytes: Bytes): bigint => BigInt(`0x${hex(bytes) || '0'}`);

/** r||s with the smaller s. */
export function lowS(signature: Bytes): Bytes {
  const s = toNumber(signature.subarray(32));
  return concat(signature.subarray(0, 32), toBytes(s > ORDER / 2n ? ORDER - s : s));
}

/** r||s with the larger s: as valid to a lax verifier, and refused here. */
export function highS(signature: Bytes): Bytes {
  const s = toNumber(signature.subarray(32));
  return concat(signature.subarray(0, 32), toBytes(s > ORDER / 2n ? s : ORDER - s));
}

function integer(bytes: Bytes): Bytes {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const body = bytes.subarray(at);
  const padded = (body[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), body) : body;
  return concat(Uint8Array.of(2, padded.length), padded);
}

/** r||s as DER, the way authenticators send it. */
export function toDer(signature: Bytes): Bytes {
  const body = concat(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return concat(Uint8Array.of(0x30, body.length), body);
}
