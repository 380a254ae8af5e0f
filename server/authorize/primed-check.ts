import { Refusal } from '../protocol/refusal.ts';
import { allowsPrimed } from './policy.ts';
import type { Rule } from './rule.ts';

/**
 * Whoever was shown the values finds fewer mistakes in them: that counts only where the policy says so, and never outside of
 * the site's range, where slips are likeliest.
 */
export const primedCheck: Rule = ({ who, device, commandClass, outside }, { policy }) => {
  if (!who.primed) return;
  const refuse = (why: string): never => {
    throw new Refusal('E_POLICY', why, 'approvals');
  };
  if (!allowsPrimed(policy.policy, device.site, commandClass))
    refuse('the second person has to enter the values at this site');
  if (outside === true) refuse(ENTER_OUTSIDE);
};

/** Why values are not shown. */
export const ENTER_OUTSIDE = 'the second person has to enter what is outside of this site’s range';
