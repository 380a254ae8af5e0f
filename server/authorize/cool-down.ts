import { Refusal } from '../protocol/refusal.ts';
import { coolDownSeconds } from './policy.ts';
import type { Rule } from './rule.ts';

/** Time for the last change to show its effect. What lowers risk never waits. */
export const coolDown: Rule = ({ device, tier, commandClass, lowers, now }, { policy }) => {
  const last = device.lastApplied.get(commandClass);
  if (lowers || last === undefined) return;
  const wait = coolDownSeconds(policy.policy, commandClass, tier) * 1000;
  // A clock that went back makes `now` earlier than `last`; the wait is then whole, and never longer.
  const left = wait - Math.max(0, now - last);
  if (left > 0) throw new Refusal('E_COOL_DOWN', `${Math.ceil(left / 1000)} seconds left`);
};
