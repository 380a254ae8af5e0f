import type { Bytes } from '../encoding/bytes.ts';
import { MODE, type Mode, modeNamed } from '../attestation.ts';
import { type Cbor, encode } from '../encoding/cbor.ts';
import { open1, parseSign1, sign1 } from '../encoding/cose.ts';
import type { Crypto, PublicKey, Signer } from '../crypto.ts';
import { decodeStrict, Fields } from '../encoding/fields.ts';

/**
 * What a device says of itself at a reader station with no gateway behind it: enough to ask for its safe mode, and
 * nothing about its patient or its settings.
 *
 *     COSE_Sign1 { 1: E nonce, 2: device, 3: profile hash, 4: mode, 5: ticks, 6: channel exporter }
 */
export interface Presence {
  readonly emergencyNonce: Bytes;
  readonly device: Bytes;
  readonly profile: Bytes;
  readonly mode: Mode;
  readonly ticks: number;
  readonly channel: Bytes;
}

const MAX_PRESENCE = 512;
const FIELDS = [1, 2, 3, 4, 5, 6];

export function issuePresence(presence: Presence, device: Signer): Promise<Bytes> {
  const payload = new Map<number, Cbor>([
    [1, presence.emergencyNonce],
    [2, presence.device],
    [3, presence.profile],
    [4, MODE[presence.mode]],
    [5, presence.ticks],
    [6, presence.channel],
  ]);
  return sign1('presence', encode(payload), device);
}

/** What a presence says, before its key is known: a station meets devices it was never told of. Throws Refusal. */
export const readPresence = (bytes: Bytes): Presence =>
  parsePayload(parseSign1(bytes, 'presence', MAX_PRESENCE, 'E_DEVICE_IDENTITY').payload);

/** A presence that this device signed; throws Refusal E_DEVICE_IDENTITY. */
export async function openPresence(crypto: Crypto, bytes: Bytes, device: PublicKey): Promise<Presence> {
  const message = parseSign1(bytes, 'presence', MAX_PRESENCE, 'E_DEVICE_IDENTITY');
  return parsePayload(await open1(crypto, 'presence', message, device, 'E_DEVICE_IDENTITY'));
}

function parsePayload(payload: Bytes): Presence {
  const f = Fields.of(decodeStrict(payload, 'presence', MAX_PRESENCE), 'presence', FIELDS);
  return {
    emergencyNonce: f.bytes(1, 16),
    device: f.bytes(2, 8),
    profile: f.bytes(3, 32),
    mode: modeNamed(f.uint(4, 2), 'presence.4'),
    ticks: f.uint(5, 0xffff_ffff),
    channel: f.bytes(6, 32),
  };
}
