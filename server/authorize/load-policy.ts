import type { Person } from '../authenticate/authenticated.ts';
import { type Bytes, equal, hex } from '../protocol/encoding/bytes.ts';
import { checkRole, ROLE } from '../protocol/credential.ts';
import type { Sha256 } from '../protocol/crypto.ts';
import { Fields } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement, type SignedStatement } from '../protocol/statement.ts';
import { allowsPrimed, type LoadedPolicy, coolDownSeconds } from './policy.ts';
import { parsePolicy, type Policy } from './policy-file.ts';
import { isWider } from './policy-limits.ts';
import { type LimitedDevice, siteRanges } from './site-limits.ts';

/** The policy cannot be used, and why. The gateway allows nothing without one. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PolicyError';
  }
}

export interface PolicyOffer {
  /** The file, byte for byte. */
  readonly json: Bytes;
  /** Statement `policy` over `{ 1: SHA-256 of the file, 2: version }`. */
  readonly signed: SignedStatement;
  /** The same from another operator; needed where the policy is weaker than the one before. */
  readonly second?: SignedStatement;
  /**
   * Whose passkey signed a statement; throws Refusal when nobody's did. What was in force already needs a signature, and not
   * that its signer is still certified.
   */
  readonly verify: (signed: SignedStatement, inForce: boolean) => Promise<Person>;
  readonly sha256: Sha256;
  /** The gateway runs a simulation; only then a policy for one is taken. */
  readonly simulation: boolean;
  /** Devices it will decide about: the limits of a new one have to fit them. */
  readonly devices?: readonly LimitedDevice[];
  /** The file that was loaded last, as the gateway kept it. */
  readonly previous?: { readonly version: number; readonly json: Bytes };
}

/**
 * Takes a policy: well formed, signed by an operator, for this kind of installation and its devices, not older than the
 * last, and signed by two where it shortens a wait, asks fewer people, lets the second check less or widens a limit.
 * Throws FileError, PolicyError or Refusal.
 */
export async function loadPolicy(offer: PolicyOffer): Promise<LoadedPolicy> {
  const policy = parsePolicy(offer.json);
  const hash = offer.sha256(offer.json);
  const operators = [await operatorBehind(offer, offer.signed, policy, hash)];
  if (offer.second) operators.push(await operatorBehind(offer, offer.second, policy, hash));
  if (policy.simulation && !offer.simulation) {
    throw new PolicyError('The policy is marked "simulation", and this gateway moves real devices.');
  }
  checkSuccession(offer, policy, operators);
  if (!isInForce(offer)) checkLimits(offer, policy);
  return { policy, hash, kids: operators.map(({ credential }) => credential.key.kid) };
}

const isInForce = ({ previous, json }: PolicyOffer): boolean =>
  previous !== undefined && equal(previous.json, json);

/** One that is in force already keeps no gateway from starting: what does not fit is refused when it is used. */
function checkLimits({ devices = [] }: PolicyOffer, policy: Policy): void {
  const misfits = new Set<string>();
  for (const device of devices) {
    try {
      siteRanges(policy, device);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      misfits.add(`${error.field}: ${error.why}`);
    }
  }
  if (misfits.size > 0)
    throw new PolicyError(`The limits of the policy do not fit the devices. ${[...misfits].join('; ')}.`);
}

async function operatorBehind(
  offer: PolicyOffer,
  signed: SignedStatement,
  policy: Policy,
  hash: Bytes,
): Promise<Person> {
  const person = await offer.verify(signed, isInForce(offer));
  checkRole(person.credential, ROLE.operator);
  const statement = parseStatement(signed.statement);
  if (statement.purpose !== 'policy') {
    throw new Refusal('E_POLICY', 'the statement beside the policy is for something else', 'statement.2');
  }
  const detail = Fields.of(statement.detail, 'statement.5', [1, 2]);
  if (!equal(detail.bytes(1, 32), hash)) {
    throw new PolicyError(`The policy was altered after it was signed: its hash is now ${hex(hash)}.`);
  }
  if (detail.uint(2) !== policy.version) {
    throw new PolicyError('The signature names another version than the policy does.');
  }
  return person;
}

function checkSuccession(
  { previous, json }: PolicyOffer,
  policy: Policy,
  operators: readonly Person[],
): void {
  if (!previous || equal(previous.json, json)) return;
  if (policy.version <= previous.version) {
    throw new PolicyError(
      `The policy has version ${policy.version}, and version ${previous.version} was in force: ` +
        'sign it with a higher version.',
    );
  }
  const [first, second] = operators;
  const two = first !== undefined && second !== undefined && first.subject !== second.subject;
  if (!two && isWeaker(policy, previous.json)) {
    throw new PolicyError(
      'The policy shortens a wait, asks fewer people, lets the second person check less or widens a limit: two different operators must sign it.',
    );
  }
}

function isWeaker(policy: Policy, before: Bytes): boolean {
  let old: Policy;
  try {
    old = parsePolicy(before);
  } catch {
    return true; // Written by another release: nobody can compare, so two people look.
  }
  if ((policy.stopBelowPercent ?? 0) < (old.stopBelowPercent ?? 0) || isWider(policy, old)) return true;
  for (const tier of [1, 2] as const) {
    const [is, was] = [policy.tiers[tier], old.tiers[tier]];
    if (is.approvals < was.approvals || is.cancelWindowSeconds < was.cancelWindowSeconds) return true;
    for (const [name, { tiers }] of old.classes) {
      const shorter = coolDownSeconds(policy, name, tier) < coolDownSeconds(old, name, tier);
      if (tiers.has(tier) && shorter) return true;
    }
  }
  return primesMore(policy, old);
}

/** Is there a site where a second person may be shown the values from now on, and had to enter them before? */
function primesMore(policy: Policy, old: Policy): boolean {
  const primed = [...policy.sites.values()].flatMap(({ primedChecks }) => primedChecks);
  return [...policy.sites.keys(), ...old.sites.keys()].some((site) =>
    primed.some((name) => allowsPrimed(policy, site, name) && !allowsPrimed(old, site, name)),
  );
}
