import { Refusal } from '../protocol/refusal.ts';
import { siteAllows } from './policy.ts';
import type { Rule } from './rule.ts';

/** Where which commands are given: a site without a row, and without a row for all, allows none. */
export const siteRules: Rule = ({ device, tier, commandClass }, { policy }) => {
  if (!siteAllows(policy.policy, device.site, commandClass, tier)) {
    throw new Refusal('E_POLICY', 'the policy does not allow this command at this site', 'device.site');
  }
};
