import type { Bytes } from '../protocol/encoding/bytes.ts';
import { ROLE } from '../protocol/credential.ts';
import type { Permission, Policy, Tier } from './policy-file.ts';
import type { Bucket } from './rate-limits.ts';
import type { CommandRequest } from './request.ts';

/** A policy that an operator signed, and the hash that stands in the log and in every authorization. */
export interface LoadedPolicy {
  readonly policy: Policy;
  /** SHA-256 of the file. */
  readonly hash: Bytes;
  /** Key ids of the operators who signed it. */
  readonly kids: readonly Bytes[];
}

/** The row for a class at a tier; undefined: nobody may. */
export const permission = (policy: Policy, commandClass: string, tier: Tier): Permission | undefined =>
  policy.classes.get(commandClass)?.tiers.get(tier);

/** Role bits, any of which is enough. */
export const roleBits = (roles: Permission['first']): number =>
  roles.reduce((bits, role) => bits | ROLE[role], 0);

/** Seconds between two commands of a class: the class's own word, or its tier's. */
export const coolDownSeconds = (policy: Policy, commandClass: string, tier: Tier): number =>
  policy.classes.get(commandClass)?.coolDownSeconds ?? policy.tiers[tier].coolDownSeconds;

/** Does the site's row, or else the row for every other site, name this class at this tier? */
export function siteAllows(policy: Policy, site: string, commandClass: string, tier: Tier): boolean {
  const row = policy.sites.get(site) ?? policy.sites.get('*');
  return row !== undefined && row.classes.includes(commandClass) && tier <= row.highestTier;
}

/** May a second person there be shown the values instead of entering them? Nowhere, unless the policy says so. */
export const allowsPrimed = (policy: Policy, site: string, commandClass: string): boolean =>
  (policy.sites.get(site) ?? policy.sites.get('*'))?.primedChecks.includes(commandClass) === true;

/** Does the policy say yes, in so many words? What it does not mention it does not allow. */
export function isPermitted(policy: Policy, { who, device, tier, commandClass }: CommandRequest): boolean {
  const row = permission(policy, commandClass, tier);
  return (
    row !== undefined &&
    who.people.length >= policy.tiers[tier].approvals &&
    siteAllows(policy, device.site, commandClass, tier)
  );
}

/** The rate limits a request is counted against: each limit of its class, for each person who signed. */
export function rateBuckets(policy: Policy, request: CommandRequest): readonly Bucket[] {
  const { who, device, commandClass, lowers } = request;
  const rates = policy.classes.get(commandClass)?.rates ?? [];
  const buckets = new Map<string, Bucket>();
  for (const { per, count, seconds } of rates) {
    for (const { subject } of who.people) {
      const axes = [
        // Lowering risk has buckets of its own: raising it often must not use them up, nor the other way round.
        lowers ? 'lowers' : 'raises',
        commandClass,
        ...(per.includes('person') ? [`person ${subject}`] : []),
        ...(per.includes('device') ? [`device ${device.id}`] : []),
      ];
      const name = `${axes.join(' | ')} | ${count}/${seconds}`;
      buckets.set(name, { name, count, seconds, axis: [...per, 'class'].join(' x ') });
    }
  }
  return [...buckets.values()];
}
