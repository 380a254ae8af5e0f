import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { checkJointRules, tierOf } from '../../../server/protocol/limits.ts';
import type { Parameter, Profile } from '../../../server/protocol/profile.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Reading } from '../device/reading.ts';

/** Values a clinician has picked and nobody has signed. */
export interface Draft {
  readonly changes: ReadonlyMap<number, number>;
  /** Settings the draft was made from: if the device has others now, it is void row by row. */
  readonly from: ReadonlyMap<number, number>;
  /** By which limits it was judged, as `limitsNow` names them. */
  readonly limits: string;
  readonly operation: number;
  readonly reason: string;
  readonly note: string;
  readonly order: string;
  /** Of who ends a safe mode: what was set before the emergency, to go back to afterwards. */
  readonly back?: ReadonlyMap<number, number>;
}

export const newDraft = (reading: Reading, operation: number = OPERATION.program): Draft => ({
  changes: new Map(),
  from: reading.attestation.settings,
  limits: limitsNow(reading),
  operation,
  reason: '',
  note: '',
  order: '',
});

/** A name for the limits that hold now: hash of the profile (hexadecimal), and the ranges of the site. */
export const limitsNow = ({ profileHash, siteRanges }: Reading): string =>
  [
    hex(profileHash),
    ...[...(siteRanges ?? [])].map(([code, { low, high }]) => `${code} ${low} ${high}`),
  ].join();

/** Does a value leave the range that the hospital gives this setting? */
export function isOutside({ siteRanges }: Reading, code: number, value: number): boolean {
  const range = siteRanges?.get(code);
  return range !== undefined && (value < range.low || value > range.high);
}

/** The draft with another value; the value the device has already takes the row out. */
export function withValue(draft: Draft, code: number, value: number): Draft {
  const changes = new Map(draft.changes);
  if (draft.from.get(code) === value) changes.delete(code);
  else changes.set(code, value);
  return { ...draft, changes };
}

/** One row of the comparison. */
export interface Row {
  readonly parameter: Parameter;
  readonly on: number;
  readonly proposed: number;
  readonly changed: boolean;
  /** The device has another value now than when the draft was made. */
  readonly moved: boolean;
  /** This change alone already needs two people. */
  readonly high: boolean;
  /** It leaves the range of the site, and needs two people for that. */
  readonly outside: boolean;
}

/** Every programmed setting, those that change first, in the order of the profile. */
export function rowsOf(reading: Reading, draft: Draft): Row[] {
  const { profile, attestation } = reading;
  const rows = profile.parameters.flatMap((parameter): Row[] => {
    const on = attestation.settings.get(parameter.code);
    if (!parameter.programmed || on === undefined) return [];
    const proposed = draft.changes.get(parameter.code) ?? on;
    const changed = draft.changes.has(parameter.code);
    const moved = changed && draft.from.get(parameter.code) !== on;
    const high = changed && isHigh(parameter, on, proposed);
    const outside = changed && isOutside(reading, parameter.code, proposed);
    return [{ parameter, on, proposed, changed, moved, high, outside }];
  });
  return [...rows.filter(({ changed }) => changed), ...rows.filter(({ changed }) => !changed)];
}

/** Does the device have other limits, or other values under the draft, than the draft was made from? */
export const isMoved = (reading: Reading, draft: Draft): boolean =>
  draft.limits !== limitsNow(reading) || rowsOf(reading, draft).some(({ moved }) => moved);

/** Does this change by itself need two people? Not in the direction that lowers the risk. */
export function isHigh(parameter: Parameter, on: number, proposed: number): boolean {
  const way = Math.sign(proposed - on);
  return parameter.risk === 2 && !(parameter.safeDirection !== 0 && way === parameter.safeDirection);
}

/** How many people sign: as the device itself will compute it, and two where the site asks for more. */
export function peopleFor(reading: Reading, draft: Draft): 1 | 2 {
  const { attestation, profile, profileHash } = reading;
  if ([...draft.changes].some(([code, value]) => isOutside(reading, code, value))) return 2;
  const command = {
    device: reading.device,
    nonce: attestation.nonce,
    counter: attestation.counter + 1,
    profile: profileHash,
    settings: profileHash,
    operation: draft.operation,
    changes: draft.changes,
    patient: attestation.patient,
  };
  return tierOf(profile, command, attestation.settings);
}

/** The joint rule that a set of changes would break, in the maker's words; undefined when none. */
export function brokenRule(
  profile: Profile,
  settings: ReadonlyMap<number, number>,
  changes: ReadonlyMap<number, number>,
): string | undefined {
  try {
    checkJointRules(profile, new Map([...settings, ...changes]));
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }
}

/** Other settings whose pending value belongs to the rule that is broken: one of them may have to change too. */
export function partners(profile: Profile, code: number, rule: string): Parameter[] {
  const found = profile.rules.find(({ says }) => says === rule);
  const codes = (found?.terms.map(([term]) => term) ?? []).concat(found ? [found.times] : []);
  return profile.parameters.filter((one) => one.code !== code && codes.includes(one.code));
}

/** How long the device waits for a command over this reading (ms): from when it was read for one person, from its nonce's birth for two. */
export function timeToSign(reading: Reading, draft: Draft, now: number): number {
  const { attestation, profile, at } = reading;
  const life = peopleFor(reading, draft) === 2 ? attestation.ticksLeft : profile.nonceTicks.r1;
  return life * 1_000 - (now - at);
}
