import { type Anchors, readAnchors } from '../anchors.ts';
import { verifyApproval } from '../approval.ts';
import { type Emergency, parseEmergency } from '../bundle.ts';
import { type Bytes, equal, hex } from '../encoding/bytes.ts';
import { challengeFor, type Command, OPERATION, parseCommand } from '../command.ts';
import { parseCoseKey } from '../encoding/cose-key.ts';
import { parseSign1 } from '../encoding/cose.ts';
import { checkInForce, checkRole, type Credential, readCredential, ROLE } from '../credential.ts';
import type { Crypto, PublicKey } from '../crypto.ts';
import type { EmergencyEvidence } from './emergency-evidence.ts';
import { isoTime } from './evidence-checks.ts';
import { announced, checkAnchors, demand, same, siteOf, whoseKey } from './evidence-tools.ts';
import { awaited, need, own, type Part, part } from './evidence-parts.ts';
import { MAX_PROFILE, openProfile, parseProfile, type Profile, programmed } from '../profile.ts';
import { type PlacedEntry, placeProof, verifySeal } from '../log/prove.ts';
import { openReceipt, type Receipt, RESULT } from '../receipt.ts';
import { renderValue } from '../render.ts';
import type { CheckId, CheckKind } from '../verify/run-checks.ts';
import { commandWords } from '../words.ts';

/** The pieces of the evidence of an emergency, each read once. Reading says nothing of who signed, unless noted. */
export interface EmergencyParts {
  readonly crypto: Crypto;
  readonly evidence: EmergencyEvidence;
  readonly anchors: Part<Anchors>;
  readonly profile: Part<Profile>;
  readonly message: Part<Emergency>;
  readonly command: Part<Command>;
  readonly hash: Bytes;
  readonly credential: Part<Credential>;
  readonly deviceKey: Part<PublicKey>;
  /** The device's signature verified. */
  readonly receipt: Part<Receipt>;
  readonly entry: Part<PlacedEntry>;
  /** Unix seconds by which the witnesses had seen the checkpoint. */
  readonly seal: Part<number>;
}

/** Reads every piece of the file; throws nothing for a bad one. */
export async function readEmergencyParts(
  crypto: Crypto,
  evidence: EmergencyEvidence,
): Promise<EmergencyParts> {
  const anchors = part(() => readAnchors(crypto, evidence.anchors));
  const message = part(() => parseEmergency(evidence.message));
  const deviceKey = part(() => parseCoseKey(crypto.sha256, evidence.deviceKey, 'evidence.deviceKey'));
  return {
    crypto,
    evidence,
    anchors,
    profile: part(() =>
      parseProfile(parseSign1(evidence.profile, 'profile', MAX_PROFILE, 'E_PROFILE').payload),
    ),
    message,
    command: part(() => parseCommand(need(message).command)),
    hash: 'value' in message ? crypto.sha256(message.value.command) : new Uint8Array(32),
    credential: part(() => readCredential(crypto, need(message).credential.credential).said),
    deviceKey,
    receipt: await awaited(() => openReceipt(crypto, evidence.receipt, need(deviceKey))),
    entry: await awaited(() => placeProof(crypto, evidence.entry)),
    seal: await awaited(() => verifySeal(crypto, evidence.entry.checkpoint, need(anchors))),
  };
}

type Run = CheckKind<EmergencyParts>['runs'][number];

/** A device that was out of contact for a month lets its patient be saved all the same (s). */
const GRACE_SECONDS = 30 * 24 * 3600;

const only = (kids: readonly Bytes[] | undefined, kid: Bytes): boolean =>
  kids?.length === 1 && same(kids[0], kid);

/** The one command this door knows: nobody chose a parameter. (There is one spelling of it: reading is strict.) */
const checkBytes: Run = (parts) => {
  const bytes = own(parts.message).command;
  const command = own(parts.command);
  demand(command.operation === OPERATION.safeMode, 'E_BREAKGLASS_SCOPE', 'not the safe mode', 'command.7');
  demand(command.changes.size === 0, 'E_CMD_SCHEMA', 'the safe mode takes no parameters', 'command.8');
  return Promise.resolve(
    `the safe mode and nothing else: ${bytes.length} bytes with the hash ${hex(parts.hash)}`,
  );
};

const checkSignature: Run = async ({ crypto, ...parts }) => {
  const { approval, command } = own(parts.message);
  const credential = need(parts.credential);
  const site = siteOf(crypto, need(parts.anchors), credential);
  const challenge = challengeFor(crypto.sha256, 'command', command);
  await verifyApproval(crypto, approval, credential.key, challenge, site, true);
  return `signed on ${site.origin}`;
};

/** Certified for emergencies by somebody the device listens to, and in force. */
const checkCredential: Run = async ({ crypto, ...parts }) => {
  const anchors = need(parts.anchors);
  const issuers = [...anchors.authorities, ...anchors.emergencyIssuers];
  const { credential } = await announced(crypto, need(parts.message).credential, anchors, issuers);
  checkRole(credential, ROLE.emergency);
  checkInForce(credential, Math.max(need(parts.seal), credential.notBefore), GRACE_SECONDS);
  return 'certified for emergencies, announced in the log and in force; which revocation list the device held is not in here';
};

const checkPeople: Run = (parts) => {
  const { approval } = own(parts.message);
  demand(
    only(need(parts.receipt).kids, approval.kid),
    'E_DEVICE_IDENTITY',
    'the receipt names other people',
    'receipt.7',
  );
  return Promise.resolve('one clinician who may use the emergency door: the safe mode asks for no second');
};

const checkNoGrant: Run = (parts) => {
  demand(
    need(parts.receipt).grant === undefined,
    'E_DEVICE_IDENTITY',
    'the receipt names a grant',
    'receipt.5',
  );
  return Promise.resolve(
    'the device took it by itself: its emergency door needs no gateway, and no grant is named',
  );
};

const checkReceipt: Run = async (parts) => {
  const key = own(parts.deviceKey);
  const receipt = own(parts.receipt);
  const is = (fine: boolean, why: string, field: string): void =>
    demand(fine, 'E_DEVICE_IDENTITY', why, field);
  is(equal(receipt.device, need(parts.command).device), 'the receipt is of another device', 'receipt.1');
  is(equal(receipt.command, parts.hash), 'the receipt is for another command', 'receipt.4');
  is(receipt.result !== 'refused', 'the device refused', 'receipt.2');
  const whose = await whoseKey(parts, receipt.device, key);
  return `receipt ${receipt.number}: ${receipt.result}; ${whose}`;
};

/** The device is in the state that its maker fixed, and nothing else was moved. */
const checkReadBack: Run = async ({ crypto, evidence, ...parts }) => {
  await openProfile(crypto, evidence.profile, [need(parts.anchors).profileMaker]);
  const profile = own(parts.profile);
  const { before, after, readBack, result } = need(parts.receipt);
  const meant = programmed(profile, new Map([...before, ...profile.safeState]));
  const fits = (settings: ReadonlyMap<number, number>): boolean =>
    [...meant].every(([code, value]) => settings.get(code) === value);
  demand(fits(after), 'E_DEVICE_IDENTITY', 'not the safe state of its profile', 'receipt.11');
  const exact = fits(readBack);
  demand(exact || result === 'applied-modified', 'E_DEVICE_IDENTITY', 'the read-back differs', 'receipt.12');
  return exact
    ? `the safe state of ${profile.model} version ${profile.version} reads back`
    : 'the device says openly that it adjusted a value';
};

const checkEntry: Run = (parts) => {
  const { entry, index } = own(parts.entry);
  const { approval } = need(parts.message);
  const { number, result } = need(parts.receipt);
  const at = 'evidence.entry';
  demand(entry.type === 'emergency', 'E_LOG_PROOF', 'the entry tells of no emergency', at);
  demand(same(entry.command, parts.hash), 'E_LOG_PROOF', 'the entry is about another command', at);
  demand(same(entry.device, need(parts.command).device), 'E_LOG_PROOF', 'the entry names another device', at);
  demand(
    same(entry.digest, parts.crypto.sha256(parts.evidence.receipt)),
    'E_LOG_PROOF',
    'the entry names another receipt',
    at,
  );
  demand(only(entry.kids, approval.kid), 'E_LOG_PROOF', 'the entry names other people', at);
  demand(
    entry.number === number && entry.result === RESULT[result],
    'E_LOG_PROOF',
    'the entry tells another outcome',
    at,
  );
  return Promise.resolve(`recorded as entry ${index}, after it was done: an emergency waits for no log`);
};

const checkSeal: Run = (parts) => {
  const seen = own(parts.seal);
  return Promise.resolve(
    `signed by ${need(parts.anchors).log.origin}; witnesses saw the entry ${isoTime(seen)}`,
  );
};

type Runs = CheckKind<EmergencyParts>['runs'];

/** The same nine questions as of a granted command, as far as an emergency has answers to them. */
export const EMERGENCY_RUNS: Readonly<Record<CheckId, Runs>> = {
  bytes: [checkBytes],
  signatures: [checkSignature],
  credentials: [checkAnchors, checkCredential],
  people: [checkPeople],
  grant: [checkNoGrant],
  receipt: [checkReceipt],
  readBack: [checkReadBack],
  inclusion: [checkEntry],
  checkpoint: [checkSeal],
};

/** Those that mean something else than of a granted command. */
export const EMERGENCY_NAMES = {
  signatures: 'Signed by the clinician',
  credentials: 'Certified for emergencies',
  people: 'One person, and the same everywhere',
  grant: 'Taken by the device itself',
  readBack: 'In the safe state of its maker',
  inclusion: 'In the log, afterwards',
} as const satisfies Partial<Record<CheckId, string>>;

/** How anybody checks those that ask for something else. */
export const EMERGENCY_HOW: Readonly<Partial<Record<CheckId, string>>> = {
  people: 'Compare the passkey of the approval, of the credential and of the receipt.',
  grant: 'See that the receipt names no grant.',
  readBack:
    'Verify the profile by its maker’s key; compare the settings that the device read back with its safe state, and all others with those before.',
};

/** What happened, in the order of events. As believable as the checks beside it. */
export function tellEmergency(parts: EmergencyParts): readonly string[] {
  const lines: string[] = [];
  const { command, credential, profile, receipt, entry } = parts;
  if ('value' in command) {
    lines.push(`device ${hex(command.value.device)}, command ${hex(parts.hash)}`, 'Emergency safe mode');
    lines.push(`words ${commandWords(parts.hash)}`);
  }
  if ('value' in credential)
    lines.push(
      `signed by person ${hex(credential.value.subject)} with passkey ${hex(credential.value.key.kid)}`,
    );
  if ('value' in receipt) {
    const { result, number, before, readBack } = receipt.value;
    lines.push(`the device answered ${result} in receipt ${number}`);
    for (const p of 'value' in profile ? profile.value.parameters : []) {
      const [was, is] = [before.get(p.code), readBack.get(p.code)];
      if (is === undefined || is === was || !p.programmed) continue;
      lines.push(
        `${p.name} [${p.code}]: ${was === undefined ? '?' : renderValue(p, was)} -> ${renderValue(p, is)}`,
      );
    }
  }
  if ('value' in entry) lines.push(`recorded as log entry ${entry.value.index}`);
  return lines;
}
