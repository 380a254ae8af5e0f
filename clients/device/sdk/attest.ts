import { issueAttestation } from '../../../server/protocol/attestation.ts';
import { issuePresence } from '../../../server/protocol/link/presence.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../../server/protocol/crypto.ts';
import type { DeviceState } from './state.ts';
import type { Therapy } from './therapy.ts';

/** Signs the little that a device says of itself where no gateway stands behind the reader. */
export function present(
  parts: { readonly id: Bytes; readonly identity: Signer },
  { emergencyNonce, mode }: DeviceState,
  session: { readonly ticks: number; readonly channel: Bytes; readonly profile: Bytes },
): Promise<Bytes> {
  return issuePresence({ ...session, emergencyNonce, mode, device: parts.id }, parts.identity);
}

/** Signs what the device says of itself when it is opened. */
export function attest(
  parts: {
    readonly id: Bytes;
    readonly identity: Signer;
    readonly firmware: Bytes;
    readonly therapy: Pick<Therapy, 'measured'>;
  },
  state: DeviceState,
  session: {
    readonly nonce: Bytes;
    readonly ticks: number;
    readonly ticksLeft: number;
    readonly channel: Bytes;
    readonly profile: Bytes;
    readonly anchors: number;
  },
): Promise<Bytes> {
  return issueAttestation(
    {
      nonce: session.nonce,
      emergencyNonce: state.emergencyNonce,
      ticks: session.ticks,
      ticksLeft: session.ticksLeft,
      device: parts.id,
      patientSalt: state.patientSalt,
      patient: state.patient,
      counter: state.counter,
      receiptNumber: state.receiptNumber,
      lastReceipt: state.lastReceipt,
      profile: session.profile,
      settings: new Map([...state.settings, ...(parts.therapy.measured?.() ?? [])]),
      firmware: parts.firmware,
      anchorsVersion: session.anchors,
      statusVersion: state.statusVersion,
      channel: session.channel,
      mode: state.mode,
    },
    parts.identity,
  );
}
