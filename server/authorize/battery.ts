import { Refusal } from '../protocol/refusal.ts';
import type { Rule } from './rule.ts';

/** What changes a device. Stopping, resuming and the safe mode go on whatever the battery is. */
const CHANGES: readonly string[] = ['program', 'associate', 'firmware', 'profile'];

/**
 * Nothing is changed on a device whose battery may not last, where the policy says so. It is judged by what the device
 * itself attested over the very nonce that is signed; of a device that attests no charge nothing can be said.
 */
export const battery: Rule = ({ device, commandClass }, { policy }) => {
  const { stopBelowPercent } = policy.policy;
  if (stopBelowPercent === undefined || device.charge === undefined) return;
  if (CHANGES.includes(commandClass) && device.charge < stopBelowPercent) {
    throw new Refusal('E_BATTERY', 'the policy allows no change with so little charge', 'device.battery');
  }
};
