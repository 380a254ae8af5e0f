import { checkDistinct } from '../protocol/credential.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Rule } from './rule.ts';

/**
 * Dual control at the gateway. The device checks people, passkeys and signing hosts again; tablets only the
 * gateway can see.
 */
export const secondClinician: Rule = ({ who, tier, tablets }, { policy }) => {
  const { people } = who;
  const needed = policy.policy.tiers[tier].approvals;
  if (people.length < needed) {
    throw new Refusal('E_DUAL_REQUIRED', `${needed} people must sign, ${people.length} did`, 'approvals');
  }
  const [first, second] = people;
  if (first === undefined || people.length > 2 || tablets.length !== people.length) {
    throw new Refusal('E_CMD_MALFORMED', 'one or two people, and the tablet of each', 'approvals');
  }
  if (second === undefined) return;
  checkDistinct(first.credential, second.credential);
  if (tablets[0] === tablets[1]) {
    throw new Refusal('E_DUAL_SAME_PERSON', 'both signatures came from one tablet', 'approvals');
  }
};
