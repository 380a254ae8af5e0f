import assert from 'node:assert/strict';
import { Device } from '../../clients/device/sdk/device.ts';
import type { Contact, Parts } from '../../clients/device/sdk/parts.ts';
import { memorySlots, type Storage } from '../../clients/device/sdk/slots.ts';
import { type DeviceState, encodeState } from '../../clients/device/sdk/state.ts';
import { SimulatedTherapy } from '../../clients/device/sdk/therapy.ts';
import { type Attestation, openAttestation } from '../../server/protocol/attestation.ts';
import { type Bundle, encodeBundle } from '../../server/protocol/bundle.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Profile } from '../../server/protocol/profile.ts';
import { type Absence, openAbsence, openReceipt, type Receipt } from '../../server/protocol/receipt.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { type Answer, encodeRequest, parseAnswer, type Request } from '../../server/protocol/link/wire.ts';
import { ISSUED, makeBundle, makeWorld, type World, type WorldOptions } from './fixtures.ts';
import { nodeCrypto, testBytes } from './keys.ts';
import { testProfile } from './profile.ts';

/** The small pacemaker, which can also be started again, by two people and somebody at its side. */
export const deviceProfile: Profile = {
  ...testProfile,
  operations: [
    ...testProfile.operations,
    { operation: OPERATION.resume, risk: 2, lowers: false, physicalIntent: true },
  ],
};

/** The small trust world, around a device that can do everything a device can do. */
export const makeDeviceWorld = (options: WorldOptions = {}): Promise<World> =>
  makeWorld({ profile: deviceProfile, ...options });

/** A device on a bench: real, but for its clock, its chance and its patient. */
export interface Bench {
  readonly device: Device;
  readonly storage: Storage;
  readonly therapy: SimulatedTherapy;
  /** Seconds since it was switched on: tests move them. */
  readonly clock: { seconds: number };
  readonly world: World;
}

export interface BenchOptions extends Partial<Pick<Parts, 'strangers' | 'storage' | 'crypto'>> {
  readonly state?: Partial<DeviceState>;
  readonly therapy?: SimulatedTherapy;
}

const CHANNEL = new Uint8Array(32);
export const nfc: Contact = { kind: 'nfc', channel: CHANNEL };
export const websocket: Contact = { kind: 'websocket', channel: CHANNEL };

/** The state that the world's attestation tells of. */
export const stateOf = ({ attestation, anchorsBytes, profileBytes }: World): DeviceState => ({
  settings: attestation.settings,
  mode: 'running',
  counter: attestation.counter,
  receiptNumber: attestation.receiptNumber,
  lastReceipt: attestation.lastReceipt,
  receipts: [],
  emergencyNonce: attestation.emergencyNonce,
  ticks: attestation.ticks,
  time: ISSUED + 86_400,
  timeTick: attestation.ticks,
  statusVersion: attestation.statusVersion,
  revoked: [],
  patientSalt: attestation.patientSalt,
  patient: attestation.patient,
  anchors: anchorsBytes,
  profile: profileBytes,
  history: [],
  baselines: attestation.settings,
});

/** Switches the world's device on. The first nonce it shows is the one in the world's attestation. */
export async function switchOn(world: World, options: BenchOptions = {}): Promise<Bench> {
  const storage = options.storage ?? memorySlots();
  const therapy = options.therapy ?? new SimulatedTherapy();
  const clock = { seconds: 0 };
  let drawn = 0;
  const device = await Device.start({
    id: world.deviceId,
    identity: world.device,
    crypto: options.crypto ?? nodeCrypto,
    storage,
    therapy,
    random: (size) => (drawn++ === 0 ? world.attestation.nonce : testBytes(`drawn ${drawn}`, size)),
    uptime: () => clock.seconds,
    firmware: world.attestation.firmware,
    factory: () => ({ ...stateOf(world), ...options.state }),
    ...(options.strangers && { strangers: options.strangers }),
  });
  return { device, storage, therapy, clock, world };
}

/** A device that was switched on and opened: it waits with the world's nonce. */
export async function opened(world: World, options: BenchOptions = {}): Promise<Bench> {
  const bench = await switchOn(world, options);
  await open(bench);
  return bench;
}

/** One message and its answer, as a link would carry them. */
export const send = async (
  { device }: Bench,
  message: Request | Bytes,
  contact = websocket,
): Promise<Answer> =>
  parseAnswer(await device.handle(message instanceof Uint8Array ? message : encodeRequest(message), contact));

export const deliver = (bench: Bench, bundle: Bundle, companion?: Bytes): Promise<Answer> =>
  send(bench, { kind: 'deliver', bundle: encodeBundle(bundle), ...(companion && { companion }) });

/** Opens the device and believes only what it signed. */
export async function open(bench: Bench, contact = websocket): Promise<Attestation> {
  const answer = await send(bench, { kind: 'open' }, contact);
  assert.equal(answer.kind, 'attestation', JSON.stringify(answer));
  const bytes = answer.kind === 'attestation' ? answer.attestation : CHANNEL;
  return openAttestation(nodeCrypto, bytes, bench.world.device.key);
}

/** The world as the device now stands: the next draft starts from here. */
export const reopened = async (bench: Bench): Promise<World> => ({
  ...bench.world,
  attestation: await open(bench),
});

/** The receipt in an answer, with its exact bytes; fails when the answer is another. */
export async function receiptIn(bench: Bench, answer: Answer): Promise<Receipt & { readonly bytes: Bytes }> {
  assert.equal(answer.kind, 'receipt', JSON.stringify(answer));
  const bytes = answer.kind === 'receipt' ? answer.receipt : CHANNEL;
  return { ...(await openReceipt(nodeCrypto, bytes, bench.world.device.key)), bytes };
}

/** Delivers what must be applied. */
export async function apply(bench: Bench, bundle: Bundle, companion?: Bytes) {
  const receipt = await receiptIn(bench, await deliver(bench, bundle, companion));
  assert.equal(receipt.result, 'applied', receipt.code);
  return receipt;
}

/** The device's word that it never accepted a command. */
export async function absence(bench: Bench, command: Bytes): Promise<Absence> {
  const answer = await send(bench, { kind: 'receipt-for', command });
  assert.equal(answer.kind, 'absence', JSON.stringify(answer));
  const bytes = answer.kind === 'absence' ? answer.absence : CHANNEL;
  return openAbsence(nodeCrypto, bytes, bench.world.device.key);
}

/** Everything that must not move on a refusal: what is remembered, what is stored, what acts. */
export async function digest({ device, storage, therapy }: Bench): Promise<string> {
  const stored = (await storage.load()) ?? CHANNEL;
  const acting = [...therapy.acting].join(';') + therapy.mode;
  return [encodeState(device.state), stored].map((bytes) => hex(nodeCrypto.sha256(bytes))).join() + acting;
}

export interface Expected {
  readonly code: RefusalCode;
  readonly field?: string;
  /** Asymmetric operations the refusal may cost; not looked at unless given. */
  readonly work?: number;
}

/** Sends what must be refused and shows that nothing moved: not the state, not the disk, not the therapy. */
export async function refuse(
  bench: Bench,
  message: Request | Bytes,
  expected: Expected,
  contact = websocket,
) {
  const before = await digest(bench);
  const { verifications, signatures } = bench.device.work;
  const answer = await send(bench, message, contact);
  assert.deepEqual(answer, {
    kind: 'refused',
    code: expected.code,
    field: expected.field ?? (answer.kind === 'refused' ? answer.field : ''),
  });
  assert.equal(await digest(bench), before, 'a refusal moved something');
  if (expected.work === undefined) return;
  const { work } = bench.device;
  assert.equal(work.verifications - verifications + work.signatures - signatures, expected.work, 'costs');
}

/** Refuses a bundle on a device just opened; the nonce stays, and the genuine command is taken after it. */
export async function refuseThenApply(
  world: World,
  bundle: Bundle | Bytes,
  expected: Expected,
  options: BenchOptions & { readonly companion?: Bytes } = {},
): Promise<void> {
  const bench = await opened(world, options);
  const { companion } = options;
  const bytes = bundle instanceof Uint8Array ? bundle : encodeBundle(bundle);
  await refuse(bench, { kind: 'deliver', bundle: bytes, ...(companion && { companion }) }, expected);
  const again = await reopened(bench);
  assert.deepEqual(again.attestation.nonce, world.attestation.nonce, 'the nonce was replaced');
  const receipt = await apply(bench, await makeBundle(again));
  assert.equal(receipt.number, world.attestation.receiptNumber + 1);
}
