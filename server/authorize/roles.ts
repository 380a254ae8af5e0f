import { Refusal } from '../protocol/refusal.ts';
import { permission, roleBits } from './policy.ts';
import type { Rule } from './rule.ts';

/** The risk-by-role table: who may sign this kind of command at this tier, first and second. */
export const roles: Rule = ({ who, tier, commandClass, roles: signedIn }, { policy }) => {
  const row = permission(policy.policy, commandClass, tier);
  if (row === undefined) throw new Refusal('E_POLICY', 'the policy has no row for this command and tier');
  who.people.forEach(({ credential }, at) => {
    const allowed = roleBits(at === 0 ? row.first : row.second);
    const held = at === who.people.length - 1 ? credential.roles & signedIn : credential.roles;
    if ((held & allowed) === 0) {
      throw new Refusal(
        'E_ROLE',
        `no role that may sign this ${at === 0 ? 'first' : 'second'}`,
        'credential.roles',
      );
    }
  });
};
