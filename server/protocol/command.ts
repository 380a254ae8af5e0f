import { type Bytes, concat, utf8 } from './encoding/bytes.ts';
import { type Cbor, encode } from './encoding/cbor.ts';
import type { Sha256 } from './crypto.ts';
import { decodeStrict, Fields } from './encoding/fields.ts';
import { Refusal } from './refusal.ts';

/**
 * What a clinician signs: one change to one device, in one state, for one patient, once.
 *
 *     { 1: version, 2: device id, 3: device nonce, 4: counter, 5: profile hash, 6: settings hash,
 *       7: operation, 8: { setting code => new value }, 9: patient tag, ? 10: digest of what travels beside it }
 */
export interface Command {
  /** EUI-64 of the device. */
  readonly device: Bytes;
  /** The nonce the device is waiting with, 16 bytes. */
  readonly nonce: Bytes;
  /** The device's last accepted counter + 1. */
  readonly counter: number;
  /** SHA-256 of the maker-signed profile payload. */
  readonly profile: Bytes;
  /** Hash of the programmed settings this change starts from. */
  readonly settings: Bytes;
  readonly operation: number;
  /** Exactly the settings whose value changes: code to new value, in the profile's scaled integers. */
  readonly changes: ReadonlyMap<number, number>;
  /** Patient tag the device holds. */
  readonly patient: Bytes;
  /** SHA-256 of what travels beside the command (an association, an image, a profile). */
  readonly companion?: Bytes;
}

/** What a device can be told to do. A number that is not here is refused with E_ROUTE. */
export const OPERATION = {
  program: 1,
  associate: 2,
  stop: 3,
  resume: 4,
  firmware: 5,
  profile: 6,
  safeMode: 7,
} as const;
export type OperationName = keyof typeof OPERATION;

const REQUIRED = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const MAX_COMMAND = 1024;
const VERSION = 1;

/** The exact bytes to sign. */
export function encodeCommand(command: Command): Bytes {
  const members: [number, Cbor][] = [
    [1, VERSION],
    [2, command.device],
    [3, command.nonce],
    [4, command.counter],
    [5, command.profile],
    [6, command.settings],
    [7, command.operation],
    [8, command.changes],
    [9, command.patient],
  ];
  if (command.companion) members.push([10, command.companion]);
  return encode(new Map(members));
}

/** Reads command bytes; throws Refusal E_CMD_MALFORMED or E_VERSION. */
export function parseCommand(bytes: Bytes): Command {
  const f = Fields.of(decodeStrict(bytes, 'command', MAX_COMMAND), 'command', REQUIRED, [10]);
  if (f.uint(1) !== VERSION) throw new Refusal('E_VERSION', 'command version', 'command.1');
  return {
    device: f.bytes(2, 8),
    nonce: f.bytes(3, 16),
    counter: f.uint(4, 0xffff_ffff),
    profile: f.bytes(5, 32),
    settings: f.bytes(6, 32),
    operation: f.uint(7, 0xffff),
    changes: f.settings(8),
    patient: f.bytes(9, 32),
    ...(f.has(10) && { companion: f.bytes(10, 32) }),
  };
}

/** The command's identity everywhere: SHA-256 of exactly the signed bytes. */
export const commandHash = (sha256: Sha256, bytes: Bytes): Bytes => sha256(bytes);

/**
 * What people sign. The label keeps a command, a session and a statement apart for ever; `primed` is a command by a second
 * person who was shown its values.
 */
export type SignedByPeople = 'command' | 'primed' | 'session' | 'statement';

/** The WebAuthn challenge over some bytes: SHA-256(label || 00 || bytes). */
export const challengeFor = (sha256: Sha256, label: SignedByPeople, bytes: Bytes): Bytes =>
  sha256(concat(utf8(`countersign/${label}/v1`), Uint8Array.of(0), bytes));
