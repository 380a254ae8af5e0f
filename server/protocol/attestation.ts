import { type Bytes, equal } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import { open1, parseSign1, sign1 } from './encoding/cose.ts';
import type { Crypto, PublicKey, Sha256, Signer } from './crypto.ts';
import { decodeStrict, Fields } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/**
 * What a device says of itself when it is opened: who it is, what it is set to, and the nonce it waits with.
 *
 *     COSE_Sign1 { 1: nonce, 2: E nonce, 3: ticks, 4: ticks left, 5: device, 6: patient salt, 7: patient tag,
 *                  8: counter, 9: receipt number, 10: last receipt hash, 11: profile hash, 12: settings,
 *                  13: firmware digest, 14: anchors version, 15: status version, 16: channel exporter, 17: mode }
 */
export interface Attestation {
  readonly nonce: Bytes;
  readonly emergencyNonce: Bytes;
  /** Device ticks (seconds of the device's own running time). */
  readonly ticks: number;
  /** Ticks until the nonce dies. */
  readonly ticksLeft: number;
  readonly device: Bytes;
  readonly patientSalt: Bytes;
  readonly patient: Bytes;
  readonly counter: number;
  readonly receiptNumber: number;
  readonly lastReceipt: Bytes;
  readonly profile: Bytes;
  readonly settings: ReadonlyMap<number, number>;
  readonly firmware: Bytes;
  readonly anchorsVersion: number;
  readonly statusVersion: number;
  /** Binds the attestation to the channel it came through; zero where the link itself is authenticated. */
  readonly channel: Bytes;
  readonly mode: Mode;
}

export const MODE = { running: 0, stopped: 1, 'safe-mode': 2 } as const;
export type Mode = keyof typeof MODE;
const MODE_NAMES: readonly Mode[] = ['running', 'stopped', 'safe-mode'];

export const MAX_ATTESTATION = 2048;
const FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];

export function issueAttestation(attestation: Attestation, device: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, attestation.nonce],
    [2, attestation.emergencyNonce],
    [3, attestation.ticks],
    [4, attestation.ticksLeft],
    [5, attestation.device],
    [6, attestation.patientSalt],
    [7, attestation.patient],
    [8, attestation.counter],
    [9, attestation.receiptNumber],
    [10, attestation.lastReceipt],
    [11, attestation.profile],
    [12, attestation.settings],
    [13, attestation.firmware],
    [14, attestation.anchorsVersion],
    [15, attestation.statusVersion],
    [16, attestation.channel],
    [17, MODE[attestation.mode]],
  ]);
  return sign1('attestation', encode(payload), device);
}

/** What an attestation says of which device, before its key is known. */
export const readAttestation = (bytes: Bytes): Attestation =>
  parsePayload(parseSign1(bytes, 'attestation', MAX_ATTESTATION, 'E_DEVICE_IDENTITY').payload);

/** An attestation that this device signed; throws Refusal E_DEVICE_IDENTITY. */
export async function openAttestation(crypto: Crypto, bytes: Bytes, device: PublicKey): Promise<Attestation> {
  const message = parseSign1(bytes, 'attestation', MAX_ATTESTATION, 'E_DEVICE_IDENTITY');
  return parsePayload(await open1(crypto, 'attestation', message, device, 'E_DEVICE_IDENTITY'));
}

function parsePayload(payload: Bytes): Attestation {
  const f = Fields.of(decodeStrict(payload, 'attestation', MAX_ATTESTATION), 'attestation', FIELDS);
  return {
    nonce: f.bytes(1, 16),
    emergencyNonce: f.bytes(2, 16),
    ticks: f.uint(3, 0xffff_ffff),
    ticksLeft: f.uint(4, 0xffff_ffff),
    device: f.bytes(5, 8),
    patientSalt: f.bytes(6, 16),
    patient: f.bytes(7, 32),
    counter: f.uint(8, 0xffff_ffff),
    receiptNumber: f.uint(9, 0xffff_ffff),
    lastReceipt: f.bytes(10, 32),
    profile: f.bytes(11, 32),
    settings: f.settings(12),
    firmware: f.bytes(13, 32),
    anchorsVersion: f.uint(14, 0xffff_ffff),
    statusVersion: f.uint(15, 0xffff_ffff),
    channel: f.bytes(16, 32),
    mode: modeNamed(f.uint(17, 2), 'attestation.17'),
  };
}

/** The mode with a number; throws Refusal E_CMD_MALFORMED. */
export function modeNamed(number: number, field: string): Mode {
  const mode = MODE_NAMES[number];
  if (!mode) throw new Refusal('E_CMD_MALFORMED', 'no such mode', field);
  return mode;
}

/**
 * The tag by which a device knows its patient without knowing who it is:
 * SHA-256(CBOR ["countersign/patient/v1", salt, medical record number, year of birth]).
 */
export const patientTag = (sha256: Sha256, salt: Bytes, mrn: string, birthYear: number): Bytes =>
  sha256(encode(['countersign/patient/v1', salt, mrn, birthYear]));

/** Throws Refusal E_PATIENT unless the device's tag is that of this person. */
export function checkPatient(sha256: Sha256, attestation: Attestation, mrn: string, birthYear: number): void {
  if (!equal(patientTag(sha256, attestation.patientSalt, mrn, birthYear), attestation.patient)) {
    throw new Refusal(
      'E_PATIENT',
      'wristband and year of birth do not match the device',
      'attestation.patient',
    );
  }
}
