import type { Anchors } from '../../../server/protocol/anchors.ts';
import { type Bundle, parseBundle } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { type Command, OPERATION, parseCommand } from '../../../server/protocol/command.ts';
import { type Credential, openStatus, type Status } from '../../../server/protocol/credential.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import { type Grant, openGrant, readGrant } from '../../../server/protocol/grant.ts';
import {
  checkChanges,
  operationRule,
  type Past,
  tierOf,
  waitsForWitnesses,
} from '../../../server/protocol/limits.ts';
import { isPrimed } from '../../../server/protocol/primed.ts';
import { type Parameter, type Profile, settingsHash } from '../../../server/protocol/profile.ts';
import { type ProvenEntry, verifyLogged, verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Budget } from './budget.ts';
import { checkApprovals, checkCredentials, checkPeople } from './people.ts';
import type { DeviceState } from './state.ts';

/** What the judge is given: the device's own knowledge, none of it from the message. */
export interface Bench {
  readonly crypto: Crypto;
  readonly device: Bytes;
  readonly anchors: Anchors;
  readonly profile: Profile;
  readonly profileHash: Bytes;
  readonly state: DeviceState;
  /** The nonce the device waits with, when it was made and when it was last shown; undefined when none is open. */
  readonly nonce: { readonly value: Bytes; readonly born: number; readonly shown: number } | undefined;
  readonly tick: number;
  readonly strangers: Budget;
  readonly confirmedAtDevice: () => boolean;
  /** Credentials whose signature and issuance proof this device verified before, by digest. */
  readonly known: Map<string, KnownCredential>;
  /** Digest of the revocation list the device holds, when it verified that list since it started. */
  readonly heldStatus: Bytes | undefined;
}

export interface KnownCredential {
  readonly credential: Credential;
  /** When the witnesses first had its issuance, as far as this proof shows (unix s). */
  readonly witnessedAt: number;
}

/** A command that passed every check. */
export interface Accepted {
  readonly command: Command;
  readonly hash: Bytes;
  readonly tier: 1 | 2;
  readonly after: ReadonlyMap<number, number>;
  readonly grant: Grant;
  readonly kids: readonly Bytes[];
  readonly status: { readonly list: Status; readonly digest: Bytes } | undefined;
  readonly witnessedAt: number;
}

/** How far a refused command had come: past the grant and one approval, its refusal is receipted. */
export interface Standing {
  grant?: Grant;
  kids: Bytes[];
  /** Every approval verified: the nonce is spent, whatever comes after. */
  complete: boolean;
}

/**
 * Judges a bundle: every check of protocol step 8, in its order, cheap before costly. Throws Refusal at the
 * first that fails and leaves in `standing` how far it came.
 */
export async function judge(
  bytes: Bytes,
  companion: Bytes | undefined,
  bench: Bench,
  standing: Standing,
): Promise<Accepted> {
  const bundle = parseBundle(bytes);
  const command = parseCommand(bundle.command);
  const hash = bench.crypto.sha256(bundle.command);

  checkNonce(command, bench);
  checkPlace(command, bench);
  checkCompanion(command, companion, bench);
  const own = tierOf(bench.profile, command, bench.state.settings);
  // A hospital may have two people sign what the device takes from one: then they are held to all that two people are.
  const tier = bundle.approvals.length === 2 ? 2 : own;
  const after = checkChanges(bench.profile, command, bench.state.settings, pastOf(bench), tier);
  checkMode(command, bench.state);
  checkLife(tier, bench);
  if (bundle.approvals.length < tier)
    throw new Refusal('E_DUAL_REQUIRED', 'two approvals for this tier', 'bundle.approvals');

  const grant = await checkGrant(bundle, hash, command, bench);
  standing.grant = grant;
  const prove = waitsForWitnesses(bench.profile, command.operation, own) ? verifyProof : verifyLogged;
  const intent = checkIntent(await prove(bench.crypto, bundle.proof, bench.anchors), bundle, hash, grant);
  const primed = isPrimed(intent.entry, command, bundle.approvals.length, bench.anchors);
  const status = await checkStatus(bundle.status, bench);
  const people = await checkCredentials(
    bundle,
    status?.list.revoked ?? bench.state.revoked,
    tier,
    intent.witnessedAt,
    bench,
  );
  await checkApprovals(bundle, people, { tier, primed }, bench, standing);
  checkPeople(people, tier);
  standing.complete = true;
  checkPresence(command, bench);
  return { command, hash, tier, after, grant, kids: standing.kids, status, witnessedAt: intent.witnessedAt };
}

function checkNonce(command: Command, { nonce }: Bench): void {
  if (!nonce || !equal(command.nonce, nonce.value))
    throw new Refusal('E_NONCE', 'not the nonce of this session', 'command.3');
}

/** A nonce lives as long as the profile says: for one signer from when it was last shown, for two from its birth. */
function checkLife(tier: 1 | 2, { nonce, profile, tick }: Bench): void {
  const end =
    tier === 1 ? (nonce?.shown ?? 0) + profile.nonceTicks.r1 : (nonce?.born ?? 0) + profile.nonceTicks.r2;
  if (tick > end) throw new Refusal('E_NONCE', 'the time for this command has passed', 'command.3');
}

/** What a device does on a bundle. The safe mode has a door of its own; a receipt for what is not done would lie. */
const ORDINARY: readonly number[] = [
  OPERATION.program,
  OPERATION.associate,
  OPERATION.stop,
  OPERATION.resume,
];

function checkPlace(command: Command, { device, state, profile, profileHash, crypto }: Bench): void {
  if (!equal(command.device, device))
    throw new Refusal('E_GRANT_DEVICE', 'made for another device', 'command.2');
  if (command.counter !== state.counter + 1)
    throw new Refusal('E_COUNTER', 'not the next counter', 'command.4');
  if (!equal(command.patient, state.patient))
    throw new Refusal('E_PATIENT', 'made for another patient', 'command.9');
  if (!equal(command.profile, profileHash))
    throw new Refusal('E_PROFILE', 'made for another profile', 'command.5');
  if (!equal(command.settings, settingsHash(crypto.sha256, profile, state.settings))) {
    throw new Refusal('E_APPROVAL_STALE', 'starts from other settings', 'command.6');
  }
  if (!ORDINARY.includes(command.operation)) throw new Refusal('E_ROUTE', 'not done this way', 'command.7');
  operationRule(profile, command.operation);
}

function checkCompanion(command: Command, companion: Bytes | undefined, { crypto }: Bench): void {
  const needed = command.operation === OPERATION.associate;
  if (needed !== (command.companion !== undefined) || needed !== (companion !== undefined)) {
    throw new Refusal(
      'E_CMD_SCHEMA',
      'something travels beside `associate`, and only beside it',
      'command.10',
    );
  }
  if (companion && command.companion && !equal(crypto.sha256(companion), command.companion)) {
    throw new Refusal('E_CMD_HASH', 'what travels beside is not what was signed', 'message.companion');
  }
}

/** In safe mode a device takes what re-arms it, and nothing else; a stopped one can be set before it goes on. */
function checkMode(command: Command, state: DeviceState): void {
  const rearms = command.operation === OPERATION.resume;
  if (rearms && state.mode === 'running') throw new Refusal('E_SAFE_STATE', 'already running', 'command.7');
  if (state.mode === 'safe-mode' && !rearms) throw new Refusal('E_SAFE_STATE', 'in safe mode', 'command.7');
}

async function checkGrant(bundle: Bundle, hash: Bytes, command: Command, bench: Bench): Promise<Grant> {
  const said = readGrant(bundle.grant);
  if (!equal(said.device, bench.device)) throw new Refusal('E_GRANT_DEVICE', 'for another device', 'grant.1');
  if (!equal(said.command, hash)) throw new Refusal('E_CMD_HASH', 'the grant is for other bytes', 'grant.2');
  if (!equal(said.nonce, command.nonce))
    throw new Refusal('E_NONCE', 'the grant is for another session', 'grant.3');
  if (bench.tick > said.notAfterTick) throw new Refusal('E_GRANT_EXPIRED', 'delivered too late', 'grant.6');
  if (!bench.strangers.spend(bench.tick))
    throw new Refusal('E_RATE', 'too many messages that prove nothing', 'grant');
  const grant = await openGrant(bench.crypto, bundle.grant, bench.anchors.grantKeys);
  bench.strangers.refund();
  return grant;
}

/** Log before act: the proven entry announced exactly this command, by exactly these people. */
function checkIntent(proven: ProvenEntry, bundle: Bundle, hash: Bytes, grant: Grant): ProvenEntry {
  const { entry } = proven;
  const demand = (fine: boolean | undefined, why: string): void => {
    if (!fine) throw new Refusal('E_LOG_PROOF', why, 'proof.entry');
  };
  demand(entry.type === 'intent', 'not an intent');
  demand(entry.command && equal(entry.command, hash), 'announces another command');
  demand(entry.device && equal(entry.device, grant.device), 'announces it for another device');
  demand(
    sameKids(
      entry.kids ?? [],
      bundle.approvals.map((a) => a.kid),
    ),
    'announces it by other people',
  );
  demand(equal(proven.leaf, grant.intentLeaf), 'not the entry the grant names');
  return proven;
}

const sameKids = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
  a.length === b.length && a.every((kid, i) => equal(kid, b[i] ?? new Uint8Array()));

/** The largest step by which one message may raise the stored list version: a forged jump would strand the device. */
const MAX_STATUS_STEP = 1000;

/** The list that travels with the command; undefined when it is the one the device already holds. */
async function checkStatus(bytes: Bytes, bench: Bench): Promise<Accepted['status']> {
  const digest = bench.crypto.sha256(bytes);
  if (bench.heldStatus && equal(bench.heldStatus, digest)) return undefined;
  const status = await openStatus(bench.crypto, bytes, bench.anchors.authorities);
  if (status.version < bench.state.statusVersion)
    throw new Refusal('E_STATUS', 'older than the one held', 'status.1');
  if (status.version === bench.state.statusVersion && !sameSerials(status.revoked, bench.state.revoked))
    throw new Refusal('E_STATUS', 'another list under the number of the one held', 'status.3');
  if (status.version > bench.state.statusVersion + MAX_STATUS_STEP) {
    throw new Refusal('E_STATUS', 'too far ahead of the one held', 'status.1');
  }
  return { list: status, digest };
}

function checkPresence(command: Command, { profile, confirmedAtDevice }: Bench): void {
  if (operationRule(profile, command.operation).physicalIntent && !confirmedAtDevice()) {
    throw new Refusal('E_INTENT_REQUIRED', 'nobody confirmed at the device', 'command.7');
  }
}

const sameSerials = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

const pastOf =
  ({ state, tick }: Bench) =>
  (parameter: Parameter): Past => {
    const since = tick - parameter.window.ticks;
    let changed = 0;
    for (const change of state.history) {
      if (change.code === parameter.code && change.tick > since) changed += change.size;
    }
    return {
      changed,
      baseline: state.baselines.get(parameter.code) ?? state.settings.get(parameter.code) ?? 0,
    };
  };
