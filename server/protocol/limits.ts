import type { Command } from './command.ts';
import { OPERATION } from './command.ts';
import { isAllowed, type OperationRule, type Parameter, type Profile } from './profile.ts';
import { Refusal } from './refusal.ts';

/** What happened to one setting before, as far as the limits care. */
export interface Past {
  /** Sum of the absolute changes within the parameter's window. */
  readonly changed: number;
  /** Value at the last change that two people signed. */
  readonly baseline: number;
}

/** The rule the profile has for an operation; throws Refusal E_ROUTE when it has none. */
export function operationRule(profile: Profile, operation: number): OperationRule {
  const rule = profile.operations.find((o) => o.operation === operation);
  if (!rule) throw new Refusal('E_ROUTE', 'the profile has no such operation', 'command.7');
  return rule;
}

/**
 * Must a command wait until witnesses saw its intent? What its profile calls lowering risk, and one person may do,
 * must not: a pump that should stop cannot be made to wait by a witness that is away.
 */
export const waitsForWitnesses = (profile: Profile, operation: number, tier: 1 | 2): boolean =>
  tier === 2 || !operationRule(profile, operation).lowers;

/**
 * The risk tier of a command: 1 or 2. The device computes it itself and believes nobody. A change in the
 * parameter's safe direction counts as 1.
 */
export function tierOf(profile: Profile, command: Command, current: ReadonlyMap<number, number>): 1 | 2 {
  const rule = operationRule(profile, command.operation);
  if (rule.risk === 2) return 2;
  for (const [code, value] of command.changes) {
    const p = parameterOf(profile, code);
    const way = Math.sign(value - (current.get(code) ?? value));
    const lowers = p.safeDirection !== 0 && way === p.safeDirection;
    if (p.risk === 2 && !lowers) return 2;
  }
  return 1;
}

/**
 * Holds the changes of a command against the profile: known settings, range, step, largest change, joint rules
 * on the whole resulting set, cumulative window, drift. Throws Refusal E_CMD_SCHEMA, E_CMD_LIMIT or
 * E_CMD_RATE_OF_CHANGE, naming the setting, never a value.
 *
 * @returns the complete settings after the command
 */
export function checkChanges(
  profile: Profile,
  command: Command,
  current: ReadonlyMap<number, number>,
  past: (parameter: Parameter) => Past,
  tier: 1 | 2,
): ReadonlyMap<number, number> {
  const takesChanges = command.operation === OPERATION.program;
  if (takesChanges !== command.changes.size > 0) {
    throw new Refusal('E_CMD_SCHEMA', 'settings change with `program`, and only with it', 'command.8');
  }
  const after = new Map(current);
  for (const [code, value] of command.changes) {
    const p = parameterOf(profile, code);
    const before = current.get(code);
    if (!p.programmed || before === undefined)
      throw new Refusal('E_CMD_SCHEMA', 'not a setting to change', p.name);
    if (before === value) throw new Refusal('E_CMD_SCHEMA', 'a change that changes nothing', p.name);
    if (!isAllowed(p, value)) throw new Refusal('E_CMD_LIMIT', 'outside its range or off its step', p.name);
    checkRate(p, before, value, past(p), tier);
    after.set(code, value);
  }
  checkJointRules(profile, after);
  return after;
}

function checkRate(p: Parameter, before: number, value: number, past: Past, tier: 1 | 2): void {
  // A named value has no distance from a number; but "Off" must not be a way around the drift of what follows it.
  if (p.options.has(value)) return;
  const change = p.options.has(before) ? 0 : Math.abs(value - before);
  if (change > p.maxChange)
    throw new Refusal('E_CMD_RATE_OF_CHANGE', 'more than one command may change', p.name);
  if (past.changed + change > p.window.sum) {
    throw new Refusal('E_CMD_RATE_OF_CHANGE', 'more than may change within the window', p.name);
  }
  if (tier === 1 && !p.options.has(past.baseline) && Math.abs(value - past.baseline) > p.drift) {
    throw new Refusal('E_CMD_RATE_OF_CHANGE', 'too far from what two people last agreed', p.name);
  }
}

/** Throws Refusal E_CMD_LIMIT when a complete set of settings breaks a joint rule. */
export function checkJointRules(profile: Profile, settings: ReadonlyMap<number, number>): void {
  for (const rule of profile.rules) {
    let sum = 0;
    for (const [code, coefficient] of rule.terms) sum += coefficient * (settings.get(code) ?? 0);
    const total = sum * (rule.times === 0 ? 1 : (settings.get(rule.times) ?? 0));
    // Beyond the safe range a comparison could come out either way: that is a no.
    if (!Number.isSafeInteger(total) || total > rule.bound)
      throw new Refusal('E_CMD_LIMIT', rule.says, 'joint rule');
  }
}

/** The parameter with a code; throws Refusal E_CMD_SCHEMA when the profile has none. */
export function parameterOf(profile: Profile, code: number): Parameter {
  const parameter = profile.parameters.find((p) => p.code === code);
  if (!parameter) throw new Refusal('E_CMD_SCHEMA', 'no such setting', `command.8.${code}`);
  return parameter;
}
