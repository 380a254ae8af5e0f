import { Refusal } from '../protocol/refusal.ts';
import type { Rule } from './rule.ts';

/** A device that is only read takes no commands, and neither does one nobody knows the state of. */
export const posture: Rule = ({ device, tier }) => {
  if (device.posture !== 'enrolled') {
    throw new Refusal(
      'E_NOT_ENROLLED',
      'the device is only read: an operator has to approve it for commands',
    );
  }
  if (device.review && tier === 2) throw new Refusal('E_REVIEW', 'the emergency is not reviewed yet');
  if (device.unknown) {
    throw new Refusal(
      'E_UNKNOWN_OUTCOME',
      'read the device first: the outcome of its last command is unknown',
    );
  }
};
