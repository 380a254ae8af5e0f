import { battery } from '../../authorize/battery.ts';
import { careRelation } from '../../authorize/care-relation.ts';
import { coolDown } from '../../authorize/cool-down.ts';
import { credentialLife } from '../../authorize/credential-life.ts';
import { locked } from '../../authorize/locked.ts';
import { posture } from '../../authorize/posture.ts';
import { reason } from '../../authorize/reason.ts';
import type { CommandRequest } from '../../authorize/request.ts';
import { roles } from '../../authorize/roles.ts';
import type { Rule, Rules } from '../../authorize/rule.ts';
import { siteRules } from '../../authorize/site-rules.ts';

/** What can be said of a first signature. Whether a second fits, and whether it is too often, is asked at the end. */
const FIRST: readonly Rule[] = [
  careRelation,
  siteRules,
  roles,
  credentialLife,
  reason,
  locked,
  posture,
  battery,
  coolDown,
];

/**
 * Holds a first signature against the rules before anybody is asked for a second: people who are asked to enter
 * what can only be refused learn to enter without looking. Allows nothing by itself. Throws Refusal.
 */
export async function mayBegin(request: CommandRequest, rules: Rules): Promise<void> {
  for (const rule of FIRST) await rule(request, rules);
}
