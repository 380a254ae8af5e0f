import type { Bytes } from '../protocol/encoding/bytes.ts';
import type { PublicKey } from '../protocol/crypto.ts';
import type { Profile } from '../protocol/profile.ts';

/** What the broker needs to know of an enrolled device; the fleet's record has it, and more. */
export interface EnrolledDevice {
  readonly id: Bytes;
  readonly hex: string;
  readonly name: string;
  readonly model: string;
  readonly site: string;
  readonly transport: 'nfc' | 'websocket';
  readonly posture: 'enrolled' | 'monitor-only';
  readonly identity: PublicKey;
  readonly profile: Profile;
  readonly profileHash: Bytes;
}
