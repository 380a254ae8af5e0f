import type { Op } from '../store/batch.ts';
import type { BreakGlass } from './break-glass.ts';
import type { CareRelations } from './care-relation.ts';
import type { Locks } from './locks.ts';
import type { LoadedPolicy } from './policy.ts';
import type { RateLimits } from './rate-limits.ts';
import type { CommandRequest } from './request.ts';

/** What the rules decide by. Only what a rule may do is here: none of them can set a lock or change the policy. */
export interface Rules {
  readonly policy: LoadedPolicy;
  readonly care: Pick<CareRelations, 'has'>;
  readonly glass: Pick<BreakGlass, 'opens'>;
  readonly locks: Pick<Locks, 'check'>;
  readonly rates: Pick<RateLimits, 'spend' | 'record'>;
}

/**
 * One reason to say no: returns when it has none, throws the Refusal when it has one. What it gives back becomes
 * durable together with the intent.
 */
export type Rule = (request: CommandRequest, rules: Rules) => void | readonly Op[] | Promise<void>;
