import { type Anchors, issueAnchors } from '../../server/protocol/anchors.ts';
import type { SigningOrigin } from '../../server/protocol/approval.ts';
import { type Attestation, issueAttestation, patientTag } from '../../server/protocol/attestation.ts';
import type { Bundle, ProvenCredential } from '../../server/protocol/bundle.ts';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import {
  challengeFor,
  type Command,
  encodeCommand,
  OPERATION,
  type SignedByPeople,
} from '../../server/protocol/command.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import {
  type IssuableCredential,
  issueCredential,
  issueStatus,
  ROLE,
} from '../../server/protocol/credential.ts';
import type { Crypto, Signer } from '../../server/protocol/crypto.ts';
import { type Grant, issueGrant } from '../../server/protocol/grant.ts';
import { leafHash } from '../../server/protocol/log/merkle.ts';
import { encodeProfile, issueProfile, type Profile, settingsHash } from '../../server/protocol/profile.ts';
import { issueReceipt, type Receipt, RESULT } from '../../server/protocol/receipt.ts';
import { nodeCrypto, testBytes, testSigner } from './keys.ts';
import { TestLog } from './log.ts';
import { assertion, type Gesture } from './passkey.ts';
import { LOWER, startSettings, testProfile } from './profile.ts';

const { sha256 } = nodeCrypto;

/** Unix seconds: when the credentials were issued, and two days later, when commands are given. */
export const ISSUED = 1_790_000_000;
export const NOW = ISSUED + 2 * 86_400;

export const PATIENT = { mrn: 'MRN-0001', birthYear: 1951 } as const;

/** A clinician: a software passkey on one signing page, and its credential with the proof of its issuance. */
export interface Person {
  readonly signer: Signer;
  readonly site: SigningOrigin;
  readonly proven: ProvenCredential;
}

/** A whole hospital's trust in memory: every key is a test key, every byte but ECDSA signatures repeatable. */
export interface World {
  readonly crypto: Crypto;
  readonly authority: Signer;
  readonly recovery: Signer;
  readonly maker: Signer;
  readonly gateway: Signer;
  readonly device: Signer;
  readonly deviceId: Bytes;
  readonly anchors: Anchors;
  readonly anchorsBytes: Bytes;
  readonly profile: Profile;
  readonly profileBytes: Bytes;
  readonly profileHash: Bytes;
  readonly log: TestLog;
  readonly alice: Person;
  readonly bob: Person;
  /** The authority's revocation list, version 1, empty. */
  readonly status: Bytes;
  /** What the device says of itself before the command. */
  readonly attestation: Attestation;
}

export interface WorldOptions {
  readonly anchors?: Partial<Anchors>;
  readonly profile?: Profile;
  /** Changes to Bob's credential, for the ways in which two people are not two. */
  readonly bob?: Partial<IssuableCredential>;
  readonly log?: TestLog;
}

const SITES: readonly SigningOrigin[] = [
  { origin: 'https://sign-a.countersign.test', rpId: 'sign-a.countersign.test' },
  { origin: 'https://sign-b.countersign.test', rpId: 'sign-b.countersign.test' },
];

export async function makeWorld(options: WorldOptions = {}): Promise<World> {
  const [authority, recovery, maker, gateway, device] = [
    'authority',
    'recovery',
    'maker',
    'gateway',
    'device',
  ].map((name) => testSigner(name));
  if (!authority || !recovery || !maker || !gateway || !device) throw new Error('five keys');
  const log = options.log ?? new TestLog();
  const profile = options.profile ?? testProfile;
  const anchors: Anchors = {
    version: 1,
    development: false,
    authorities: [authority.key],
    emergencyIssuers: [authority.key],
    recovery: recovery.key,
    profileMaker: maker.key,
    origins: SITES,
    grantKeys: [gateway.key],
    log: { origin: log.origin, vkey: log.vkey },
    witnesses: { k: 1, vkeys: [log.witnessVkey] },
    minimumProtocol: 1,
    credentialAge: 86_400,
    ...options.anchors,
  };
  log.append({ type: 'start', time: ISSUED * 1000, digest: testBytes('start') });
  const profileHash = sha256(encodeProfile(profile));
  const deviceId = testBytes('device id', 8);
  return {
    crypto: nodeCrypto,
    authority,
    recovery,
    maker,
    gateway,
    device,
    deviceId,
    anchors,
    anchorsBytes: await issueAnchors(anchors, authority, recovery),
    profile,
    profileBytes: await issueProfile(profile, maker),
    profileHash,
    log,
    alice: await enrol(log, authority, 'alice', 0, {}),
    bob: await enrol(log, authority, 'bob', 1, options.bob ?? {}),
    status: await issueStatus({ version: 1, issued: ISSUED, revoked: [] }, authority),
    attestation: attestationOf(deviceId, profileHash),
  };
}

const attestationOf = (device: Bytes, profile: Bytes): Attestation => ({
  nonce: testBytes('nonce', 16),
  emergencyNonce: testBytes('E nonce', 16),
  ticks: 1_000,
  ticksLeft: 900,
  device,
  patientSalt: testBytes('salt', 16),
  patient: patientTag(sha256, testBytes('salt', 16), PATIENT.mrn, PATIENT.birthYear),
  counter: 41,
  receiptNumber: 57,
  lastReceipt: testBytes('last receipt'),
  profile,
  settings: startSettings,
  firmware: testBytes('firmware'),
  anchorsVersion: 1,
  statusVersion: 1,
  channel: new Uint8Array(32),
  mode: 'running',
});

/** The authority certifies a passkey; the log announces it; the witness sees it, all at `ISSUED`. */
export async function enrol(
  log: TestLog,
  authority: Signer,
  name: string,
  site: 0 | 1,
  changes: Partial<IssuableCredential>,
): Promise<Person> {
  const signer = testSigner(name);
  const home = SITES[site];
  if (!home) throw new Error('two sites');
  const content: IssuableCredential = {
    subject: testBytes(`subject ${name}`, 16),
    roles: ROLE.clinician | ROLE.second | ROLE.emergency,
    coseKey: coseKey(signer.key.alg, signer.key.raw),
    rpIdHash: sha256(utf8(home.rpId)),
    backupEligible: false,
    notBefore: ISSUED,
    notAfter: ISSUED + 365 * 86_400,
    serial: log.entries.length,
    marks: 0,
    ...changes,
  };
  const credential = await issueCredential(content, authority);
  const entry = {
    type: 'credential',
    time: ISSUED * 1000,
    digest: sha256(credential),
    number: content.serial,
  } as const;
  return { signer, site: home, proven: { credential, proof: await log.proof(log.append(entry), ISSUED) } };
}

/** A command that fits the world; by default it moves the lower rate from 60 to 70 (tier 1). */
export const draft = (world: World, changes: Partial<Command> = {}): Command => ({
  device: world.deviceId,
  nonce: world.attestation.nonce,
  counter: world.attestation.counter + 1,
  profile: world.profileHash,
  settings: settingsHash(sha256, world.profile, world.attestation.settings),
  operation: OPERATION.program,
  changes: new Map([[LOWER, 70]]),
  patient: world.attestation.patient,
  ...changes,
});

/** A person's approval of command bytes. */
export const approve = (
  person: Person,
  command: Bytes,
  gesture?: Gesture,
  label: SignedByPeople = 'command',
) => assertion({ sha256 }, person.signer, person.site, challengeFor(sha256, label, command), gesture);

/** Logs the intent, grants, proves: the bundle a gateway would deliver. `label`: what the second signs; `result`: what the log says of it. */
export async function makeBundle(
  world: World,
  command: Bytes = encodeCommand(draft(world)),
  people: readonly Person[] = [world.alice],
  grant: Partial<Grant> = {},
  { label = 'command', result }: { readonly label?: SignedByPeople; readonly result?: number } = {},
): Promise<Bundle> {
  const hash = sha256(command);
  const index = world.log.append({
    type: 'intent',
    time: NOW * 1000,
    device: world.deviceId,
    command: hash,
    kids: people.map(({ signer }) => signer.key.kid),
    tier: people.length,
    commitments: [testBytes('commitment')],
    link: 1,
    ...(result !== undefined && { result }),
  });
  const proof = await world.log.proof(index, NOW);
  const content: Grant = {
    device: world.deviceId,
    command: hash,
    nonce: world.attestation.nonce,
    id: testBytes('grant id', 16),
    intentLeaf: leafHash(sha256, proof.entry),
    notAfterTick: 1_060,
    issued: NOW,
    ...grant,
  };
  return {
    command,
    approvals: await Promise.all(
      people.map((person, i) => approve(person, command, undefined, i === 1 ? label : 'command')),
    ),
    credentials: people.map(({ proven }) => proven),
    status: world.status,
    grant: await issueGrant(content, world.gateway),
    proof,
  };
}

/** The device's receipt for a bundle it applied; `changes` for the ways it could differ. */
export function makeReceipt(
  world: World,
  bundle: Bundle,
  after: ReadonlyMap<number, number>,
  changes: Partial<Receipt> = {},
) {
  const { attestation } = world;
  const receipt: Receipt = {
    device: world.deviceId,
    result: 'applied',
    command: sha256(bundle.command),
    grant: testBytes('grant id', 16),
    intentLeaf: leafHash(sha256, bundle.proof.entry),
    kids: bundle.approvals.map(({ kid }) => kid),
    number: attestation.receiptNumber + 1,
    counter: attestation.counter + 1,
    before: attestation.settings,
    after,
    readBack: after,
    previous: attestation.lastReceipt,
    ticks: 1_010,
    ...changes,
  };
  return issueReceipt(receipt, world.device);
}

/** Logs the outcome of a bundle, naming the receipt, and proves the entry. */
export function makeOutcome(world: World, bundle: Bundle, receipt: Bytes) {
  const index = world.log.append({
    type: 'outcome',
    time: NOW * 1000 + 1,
    device: world.deviceId,
    command: sha256(bundle.command),
    index: bundle.proof.index,
    result: RESULT.applied,
    digest: sha256(receipt),
    number: world.attestation.receiptNumber + 1,
  });
  return world.log.proof(index, NOW + 1);
}

/** The world's attestation as its device signs it. */
export const attest = (world: World): Promise<Bytes> => issueAttestation(world.attestation, world.device);
