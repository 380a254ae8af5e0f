import { Refusal } from '../protocol/refusal.ts';
import type { Op } from '../store/batch.ts';
import { battery } from './battery.ts';
import { careRelation } from './care-relation.ts';
import { coolDown } from './cool-down.ts';
import { credentialLife } from './credential-life.ts';
import { locked } from './locked.ts';
import { isPermitted } from './policy.ts';
import { posture } from './posture.ts';
import { rateLimit } from './rate-limit.ts';
import { primedCheck } from './primed-check.ts';
import { reason } from './reason.ts';
import { Authorized, type CommandRequest } from './request.ts';
import { roles } from './roles.ts';
import type { Rule, Rules } from './rule.ts';
import { secondClinician } from './second-clinician.ts';
import { siteRules } from './site-rules.ts';

/**
 * Every rule, in the order it is asked. The care relation is first, so that a stranger learns nothing about a
 * device, not even that it is locked; the rate limit is last, because asking it spends something.
 */
const TABLE: readonly Rule[] = [
  careRelation, //    E_SCOPE             everybody who signs cares for this device
  siteRules, //       E_POLICY            this kind of command happens at this site
  roles, //           E_POLICY, E_ROLE    a row of the policy names these roles, first and second
  credentialLife, //  E_POLICY            no passkey certified for too long, or too new for high risk
  secondClinician, // E_DUAL_*            enough people, and really different ones
  primedCheck, //     E_POLICY            the second entered the values anew, unless the site may do with less
  reason, //          E_POLICY            high risk says why, in words
  locked, //          E_LOCKED            no lock on anybody or anything involved
  posture, //         E_NOT_ENROLLED, E_UNKNOWN_OUTCOME
  battery, //         E_BATTERY           unless it changes nothing
  coolDown, //        E_COOL_DOWN         unless it lowers risk
  rateLimit, //       E_RATE
];

/**
 * May these people do this, to this device, now? Every rule must agree, and a row of the policy must say yes.
 * Throws the Refusal of the first rule that disagrees, or StoreUnavailable when a limit cannot be recorded.
 */
export async function authorize(request: CommandRequest, rules: Rules): Promise<Authorized> {
  const { policy, hash } = rules.policy;
  const spent: Op[] = [];
  for (const rule of TABLE) spent.push(...((await rule(request, rules)) ?? []));
  if (isPermitted(policy, request)) {
    // Stopping must not wait for somebody to think about stopping the stop.
    const window = request.lowers ? 0 : policy.tiers[request.tier].cancelWindowSeconds * 1000;
    // Who cancels has spent it all the same, and no intent would tell.
    if (window > 0) await rules.rates.record(spent.splice(0));
    return Authorized.mint(request, hash, window, spent);
  }
  throw new Refusal('E_POLICY', 'no row of the policy allows this');
}
