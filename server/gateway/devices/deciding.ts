import type { CommandRequest } from '../../authorize/request.ts';
import type { Rules } from '../../authorize/rule.ts';
import { outsideSite, siteRanges } from '../../authorize/site-limits.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { SiteWord } from '../../edge/desks/desk.ts';
import type { Command } from '../../protocol/command.ts';
import { tierOf } from '../../protocol/limits.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { mayBegin } from './may-begin.ts';

/** What can be said of a command, by the policy in force, before everybody signed. */
export interface Deciding {
  /** How many people sign this command, at this device's site. Throws Refusal. */
  signers(bedside: Bedside, command: Command): number;
  /** Every rule that one signature can already be held against. Throws Refusal. */
  mayBegin(request: CommandRequest): Promise<void>;
  /** What a tablet shows of the site beside the device's own limits. */
  siteWord(bedside: Bedside): SiteWord;
}

export function deciding(rules: Rules): Deciding {
  const { policy } = rules.policy;
  return {
    signers({ device, seen }, command) {
      const own = tierOf(device.profile, command, seen?.attestation.settings ?? new Map<number, number>());
      const outside = outsideSite(policy, device, command.changes).length > 0;
      return policy.tiers[outside ? 2 : own].approvals;
    },
    mayBegin: (request) => mayBegin(request, rules),
    siteWord: ({ device }) => ({
      siteLimits: rangesOf(() => siteRanges(policy, device)),
      stopBelowPercent: policy.stopBelowPercent,
    }),
  };
}

/** A policy that does not fit a device keeps nobody from reading it: its changes are refused, and say why. */
function rangesOf(read: () => ReturnType<typeof siteRanges>): SiteWord['siteLimits'] {
  try {
    return read().map(({ parameter: { code }, low, high }) => ({ code, low, high }));
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
