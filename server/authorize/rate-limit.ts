import { rateBuckets } from './policy.ts';
import type { Rule } from './rule.ts';

/** Spends one command of every limit that applies to everybody who signed, or of none; gives what records it. */
export const rateLimit: Rule = (request, { policy, rates }) =>
  rates.spend(rateBuckets(policy.policy, request), request.now);
