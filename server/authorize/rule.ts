import type { CareRelations } from './care-relation.ts';
import type { Locks } from './locks.ts';
import type { LoadedPolicy } from './policy.ts';
import type { RateLimits } from './rate-limits.ts';
import type { CommandRequest } from './request.ts';

/** What the rules decide by. Only what a rule may do is here: none of them can set a lock or change the policy. */
export interface Rules {
  readonly policy: LoadedPolicy;
  readonly care: Pick<CareRelations, 'has'>;
  readonly locks: Pick<Locks, 'check'>;
  readonly rates: Pick<RateLimits, 'take'>;
}

/** One reason to say no: returns when it has none, throws the Refusal when it has one. */
export type Rule = (request: CommandRequest, rules: Rules) => void | Promise<void>;
