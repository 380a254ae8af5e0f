import { type Bytes, base64, concat, equal, hex, unbase64, unhex, utf8 } from '../encoding/bytes.ts';
import { publicKey } from '../encoding/cose-key.ts';
import { ALGORITHM, type Crypto, type PublicKey, type Sha256, type Signer } from '../crypto.ts';
import { HASH_SIZE, MAX_TREE_SIZE } from './merkle.ts';
import { MAX_NOTE } from './note-size.ts';

/** Why a note, checkpoint, cosignature, key text or proof text was refused. */
export class NoteError extends Error {
  readonly reason: NoteReason;
  constructor(reason: NoteReason, message: string) {
    super(message);
    this.name = 'NoteError';
    this.reason = reason;
  }
}
/** malformed: not canonical text; origin: another log's; signature: missing or invalid; quorum: too few witnesses. */
export type NoteReason = 'malformed' | 'too-large' | 'origin' | 'signature' | 'quorum' | 'policy';

/** Signature types of signed notes: a log's Ed25519 signature, and a witness's Ed25519 cosignature. */
export const LOG_KEY = 0x01;
export const WITNESS_KEY = 0x04;
export type NoteKeyType = typeof LOG_KEY | typeof WITNESS_KEY;

/** The specification asks for at least 16; more would only make a verifier work. */
export const MAX_SIGNATURES = 32;
const MAX_NAME = 128;
const DASH = '\u2014 ';

/** A verification key of signed notes: name, 4-byte key id and type around an Ed25519 key. */
export interface NoteKey {
  readonly name: string;
  readonly id: Bytes;
  readonly type: NoteKeyType;
  readonly key: PublicKey;
}

const malformed = (message: string): NoteError => new NoteError('malformed', message);

/** Canonical padded base64, or NoteError. */
function decode64(encoded: string, what: string): Bytes {
  try {
    return unbase64(encoded);
  } catch {
    throw malformed(`${what} is not base64`);
  }
}

function checkName(name: string): string {
  // Key names go into lines split at spaces and into vkeys split at '+'; visible ASCII keeps them alike everywhere.
  if (!/^[!-*,-~]+$/.test(name) || name.length > MAX_NAME) throw malformed('a key name is not usable');
  return name;
}

/** Key id: first 4 bytes of SHA-256(name || LF || type || key). */
function keyId(sha256: Sha256, name: string, type: NoteKeyType, raw: Bytes): Bytes {
  return sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), raw)).slice(0, 4);
}

/** Key text `<name>+<hex key id>+<base64(type || key)>` of a raw Ed25519 key (C2SP signed-note). */
export function encodeVkey(sha256: Sha256, name: string, type: NoteKeyType, raw: Bytes): string {
  if (raw.length !== 32) throw malformed('an Ed25519 key has 32 bytes');
  const id = keyId(sha256, checkName(name), type, raw);
  return `${name}+${hex(id)}+${base64(concat(Uint8Array.of(type), raw))}`;
}

/** Reads a key text and checks its key id; throws NoteError. Only Ed25519 types are known. */
export function parseVkey(sha256: Sha256, vkey: string): NoteKey {
  // The base64 part may itself hold '+'.
  const match = /^([^+]{1,128})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/.exec(vkey);
  if (match === null) throw malformed('a verification key has to read <name>+<key id>+<key>');
  const [, name = '', digits = '', encoded = ''] = match;
  const payload = decode64(encoded, 'a verification key');
  const [type] = payload;
  if ((type !== LOG_KEY && type !== WITNESS_KEY) || payload.length !== 33) {
    throw malformed('a verification key has an unknown type');
  }
  const raw = payload.slice(1);
  const id = keyId(sha256, checkName(name), type, raw);
  if (!equal(id, unhex(digits))) throw malformed('a verification key does not match its key id');
  return { name, id, type, key: publicKey(sha256, ALGORITHM.EdDSA, raw) };
}

export interface NoteSignature {
  readonly name: string;
  readonly id: Bytes;
  /** What follows the key id: 64 bytes, after an 8-byte time in a cosignature. */
  readonly payload: Bytes;
}

/** A signed note: `body` ends with a line feed; at least one signature. */
export interface Note {
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** Signature lines, each closed by a line feed, exactly as a note carries them. Throws NoteError. */
export function parseSignatures(lines: string): NoteSignature[] {
  if (lines.length > MAX_NOTE) throw new NoteError('too-large', 'signature lines are too long');
  if (!lines.endsWith('\n')) throw malformed('signature lines have to end with a line feed');
  const each = lines.slice(0, -1).split('\n');
  if (each.length > MAX_SIGNATURES) throw new NoteError('too-large', 'a note has too many signatures');
  return each.map((line) => {
    const [name = '', encoded = '', more] = line.slice(DASH.length).split(' ');
    if (!line.startsWith(DASH) || more !== undefined) throw malformed('a signature line is malformed');
    const bytes = decode64(encoded, 'a signature');
    if (bytes.length < 5) throw malformed('a signature is too short');
    return { name: checkName(name), id: bytes.slice(0, 4), payload: bytes.slice(4) };
  });
}

/** Signature lines as text: the inverse of {@link parseSignatures}. */
export const formatSignatures = (signatures: readonly NoteSignature[]): string =>
  signatures.map(({ name, id, payload }) => `${DASH}${name} ${base64(concat(id, payload))}\n`).join('');

/** Reads a signed note; printing the result gives back the same text, or this throws NoteError. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE) throw new NoteError('too-large', 'a note is too long');
  if (!note.isWellFormed()) throw malformed('a note has to be well-formed text');
  // No control character but line feed (C2SP signed-note), so no CRLF and no terminal escapes either.
  for (let i = 0; i < note.length; i++) {
    const code = note.charCodeAt(i);
    if ((code < 0x20 && code !== 0x0a) || code === 0x7f) throw malformed('a note has a control character');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0) throw malformed('a note has to have a blank line before its signatures');
  return { body: note.slice(0, split + 1), signatures: parseSignatures(note.slice(split + 2)) };
}

export const formatNote = ({ body, signatures }: Note): string => `${body}\n${formatSignatures(signatures)}`;

/** A checkpoint's body (C2SP tlog-checkpoint) without extension lines. `root` has 32 bytes. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${checkName(origin)}\n${size}\n${base64(root)}\n`;

/** A decimal without sign or leading zeros, at most `max`; throws NoteError. */
export function parseDecimal(digits: string, max: number, what: string): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(digits)) throw malformed(`${what} is not a decimal number`);
  const value = Number(digits);
  if (!Number.isSafeInteger(value) || value > max) throw malformed(`${what} is too large`);
  return value;
}

/** Reads a checkpoint's body; throws NoteError on extension lines and on anything not canonical. */
export function parseCheckpoint(body: string): Checkpoint {
  const lines = body.split('\n');
  const [origin = '', size = '', encoded = '', end] = lines;
  if (lines.length !== 4 || end !== '') throw malformed('a checkpoint has exactly three lines');
  const root = decode64(encoded, 'a root hash');
  if (root.length !== HASH_SIZE) throw malformed('a root hash has 32 bytes');
  return { origin: checkName(origin), size: parseDecimal(size, MAX_TREE_SIZE, 'a tree size'), root };
}

/** Signs a note's body with a log's Ed25519 key. */
export async function signNote(
  sha256: Sha256,
  body: string,
  name: string,
  signer: Signer,
): Promise<NoteSignature> {
  const id = keyId(sha256, checkName(name), LOG_KEY, signer.key.raw);
  return { name, id, payload: await signer.sign(utf8(body)) };
}

const cosigned = (body: string, time: number): Bytes => utf8(`cosignature/v1\ntime ${time}\n${body}`);

/** Cosigns a checkpoint's body at `time`, in unix seconds (C2SP tlog-cosignature, Ed25519). */
export async function cosign(
  sha256: Sha256,
  body: string,
  name: string,
  signer: Signer,
  time: number,
): Promise<NoteSignature> {
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  const signature = await signer.sign(cosigned(body, time));
  return {
    name,
    id: keyId(sha256, checkName(name), WITNESS_KEY, signer.key.raw),
    payload: concat(stamp, signature),
  };
}

/** True when `signature` was made by this key (name and key id), whether or not it is valid. */
export const claims = (key: NoteKey, { name, id }: NoteSignature): boolean =>
  name === key.name && equal(id, key.id);

/** Verifies one signature over `body`: the cosignature's time (unix seconds), 0 for a log's; null when invalid. */
export async function verifySignature(
  crypto: Crypto,
  body: string,
  key: NoteKey,
  signature: NoteSignature,
): Promise<number | null> {
  const { payload } = signature;
  if (!claims(key, signature)) return null;
  if (key.type === LOG_KEY) {
    return payload.length === 64 && (await crypto.verify(key.key, utf8(body), payload)) ? 0 : null;
  }
  if (payload.length !== 72) return null;
  const time = Number(new DataView(payload.buffer, payload.byteOffset, 8).getBigUint64(0));
  if (!Number.isSafeInteger(time)) return null;
  return (await crypto.verify(key.key, cosigned(body, time), payload.subarray(8))) ? time : null;
}

export interface WitnessPolicy {
  /** How many distinct witnesses have to have cosigned: at least 1. */
  readonly k: number;
  /** Verification keys of witnesses, type 0x04. */
  readonly witnesses: readonly string[];
}

/** A checkpoint that bears the log's signature and those of enough witnesses. */
export interface CheckpointEvidence extends Checkpoint {
  /** Unix seconds, latest first: device time is raised to the k-th, so one lying witness cannot move it alone. */
  readonly cosignatureTimes: readonly number[];
}

/**
 * Verifies a checkpoint against the keys of a log (one, or two while one takes the other's place: either will do) and a
 * witness policy. Signatures of unknown keys are ignored; an invalid or repeated signature of a known key refuses the
 * whole note. Throws NoteError.
 */
export async function verifyCheckpoint(
  crypto: Crypto,
  { note, logKeys, policy }: { note: string; logKeys: readonly string[]; policy: WitnessPolicy },
): Promise<CheckpointEvidence> {
  const logs = parseLogKeys(crypto, logKeys);
  const witnesses = policy.witnesses.map((vkey) => parseVkey(crypto.sha256, vkey));
  if (!Number.isSafeInteger(policy.k) || policy.k < 1 || witnesses.some((w) => w.type !== WITNESS_KEY)) {
    throw new NoteError('policy', 'a witness policy needs k of at least 1, and witness keys');
  }
  const checkpoint = await signedBy(crypto, note, logs);
  const { body, signatures } = parseNote(note);
  // Distinct by key, not by name: one witness listed under two names is one witness. The log's own key is none.
  const times = new Map<string, number>();
  for (const witness of witnesses) {
    const raw = hex(witness.key.raw);
    const time = await verifyOnce(crypto, body, signatures, witness);
    if (time === null || logs.some((log) => equal(witness.key.raw, log.key.raw))) continue;
    times.set(raw, Math.min(time, times.get(raw) ?? time));
  }
  if (times.size < policy.k) {
    throw new NoteError('quorum', `a checkpoint has ${times.size} of ${policy.k} needed cosignatures`);
  }
  return { ...checkpoint, cosignatureTimes: [...times.values()].sort((a, b) => b - a) };
}

/** A checkpoint that the log signed, whoever else did. Throws NoteError. */
export const verifySignedCheckpoint = (
  crypto: Crypto,
  note: string,
  logKeys: readonly string[],
): Promise<Checkpoint> => signedBy(crypto, note, parseLogKeys(crypto, logKeys));

function parseLogKeys(crypto: Crypto, logKeys: readonly string[]): readonly NoteKey[] {
  const logs = logKeys.map((vkey) => parseVkey(crypto.sha256, vkey));
  if (logs.length === 0 || logs.some(({ type }) => type !== LOG_KEY))
    throw new NoteError('policy', 'the log key is of the wrong type');
  return logs;
}

async function signedBy(crypto: Crypto, note: string, logs: readonly NoteKey[]): Promise<Checkpoint> {
  const { body, signatures } = parseNote(note);
  const checkpoint = parseCheckpoint(body);
  if (logs.some(({ name }) => name !== checkpoint.origin))
    throw new NoteError('origin', 'a checkpoint of another log');
  const signed = await Promise.all(logs.map((log) => verifyOnce(crypto, body, signatures, log)));
  if (signed.every((one) => one === null))
    throw new NoteError('signature', `the signature of ${checkpoint.origin} is missing`);
  return checkpoint;
}

async function verifyOnce(
  crypto: Crypto,
  body: string,
  signatures: readonly NoteSignature[],
  key: NoteKey,
): Promise<number | null> {
  const [signature, again] = signatures.filter((each) => claims(key, each));
  if (again !== undefined) throw new NoteError('signature', `${key.name} signed twice`);
  if (signature === undefined) return null;
  const time = await verifySignature(crypto, body, key, signature);
  if (time === null) throw new NoteError('signature', `the signature of ${key.name} is invalid`);
  return time;
}
