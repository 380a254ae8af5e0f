import { type Bytes, equal, utf8 } from './bytes.ts';
import { encode } from './cbor.ts';
import type { Crypto, PublicKey, Signer } from '../crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields } from './fields.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';

/**
 * COSE_Sign1 (RFC 9052 section 4.2), untagged, in the one shape this protocol allows: protected header
 * exactly {1: alg, 4: kid}, empty unprotected header, payload inside. The kind of message is part of what is
 * signed (external_aad), so that no signature can be carried from one kind to another.
 */
export const KINDS = [
  'grant',
  'receipt',
  'absence',
  'attestation',
  'presence',
  'credential',
  'status',
  'anchors',
  'profile',
  'firmware',
  'advisory',
  'telemetry',
  'fleet',
  'fleet-root',
  'conformance',
] as const;
export type Kind = (typeof KINDS)[number];

const label = (kind: Kind): Bytes => utf8(`countersign/${kind}/v1`);

/** A message taken apart, its signature not yet checked. */
export interface Sign1 {
  readonly kid: Bytes;
  readonly payload: Bytes;
  readonly protectedHeader: Bytes;
  readonly signature: Bytes;
  readonly alg: number;
}

/** The bytes a COSE_Sign1 signature covers (RFC 9052 section 4.4). */
export const sigStructure = (protectedHeader: Bytes, aad: Bytes, payload: Bytes): Bytes =>
  encode(['Signature1', protectedHeader, aad, payload]);

/** Signs a payload as one kind of message. */
export async function sign1(kind: Kind, payload: Bytes, signer: Signer): Promise<Bytes> {
  const header = encode(
    new Map<number, number | Bytes>([
      [1, signer.key.alg],
      [4, signer.key.kid],
    ]),
  );
  const signature = await signer.sign(sigStructure(header, label(kind), payload));
  return encode([header, new Map(), payload, signature]);
}

/** Takes a message apart without believing it; throws Refusal with `code` when it has another shape. */
export function parseSign1(bytes: Bytes, what: string, max: number, code: RefusalCode): Sign1 {
  const [header, unprotected, payload, signature] = arrayOf(
    decodeStrict(bytes, what, max, code),
    what,
    4,
    4,
    code,
  );
  const protectedHeader = bytesOf(header, `${what}.protected`, undefined, code);
  Fields.of(unprotected, `${what}.unprotected`, [], [], code);
  const f = Fields.of(decodeStrict(protectedHeader, what, 64, code), `${what}.protected`, [1, 4], [], code);
  return {
    alg: f.int(1),
    kid: f.bytes(4, 16),
    protectedHeader,
    payload: bytesOf(payload, `${what}.payload`, undefined, code),
    signature: bytesOf(signature, `${what}.signature`, 64, code),
  };
}

/** The payload, once `key` is shown to have signed the message as this kind; throws Refusal otherwise. */
export async function open1(
  crypto: Crypto,
  kind: Kind,
  message: Sign1,
  key: PublicKey,
  code: RefusalCode,
): Promise<Bytes> {
  if (message.alg !== key.alg || !equal(message.kid, key.kid)) {
    throw new Refusal(code, `the ${kind} is signed by another key`, `${kind}.kid`);
  }
  const signed = sigStructure(message.protectedHeader, label(kind), message.payload);
  if (!(await crypto.verify(key, signed, message.signature))) {
    throw new Refusal(code, `the signature of the ${kind} does not verify`, `${kind}.signature`);
  }
  return message.payload;
}

/** The one of `keys` that the message names; throws Refusal when it is none of them. */
export function keyNamed(keys: readonly PublicKey[], kid: Bytes, what: string, code: RefusalCode): PublicKey {
  const key = keys.find((candidate) => equal(candidate.kid, kid));
  if (!key) throw new Refusal(code, `the ${what} is signed by a key that is not trusted`, `${what}.kid`);
  return key;
}
