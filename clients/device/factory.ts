import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { openProfile } from '../../server/protocol/profile.ts';
import type { DeviceState } from './sdk/state.ts';

/** What the maker and the hospital put into a device before it meets a patient. */
export interface Provision {
  readonly anchors: Bytes;
  readonly profile: Bytes;
  readonly patientSalt: Bytes;
  readonly patient: Bytes;
  /** Unix seconds at which it was set up. */
  readonly time: number;
  readonly emergencyNonce: Bytes;
}

/** The state of a device fresh from its bench: nominal settings, no command taken, no receipt given. */
export async function factoryState(crypto: Crypto, provision: Provision): Promise<DeviceState> {
  const anchors = readAnchors(crypto, provision.anchors);
  const { profile } = await openProfile(crypto, provision.profile, [anchors.profileMaker]);
  const settings = new Map(profile.parameters.map((p) => [p.code, p.nominal]));
  return {
    settings,
    mode: 'running',
    counter: 0,
    receiptNumber: 0,
    lastReceipt: new Uint8Array(32),
    receipts: [],
    emergencyNonce: provision.emergencyNonce,
    ticks: 0,
    time: provision.time,
    timeTick: 0,
    statusVersion: 0,
    revoked: [],
    patientSalt: provision.patientSalt,
    patient: provision.patient,
    anchors: provision.anchors,
    profile: provision.profile,
    history: [],
    baselines: settings,
  };
}
