import { type Bytes, equal } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { parseCoseKey } from './encoding/cose-key.ts';
import { keyNamed, open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from './crypto.ts';
import { decodeStrict, Fields, uint } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/** What a person may do, as bits; the authority puts them into the credential. */
export const ROLE = {
  clinician: 1,
  second: 2,
  emergency: 4,
  auditor: 8,
  operator: 16,
  maker: 32,
  patient: 64,
  /** Not people: who may speak to a device on a card reader, a gateway or, for the safe mode alone, a reader station. */
  gateway: 128,
  station: 256,
} as const;

/** Weaknesses that only devices with development anchors accept. */
export const MARK = {
  /** The passkey is a program, not a token in somebody's hand. */
  software: 1,
  /** One shared signing host, and a credential may take part in R2 at once. */
  demo: 2,
} as const;

/**
 * A passkey, certified by the hospital's credentialing authority.
 *
 *     COSE_Sign1 { 1: version, 2: subject, 3: roles, 4: COSE_Key, 5: rpIdHash, 6: backup eligible,
 *                  7: not before, 8: not after, 9: serial, 10: marks }
 */
export interface Credential {
  /** Pseudonymous id of the person; one person has one. */
  readonly subject: Bytes;
  readonly roles: number;
  readonly key: PublicKey;
  /** SHA-256 of the rpId of the signing host the passkey lives on. */
  readonly rpIdHash: Bytes;
  readonly backupEligible: boolean;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: number;
  readonly marks: number;
}

export interface IssuableCredential extends Omit<Credential, 'key'> {
  readonly coseKey: Bytes;
}

export const MAX_CREDENTIAL = 512;
const FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** The authority certifies a passkey. */
export function issueCredential(content: IssuableCredential, authority: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, 1],
    [2, content.subject],
    [3, content.roles],
    [4, content.coseKey],
    [5, content.rpIdHash],
    [6, content.backupEligible ? 1 : 0],
    [7, content.notBefore],
    [8, content.notAfter],
    [9, content.serial],
    [10, content.marks],
  ]);
  return sign1('credential', encode(payload), authority);
}

/** Reads what a credential says, before anybody believes it. */
export function readCredential(crypto: Crypto, bytes: Bytes): { said: Credential; issuer: Bytes } {
  const message = parseSign1(bytes, 'credential', MAX_CREDENTIAL, 'E_ASSERTION_CRED');
  return { said: parsePayload(crypto, message.payload), issuer: message.kid };
}

/** A credential that one of the `issuers` signed; throws Refusal E_ASSERTION_CRED. */
export async function openCredential(
  crypto: Crypto,
  bytes: Bytes,
  issuers: readonly PublicKey[],
): Promise<Credential> {
  const message = parseSign1(bytes, 'credential', MAX_CREDENTIAL, 'E_ASSERTION_CRED');
  const issuer = keyNamed(issuers, message.kid, 'credential', 'E_ASSERTION_CRED');
  return parsePayload(crypto, await open1(crypto, 'credential', message, issuer, 'E_ASSERTION_CRED'));
}

function parsePayload(crypto: Crypto, payload: Bytes): Credential {
  const code = 'E_ASSERTION_CRED';
  const f = Fields.of(
    decodeStrict(payload, 'credential', MAX_CREDENTIAL, code),
    'credential',
    FIELDS,
    [],
    code,
  );
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'credential version', 'credential.1');
  const subject = f.bytes(2);
  if (subject.length === 0 || subject.length > 32)
    throw new Refusal(code, 'expected 1 to 32 bytes', 'credential.2');
  return {
    subject,
    roles: f.uint(3, 0xffff),
    key: parseCoseKey(crypto.sha256, f.bytes(4), 'credential.4'),
    rpIdHash: f.bytes(5, 32),
    backupEligible: f.uint(6, 1) === 1,
    notBefore: f.uint(7),
    notAfter: f.uint(8),
    serial: f.uint(9, 0xffff_ffff),
    marks: f.uint(10, 3),
  };
}

/** Is it in force at a time (unix seconds)? `grace` seconds extend its end. Throws Refusal E_ASSERTION_CRED. */
export function checkInForce(credential: Credential, time: number, grace = 0): void {
  if (time < credential.notBefore || time > credential.notAfter + grace) {
    throw new Refusal('E_ASSERTION_CRED', 'not in force at this time', 'credential.notAfter');
  }
}

/**
 * The authority's numbered list of revoked credentials.
 *
 *     COSE_Sign1 { 1: list version, 2: issued (unix s), 3: [revoked serials, ascending] }
 */
export interface Status {
  readonly version: number;
  readonly issued: number;
  readonly revoked: readonly number[];
}

export const MAX_STATUS = 8192;

export function issueStatus(status: Status, authority: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, status.version],
    [2, status.issued],
    [3, status.revoked],
  ]);
  return sign1('status', encode(payload), authority);
}

/** A status list that one of the `issuers` signed; throws Refusal E_STATUS. */
export async function openStatus(
  crypto: Crypto,
  bytes: Bytes,
  issuers: readonly PublicKey[],
): Promise<Status> {
  const message = parseSign1(bytes, 'status', MAX_STATUS, 'E_STATUS');
  const issuer = keyNamed(issuers, message.kid, 'status', 'E_STATUS');
  const payload = await open1(crypto, 'status', message, issuer, 'E_STATUS');
  const f = Fields.of(
    decodeStrict(payload, 'status', MAX_STATUS, 'E_STATUS'),
    'status',
    [1, 2, 3],
    [],
    'E_STATUS',
  );
  const revoked = f.array(3, 1500).map((serial) => uint(serial, 'status.3', 0xffff_ffff, 'E_STATUS'));
  if (revoked.some((serial, i) => i > 0 && serial <= (revoked[i - 1] ?? 0))) {
    throw new Refusal('E_STATUS', 'serials out of order', 'status.3');
  }
  return { version: f.uint(1, 0xffff_ffff), issued: f.uint(2), revoked };
}

/** Throws Refusal E_ASSERTION_CRED when the list revokes the credential. */
export function checkNotRevoked(credential: Credential, revoked: readonly number[]): void {
  if (revoked.includes(credential.serial)) {
    throw new Refusal('E_ASSERTION_CRED', 'the credential was revoked', 'credential.serial');
  }
}

/** Throws Refusal E_ROLE unless the credential carries every bit of `role`. */
export function checkRole(credential: Credential, role: number): void {
  if ((credential.roles & role) !== role)
    throw new Refusal('E_ROLE', 'the role is not in the credential', 'credential.roles');
}

/**
 * Two approvals count as two people only when subject, passkey and signing host all differ. Demonstration
 * credentials may share one host. Throws Refusal E_DUAL_SAME_PERSON.
 */
export function checkDistinct(a: Credential, b: Credential): void {
  const sharedHostAllowed = (a.marks & b.marks & MARK.demo) !== 0;
  const same =
    equal(a.subject, b.subject) ||
    equal(a.key.kid, b.key.kid) ||
    (equal(a.rpIdHash, b.rpIdHash) && !sharedHostAllowed);
  if (same)
    throw new Refusal('E_DUAL_SAME_PERSON', 'subject, passkey and signing host must all differ', 'approvals');
}
