import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Crypto, Signer } from '../../../server/protocol/crypto.ts';
import type { Storage } from './slots.ts';
import type { DeviceState } from './state.ts';
import type { Therapy } from './therapy.ts';

/** What a device is given when it is switched on. */
export interface Parts {
  readonly id: Bytes;
  readonly identity: Signer;
  readonly crypto: Crypto;
  readonly storage: Storage;
  readonly therapy: Therapy;
  readonly random: (size: number) => Bytes;
  /** Seconds since the device was switched on; never runs backwards. */
  readonly uptime: () => number;
  readonly firmware: Bytes;
  /** State of a device that never stored any: as its maker and the hospital set it up. */
  readonly factory: () => DeviceState;
  /** Signature checks that messages which prove nothing may cost, at once and per tick. */
  readonly strangers?: { readonly capacity: number; readonly ticksPerToken: number };
}

/**
 * How a message reached the device: over the air by way of a gateway (`unproven` until that has shown that it was certified
 * in the open) or of a reader station alone, or the network.
 */
export interface Contact {
  readonly kind: 'nfc' | 'unproven' | 'station' | 'websocket';
  /** What binds an attestation to this channel; zero where the link itself is authenticated. */
  readonly channel: Bytes;
}
