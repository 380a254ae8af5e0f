import { type Bytes } from '../../../clients/second/check/bytes.ts';
import type { Attestation, Receipt } from '../../../clients/second/check/device.ts';
import type { Setting } from '../../../clients/second/check/profile.ts';
import type { Device, Waiting } from '../../../clients/second/gate/desk.ts';
import type { BrokenGlass } from '../../../clients/second/gate/glass.ts';
import type { OpenReview } from '../../../clients/second/gate/reviews.ts';
import type { Place } from '../../../clients/second/gate/place.ts';

const bytes = (size: number, of: number): Bytes => new Uint8Array(size).fill(of);

const setting = (part: Partial<Setting> & Pick<Setting, 'code' | 'name'>): Setting => ({
  unit: '1',
  scale: 0,
  min: 0,
  max: 0,
  step: 1,
  maxChange: 100,
  programmable: true,
  options: new Map(),
  ...part,
});

const RATE = setting({
  code: 1,
  name: 'Lower rate',
  unit: '/min',
  min: 30,
  max: 150,
  step: 5,
  maxChange: 20,
});
const AMPLITUDE = setting({ code: 2, name: 'Pacing amplitude, right ventricle', unit: 'V', scale: 1, min: 5, max: 70, step: 5 }); // prettier-ignore
const MODE = setting({
  code: 3,
  name: 'Pacing mode',
  options: new Map([
    [1, 'DDD'],
    [2, 'VVI'],
  ]),
});

const NOW: Attestation = {
  nonce: bytes(16, 1),
  ticks: 86_400,
  ticksLeft: 840,
  device: bytes(8, 0x7f),
  salt: bytes(16, 3),
  tag: bytes(32, 4),
  counter: 12,
  profile: bytes(32, 6),
  firmware: bytes(32, 7),
  settings: new Map([
    [1, 60],
    [2, 35],
    [3, 1],
  ]),
  mode: 0,
};

/** A pacemaker, as this page has read it; its key is never asked for anything here. */
export const DEVICE: Device = {
  id: NOW.device,
  name: 'pacemaker-1',
  key: { kid: bytes(16, 1) } as unknown as Device['key'],
  profile: {
    model: 'SIM-DR1',
    maker: 'Example',
    settings: [RATE, AMPLITUDE, MODE],
    rules: [],
    operations: [1, 3, 4],
    hash: bytes(32, 6),
    firmware: undefined,
  },
  ranges: new Map([[1, { low: 50, high: 80 }]]),
  now: NOW,
  until: Date.now() + 10 * 60_000,
};

/** Somebody's change that waits, for as long as pictures are taken. */
export const waiting = (part: Partial<Waiting> = {}): Waiting => ({
  id: '1',
  device: '7f'.repeat(8),
  deviceName: DEVICE.name,
  patient: { name: 'Vargas, Marta Luisa', bed: '6B-12' },
  operation: 1,
  settings: [RATE.code, AMPLITUDE.code],
  by: 'Dr A. Okafor',
  reason: 'symptoms',
  order: 'ORD-4711',
  note: '',
  expires: Date.now() + 13 * 60_000,
  attemptsLeft: 2,
  primed: false,
  shown: false,
  ...part,
});

/** What the device signed when it went to its safe mode. */
export const RESCUE: Receipt = {
  device: NOW.device,
  result: 'applied',
  refusal: undefined,
  command: bytes(32, 7),
  granted: false,
  number: 220,
  before: NOW.settings,
  after: new Map([[1, 65], [2, 50], [3, 2]]),
  readBack: new Map([[1, 65], [2, 50], [3, 2]]),
  digest: bytes(32, 8),
}; // prettier-ignore

/** An emergency of half an hour ago that nobody has reviewed yet. */
export const emergency = (part: Partial<OpenReview> = {}): OpenReview => ({
  device: '7f'.repeat(8),
  deviceName: DEVICE.name,
  patient: { name: 'Vargas, Marta Luisa', bed: '6B-12' },
  command: '07'.repeat(32),
  by: 'Dr A. Okafor',
  own: false,
  since: Date.now() - 1_800_000,
  due: Date.now() + 84_600_000,
  why: { reason: 'danger', text: 'Pauses of four seconds' },
  ...part,
});

/** A break-glass of this morning that nobody has reviewed yet. */
export const opening = (part: Partial<BrokenGlass> = {}): BrokenGlass => ({
  id: '09'.repeat(32),
  patient: { name: 'Varga, Ilona', bed: '6B-3' },
  deviceNames: ['pump-2'],
  by: 'Dr C. Moreau',
  own: false,
  reason: 'team-absent',
  text: 'Called by the ward for a wet line',
  since: Date.now() - 7_200_000,
  until: Date.now() - 3_600_000,
  open: false,
  ...part,
});

export const PLACE: Place = {
  simulation: true,
  site: 'Ward 6B',
  gateway: 'http://gate.localhost:1',
  issuer: { url: 'http://id.localhost:1', client: 'second' },
  reception: 'http://reception.localhost:1',
  simulator: 'http://patients.localhost:1',
};
