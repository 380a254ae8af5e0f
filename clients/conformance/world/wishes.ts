import { type Command, OPERATION } from '../../../server/protocol/command.ts';
import { checkChanges, operationRule, tierOf } from '../../../server/protocol/limits.ts';
import { isAllowed, type Parameter, type Profile } from '../../../server/protocol/profile.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';

type Settings = ReadonlyMap<number, number>;
export type Changes = ReadonlyMap<number, number>;

const command = (operation: number, changes: Changes): Command => {
  const [none, nonce, hash] = [new Uint8Array(8), new Uint8Array(16), new Uint8Array(32)];
  return {
    device: none,
    nonce,
    counter: 0,
    profile: hash,
    settings: hash,
    operation,
    changes,
    patient: hash,
  };
};

/** The risk tier of a change, or undefined when the profile does not allow it from these settings. */
export function tierIfAllowed(profile: Profile, settings: Settings, changes: Changes): 1 | 2 | undefined {
  try {
    const wanted = command(OPERATION.program, changes);
    const tier = tierOf(profile, wanted, settings);
    const past = (p: Parameter) => ({ changed: 0, baseline: settings.get(p.code) ?? 0 });
    checkChanges(profile, wanted, settings, past, tier);
    return tier;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Values that one setting could take next, the nearest to its nominal value first. */
function candidates(p: Parameter, now: number): number[] {
  const steps = p.options.has(now) ? [p.min] : [now + p.step, now - p.step];
  return [...steps, ...p.options.keys()]
    .filter((value) => value !== now && isAllowed(p, value))
    .sort((a, b) => Math.abs(a - p.nominal) - Math.abs(b - p.nominal));
}

/** Every single change of a tier that the profile allows now; options first, they count against no window. */
export function wishesOf(profile: Profile, settings: Settings, tier: 1 | 2): readonly Changes[] {
  const found: { readonly changes: Changes; readonly named: boolean }[] = [];
  for (const p of profile.parameters) {
    const now = settings.get(p.code);
    if (!p.programmed || now === undefined) continue;
    for (const value of candidates(p, now)) {
      const changes = new Map([[p.code, value]]);
      if (tierIfAllowed(profile, settings, changes) === tier)
        found.push({ changes, named: p.options.has(value) });
    }
  }
  return found.sort((a, b) => Number(b.named) - Number(a.named)).map(({ changes }) => changes);
}

/** The rule the profile has for an operation, if it has one. */
export function ruleFor(profile: Profile, operation: number) {
  try {
    return operationRule(profile, operation);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** A change that must be refused, and with which code; what makes it wrong is only what `what` says. */
export interface WrongWish {
  readonly what: string;
  readonly code: 'E_CMD_SCHEMA' | 'E_CMD_LIMIT' | 'E_CMD_RATE_OF_CHANGE';
  readonly changes: Changes;
}

const I32 = 0x7fff_ffff;

/** One wrong wish of each kind that the profile has room for. */
export function wrongWishes(profile: Profile, settings: Settings): readonly WrongWish[] {
  const wishes: WrongWish[] = [];
  const wish = (
    what: string,
    code: WrongWish['code'],
    changes: readonly (readonly [number, number])[],
  ): void => {
    if (!wishes.some((each) => each.what === what)) wishes.push({ what, code, changes: new Map(changes) });
  };
  const unknown = Math.max(...profile.parameters.map(({ code }) => code)) + 1;
  wish('a setting that the profile does not have', 'E_CMD_SCHEMA', [[unknown, 1]]);
  for (const p of profile.parameters) {
    const now = settings.get(p.code);
    if (now === undefined) continue;
    if (!p.programmed) {
      const other = [p.min, p.max, now + p.step].find((value) => value !== now) ?? now + 1;
      wish('a value that is only read', 'E_CMD_SCHEMA', [[p.code, other]]);
      continue;
    }
    wish('a change that changes nothing', 'E_CMD_SCHEMA', [[p.code, now]]);
    if (!p.options.has(p.max + p.step) && p.max + p.step <= I32)
      wish('a value above its maximum', 'E_CMD_LIMIT', [[p.code, p.max + p.step]]);
    if (!p.options.has(p.min - p.step) && p.min - p.step >= -I32)
      wish('a value below its minimum', 'E_CMD_LIMIT', [[p.code, p.min - p.step]]);
    const off = now + (p.step === 1 ? 0 : 1);
    if (off !== now && off < p.max && !p.options.has(off) && !p.options.has(now))
      wish('a value off its step', 'E_CMD_LIMIT', [[p.code, off]]);
    const far = farther(p, now);
    if (far !== undefined) wish('more than one command may change', 'E_CMD_RATE_OF_CHANGE', [[p.code, far]]);
  }
  const broken = breaking(profile, settings);
  if (broken) wish('settings that break a joint rule', 'E_CMD_LIMIT', [...broken]);
  return wishes;
}

/** The nearest value beyond what one command may change. */
function farther(p: Parameter, now: number): number | undefined {
  if (p.options.has(now)) return undefined;
  const size = (Math.floor(p.maxChange / p.step) + 1) * p.step;
  return [now + size, now - size].find((value) => isAllowed(p, value) && !p.options.has(value));
}

/** A single change that is fine by itself and breaks a joint rule. */
function breaking(profile: Profile, settings: Settings): Changes | undefined {
  for (const p of profile.parameters) {
    const now = settings.get(p.code);
    if (!p.programmed || now === undefined || p.options.has(now)) continue;
    const reach = Math.floor(Math.min(p.maxChange, p.window.sum, p.drift) / p.step);
    for (const way of [1, -1]) {
      for (let steps = reach; steps > 0; steps--) {
        const value = now + way * steps * p.step;
        if (!isAllowed(p, value) || p.options.has(value)) continue;
        const changes = new Map([[p.code, value]]);
        const alone = { ...profile, rules: [] };
        if (tierIfAllowed(alone, settings, changes) && !tierIfAllowed(profile, settings, changes))
          return changes;
        break;
      }
    }
  }
  return undefined;
}
