import { OPERATION } from '../../../server/protocol/command.ts';
import { type Attestation, type Mode, patientTag } from '../../../server/protocol/attestation.ts';
import { publicKey } from '../../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM } from '../../../server/protocol/crypto.ts';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import { encodeCommand } from '../../../server/protocol/command.ts';
import { parseProfile, type Profile, settingsHash } from '../../../server/protocol/profile.ts';
import type { Receipt } from '../../../server/protocol/receipt.ts';
import { renderCommand } from '../../../server/protocol/render.ts';
import { sha256 } from '../../../clients/common/page/sha256.ts';
import { type Draft, newDraft, peopleFor, withValue } from '../../../clients/tablet/change/draft.ts';
import type { AssignedDevice, Patient } from '../../../clients/tablet/patient/patients.ts';
import type { Reading } from '../../../clients/tablet/device/reading.ts';
import type { Outcome, Run, State } from '../../../clients/tablet/state.ts';

/** The moment in which every picture is taken (Unix ms). */
export const NOW = Date.UTC(2026, 2, 14, 14, 6, 31);

export interface Profiles {
  readonly pump: Bytes;
  readonly pacemaker: Bytes;
}

const bytes = (size: number, of: number): Bytes => new Uint8Array(size).fill(of);

/** What pictures are made of: one patient, a pacemaker and a pump, as a ward has them. */
export class Kit {
  readonly pacemaker: Reading;
  readonly pump: Reading;

  constructor(profiles: Profiles) {
    this.pacemaker = reading(parseProfile(profiles.pacemaker), 'pacemaker-1', 'nfc', 0x7f);
    this.pump = reading(parseProfile(profiles.pump), 'pump-1', 'websocket', 0x19);
  }

  /** A code of a setting by its name. */
  code(of: Reading, name: string): number {
    const found = of.profile.parameters.find((one) => one.name === name);
    if (!found) throw new Error(`no setting ${name}`);
    return found.code;
  }

  /** The device as it would be with these values, by the names that its profile has. */
  having(of: Reading, values: Readonly<Record<string, number>>): Reading {
    const other = Object.entries(values).map(([name, value]) => [this.code(of, name), value] as const);
    const settings = new Map([...of.attestation.settings, ...other]);
    return { ...of, attestation: { ...of.attestation, settings } };
  }

  draft(of: Reading, values: Readonly<Record<string, number>>, reason = 'symptoms'): Draft {
    let draft = { ...newDraft(of, OPERATION.program), reason, note: 'Tired on exertion' };
    for (const [name, value] of Object.entries(values)) draft = withValue(draft, this.code(of, name), value);
    return draft;
  }

  run(of: Reading, draft: Draft, outcome: Outcome, stages: readonly string[]): Run {
    const command = encodeCommand({
      device: of.device,
      nonce: of.attestation.nonce,
      counter: 13,
      profile: of.profileHash,
      settings: settingsHash(sha256, of.profile, of.attestation.settings),
      operation: draft.operation,
      changes: draft.changes,
      patient: of.attestation.patient,
    });
    const names = [
      'signed',
      'second',
      'checked',
      'logged',
      'granted',
      'sent',
      'answered',
      'verified',
    ] as const;
    const passed = names.filter((name) => stages.includes(name));
    return {
      bytes: command,
      reading: of,
      draft,
      rendering: renderCommand(sha256, command, of.profile, of.attestation.settings),
      people: peopleFor(of, draft),
      stages: new Map(passed.map((name, i) => [name, NOW - 30_000 + i * 4_000])),
      outcome,
    };
  }

  receipt(of: Reading, draft: Draft, readBack = draft.changes): Receipt {
    const before = of.attestation.settings;
    const after = new Map([...before, ...readBack]);
    return {
      device: of.device,
      result: 'applied',
      command: bytes(32, 9),
      kids: [],
      number: 219,
      counter: 13,
      before,
      after,
      readBack: after,
      previous: bytes(32, 8),
      ticks: 900,
    };
  }

  /** Somebody is signed in, and has this patient in front of them. */
  atBedside(state: State, of?: Reading, wristband: string | null = '4471-9920-3'): void {
    signedIn(state);
    state.patient.value = patient(this, wristband ?? undefined);
    if (!of) return;
    state.wanted.value = of.id;
    state.reading.value = of;
    if (of.transport === 'nfc') state.binding.value = { label: '6B-2', signal: 'shown', confirmed: true };
  }
}

export function signedIn(state: State): void {
  state.person.value = {
    subject: '00',
    roles: 5,
    tablet: '6B-04',
    expires: NOW + 3_600_000,
    name: 'Dr A. Okafor',
  };
}

const device = (of: Reading, more: Partial<AssignedDevice> = {}): AssignedDevice => ({
  id: of.id,
  name: of.name,
  model: of.profile.model,
  transport: of.transport,
  connected: true,
  posture: 'ready',
  ...more,
});

function patient(kit: Kit, wristband: string | undefined): Patient {
  return {
    id: '00'.repeat(16),
    family: 'Vargas',
    given: 'Marta Luisa',
    birthDate: '1958-03-14',
    restricted: false,
    sex: 'female',
    mrn: '4471-9920-3',
    ward: 'Ward 6B',
    bed: 'bed 12',
    photo: false,
    lookAlike: false,
    devices: [],
    assigned: [device(kit.pacemaker), device(kit.pump, { connected: false, unknown: 'ab'.repeat(32) })],
    wristband,
    portrait: undefined,
  };
}

function reading(profile: Profile, name: string, transport: 'nfc' | 'websocket', of: number): Reading {
  const id = bytes(8, of);
  const settings = new Map(profile.parameters.map((one) => [one.code, one.nominal]));
  const mode: Mode = 'running';
  const attestation: Attestation = {
    nonce: bytes(16, 1),
    emergencyNonce: bytes(16, 2),
    ticks: 86_400,
    ticksLeft: 840,
    device: id,
    patientSalt: bytes(16, 3),
    patient: patientTag(sha256, bytes(16, 3), '4471-9920-3', 1958),
    counter: 12,
    receiptNumber: 218,
    lastReceipt: bytes(32, 5),
    profile: bytes(32, 6),
    settings,
    firmware: bytes(32, 7),
    anchorsVersion: 1,
    statusVersion: 1,
    channel: bytes(32, 0),
    mode,
  };
  return {
    id: hex(id),
    device: id,
    name,
    transport,
    identity: publicKey(sha256, ALGORITHM.ES256, bytes(64, 1)),
    attestation,
    profile,
    profileHash: bytes(32, 6),
    at: NOW - 12_000,
    belongs: true,
    unknown: undefined,
    review: undefined,
  };
}
