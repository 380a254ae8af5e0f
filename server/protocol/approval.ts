import { base64url, type Bytes, concat, equal, utf8 } from './encoding/bytes.ts';
import type { Cbor } from './encoding/cbor.ts';
import type { Crypto, PublicKey } from './crypto.ts';
import { arrayOf, bytesOf } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/**
 * One person's approval: a WebAuthn assertion, with its signature brought from DER to r||s and low s.
 *
 *     [kid, authenticatorData (37 bytes), clientDataJSON (90..512 bytes), signature (64 bytes)]
 */
export interface Approval {
  readonly kid: Bytes;
  readonly authenticatorData: Bytes;
  readonly clientDataJSON: Bytes;
  readonly signature: Bytes;
}

/** A page that people sign on: its origin and the passkey scope (rpId) that belongs to it. */
export interface SigningOrigin {
  readonly origin: string;
  readonly rpId: string;
}

const FLAG_UP = 0x01;
const FLAG_UV = 0x04;
const FLAG_BE = 0x08;
const FLAG_BS = 0x10;
const FLAG_AT = 0x40;
const FLAG_ED = 0x80;

export const approvalValue = (approval: Approval): Cbor => [
  approval.kid,
  approval.authenticatorData,
  approval.clientDataJSON,
  approval.signature,
];

/** Reads one approval; throws Refusal E_CMD_MALFORMED. */
export function parseApproval(value: Cbor | undefined, what: string): Approval {
  const [kid, authenticatorData, clientDataJSON, signature] = arrayOf(value, what, 4, 4);
  const client = bytesOf(clientDataJSON, `${what}.clientDataJSON`);
  if (client.length < 90 || client.length > 512) {
    throw new Refusal('E_CMD_MALFORMED', 'expected 90 to 512 bytes', `${what}.clientDataJSON`);
  }
  return {
    kid: bytesOf(kid, `${what}.kid`, 16),
    authenticatorData: bytesOf(authenticatorData, `${what}.authenticatorData`, 37),
    clientDataJSON: client,
    signature: bytesOf(signature, `${what}.signature`, 64),
  };
}

/** The fixed beginning of clientDataJSON (WebAuthn Level 3 section 5.8.1.1). */
export const clientDataPrefix = (challenge: Bytes, origin: string): string =>
  `{"type":"webauthn.get","challenge":"${base64url(challenge)}","origin":"${origin}","crossOrigin":false`;

/**
 * Verifies an assertion without a JSON parser: the "limited verification algorithm" of WebAuthn Level 3,
 * section 5.8.1.2, which compares the fixed prefix of clientDataJSON byte by byte. What a browser appends
 * after it is signed, carried and never read.
 *
 * @param challenge 32 bytes the person was asked to sign
 * @param deviceBound demand a passkey that cannot be copied (BE = BS = 0)
 * @throws Refusal E_ASSERTION, naming the first thing that is wrong
 */
export async function verifyApproval(
  crypto: Crypto,
  approval: Approval,
  key: PublicKey,
  challenge: Bytes,
  site: SigningOrigin,
  deviceBound: boolean,
): Promise<void> {
  checkClientData(approval.clientDataJSON, clientDataPrefix(challenge, site.origin));
  const data = approval.authenticatorData;
  if (data.length !== 37) throw new Refusal('E_ASSERTION', 'expected 37 bytes', 'approval.authenticatorData');
  if (!equal(data.subarray(0, 32), crypto.sha256(utf8(site.rpId)))) {
    throw new Refusal('E_ASSERTION', 'made for another site', 'approval.rpIdHash');
  }
  checkFlags(data[32] ?? 0, deviceBound);
  if (!equal(approval.kid, key.kid))
    throw new Refusal('E_ASSERTION', 'names another passkey', 'approval.kid');
  const signed = concat(data, crypto.sha256(approval.clientDataJSON));
  if (!(await crypto.verify(key, signed, approval.signature))) {
    throw new Refusal('E_ASSERTION', 'does not verify', 'approval.signature');
  }
}

function checkClientData(json: Bytes, prefix: string): void {
  const expected = utf8(prefix);
  const next = json[expected.length];
  const matches = equal(json.subarray(0, expected.length), expected) && (next === 0x7d || next === 0x2c);
  if (!matches) {
    throw new Refusal('E_ASSERTION', 'not for this command, or from another page', 'approval.clientDataJSON');
  }
}

function checkFlags(flags: number, deviceBound: boolean): void {
  const demand = (fine: boolean, why: string): void => {
    if (!fine) throw new Refusal('E_ASSERTION', why, 'approval.flags');
  };
  demand((flags & FLAG_UP) !== 0, 'nobody touched the passkey');
  demand((flags & FLAG_UV) !== 0, 'the passkey did not verify its user');
  demand((flags & (FLAG_AT | FLAG_ED)) === 0, 'carries attested data or extensions');
  demand((flags & FLAG_BE) !== 0 || (flags & FLAG_BS) === 0, 'backed up but not eligible for it');
  if (deviceBound) demand((flags & (FLAG_BE | FLAG_BS)) === 0, 'the passkey can be copied');
}

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/**
 * An ECDSA P-256 signature from strict DER to r||s with low s, the one spelling this protocol accepts.
 * Throws Refusal E_ASSERTION when it is not minimal DER or out of range.
 */
export function rawSignature(der: Bytes): Bytes {
  const bad = (): never => {
    throw new Refusal('E_ASSERTION', 'the signature is not minimal DER', 'approval.signature');
  };
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return bad();
  const [r, next] = derInteger(der, 2) ?? bad();
  const [s, end] = derInteger(der, next) ?? bad();
  if (end !== der.length || r === 0n || r >= ORDER || s === 0n || s >= ORDER) return bad();
  return concat(to32(r), to32(s > ORDER / 2n ? ORDER - s : s));
}

/** True when s is in the lower half, so that a signature has one spelling only. */
export const hasLowS = (signature: Bytes): boolean => {
  const s = fromBytes(signature.subarray(32));
  return s > 0n && s <= ORDER / 2n;
};

function derInteger(der: Bytes, at: number): [bigint, number] | undefined {
  const size = der[at + 1] ?? 0;
  const body = der.subarray(at + 2, at + 2 + size);
  const first = body[0] ?? 0xff;
  const padded = first === 0 && body.length > 1 && (body[1] ?? 0) < 0x80;
  if (der[at] !== 0x02 || size === 0 || size > 33 || body.length !== size || first >= 0x80 || padded)
    return undefined;
  return [fromBytes(body), at + 2 + size];
}

function fromBytes(bytes: Bytes): bigint {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value;
}

function to32(value: bigint): Bytes {
  const out = new Uint8Array(32);
  for (let i = 31, rest = value; i >= 0; i--, rest /= 256n) out[i] = Number(rest % 256n);
  return out;
}
