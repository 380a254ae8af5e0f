import { Refusal } from '../protocol/refusal.ts';
import { allowsPrimed } from './policy.ts';
import type { Rule } from './rule.ts';

/** Whoever was shown the values finds fewer mistakes in them: that counts only where the policy says so. */
export const primedCheck: Rule = ({ who, device, commandClass }, { policy }) => {
  if (who.primed && !allowsPrimed(policy.policy, device.site, commandClass)) {
    throw new Refusal('E_POLICY', 'the second person has to enter the values at this site', 'approvals');
  }
};
