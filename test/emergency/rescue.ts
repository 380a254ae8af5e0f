import assert from 'node:assert/strict';
import { encodeEmergency } from '../../server/protocol/bundle.ts';
import { type Bytes, unhex } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { challengeFor, encodeCommand, OPERATION } from '../../server/protocol/command.ts';
import { encodeFromStation, parseToStation, type ToStation } from '../../server/protocol/link/station.ts';
import { encodeRequest, parseAnswer } from '../../server/protocol/link/wire.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { nodeCrypto } from '../support/keys.ts';
import type { TestClinician, TestDevice, TestWard } from '../support/ward.ts';

/** Somebody with the emergency role, as stations are told of them. */
export type Rescuer = Extract<ToStation, { kind: 'rescuer' }>['proven'];

/** A station at the gateway, and everything it is told. */
export function stationOf(ward: TestWard): { readonly told: ToStation[]; say(record: Bytes): void } {
  const [near, far] = channelPair();
  const told: ToStation[] = [];
  far.onMessage((frame) => void told.push(parseToStation(frame)));
  ward.contacts.onStation('station-1', near);
  far.send(encodeFromStation({ kind: 'hello', label: 'station-1', readers: [] }));
  return { told, say: (record) => far.send(encodeFromStation({ kind: 'acted', record })) };
}

/** One clinician beside the patient, with no gateway: what went to the device and what it answered. */
export async function rescueOf(heart: TestDevice, doctor: TestClinician, proven: Rescuer): Promise<Bytes> {
  const zero = (size: number): Bytes => new Uint8Array(size);
  const command = encodeCommand({
    device: unhex(heart.id),
    nonce: heart.device.state.emergencyNonce,
    counter: 0,
    profile: zero(32),
    settings: zero(32),
    operation: OPERATION.safeMode,
    changes: new Map(),
    patient: zero(32),
  });
  const approval = await doctor.passkey.approve(challengeFor(nodeCrypto.sha256, 'command', command));
  const emergency = encodeEmergency({ command, approval, credential: proven });
  const contact = { kind: 'station' as const, channel: zero(32) };
  const answer = parseAnswer(
    await heart.device.handle(encodeRequest({ kind: 'emergency', emergency }), contact),
  );
  assert.equal(answer.kind, 'receipt', JSON.stringify(answer));
  return encode([emergency, answer.kind === 'receipt' ? answer.receipt : zero(0)]);
}

export const rescuerIn = (told: readonly ToStation[]): Rescuer => {
  const found = told.find((message) => message.kind === 'rescuer');
  assert.ok(found?.kind === 'rescuer');
  return found.proven;
};
