import { z } from 'zod';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { LIMITS } from '../limits.ts';
import { parseFile } from './json-file.ts';
import { limitKey, limits, type SiteLimit, siteName } from './policy-limits.ts';

/** Roles that can sign commands at all. Auditors and patients read; the emergency role needs no gateway. */
const SIGNING_ROLES = ['clinician', 'second', 'operator', 'maker'] as const;
/** Command classes a policy can allow. Safe mode is not among them: no policy may stand in its way. */
const CLASSES = ['program', 'associate', 'stop', 'resume', 'firmware', 'profile'] as const;

/** Classes whose second person may be shown the values of the first instead of entering them: nowhere, if nobody says so. */
const PRIMABLE = ['program'] as const;
const ONLY_VALUES =
  'expected "program" alone: an image, a profile and whose device it is are checked by finding out anew, and the others have no values to show';

const DAY = 86_400;
/** Shorter waits than this cannot be used by people; only a simulation has them. */
export const MIN_WAIT_SECONDS = 10;
/** As the command line and the edge accept it: a policy is read by people before they sign it. */
const MAX_FILE = LIMITS.httpBody.max;

const seconds = z.int().min(0).max(DAY);
const roles = z.array(z.enum(SIGNING_ROLES)).min(1).max(SIGNING_ROLES.length).refine(isSet, 'a role twice');
const approvals = z.int('expected 1 or 2').min(1, 'expected 1 or 2: nobody means nobody is asked').max(2);

const tier = z.strictObject({ approvals, coolDownSeconds: seconds, cancelWindowSeconds: seconds });
const row = z.strictObject({ first: roles, second: roles.optional() });
const rate = z.strictObject({
  per: z
    .array(z.enum(['person', 'device']))
    .min(1)
    .max(2)
    .refine(isSet, 'an axis twice'),
  count: z.int().min(1).max(1_000),
  seconds: z.int().min(1).max(DAY),
});
const commandClass = z.strictObject({
  tiers: z.strictObject({ 1: row.optional(), 2: row.optional() }),
  coolDownSeconds: seconds.optional(),
  rates: z.array(rate).min(1).max(4),
});
/** The hourly ones are rate limits, whose intervals stay exact up to a thousand. */
const perPerson = z.int().min(1).max(1_000);
/** Nobody works longer than sixteen hours. */
const shiftMinutes = z.int().min(1).max(960);
/** How old a sign-in may be (RFC 9470): beyond a shift it would ask nothing. */
const signInAge = z.int().min(60).max(57_600);
const site = z.strictObject({
  site: siteName,
  classes: z.array(z.enum(CLASSES)).max(CLASSES.length).refine(isSet, 'a class twice'),
  highestTier: z.union([z.literal(1), z.literal(2)]),
  primedChecks: z
    .array(z.enum(PRIMABLE, ONLY_VALUES))
    .max(PRIMABLE.length)
    .refine(isSet, 'a class twice')
    .default([]),
});

/** What a board on a wall says of a name: people read it who only walk by. */
const BOARD_NAMES = ['none', 'initials', 'full'] as const;
const SIGNS = ['rate', 'volume', 'misuse', 'identity', 'jump', 'clock', 'destination'] as const;
const SCHEMA = z
  .strictObject({
    format: z.literal(1),
    version: z.int().min(1).max(0xffff_ffff),
    simulation: z.boolean(),
    tiers: z.strictObject({ 1: tier, 2: tier }),
    classes: z.partialRecord(z.enum(CLASSES), commandClass),
    sites: z.array(site).max(256),
    limits,
    battery: z.strictObject({ stopBelowPercent: z.int().min(1).max(100) }).optional(),
    credentials: z.strictObject({ maxDays: z.int().min(1).max(1_100), minAgeSecondsTier2: seconds }),
    sessions: z.strictObject({
      maxMinutes: shiftMinutes,
      signInSeconds: z.strictObject({ read: signInAge, sign: signInAge }).default({ read: 3_600, sign: 300 }),
    }),
    drafts: z.strictObject({ openPerPerson: perPerson, asksPerHour: perPerson, entriesPerHour: perPerson }),
    signs: z
      .strictObject({ monitorOnly: z.array(z.enum(SIGNS)).max(SIGNS.length) })
      .default({ monitorOnly: [] }),
    board: z.strictObject({ names: z.enum(BOARD_NAMES) }).default({ names: 'initials' }),
  })
  .superRefine((policy, context) => {
    for (const { at, says } of contradictions(policy)) {
      context.addIssue({ code: 'custom', path: at, message: says });
    }
  });

/** As monitoring names them. */
export type SignKind = (typeof SIGNS)[number];
export type BoardNames = (typeof BOARD_NAMES)[number];
type Parsed = z.output<typeof SCHEMA>;
export type Tier = 1 | 2;
export type PolicyTier = Readonly<z.output<typeof tier>>;

/** Which commands are given at a site, and which of them a second person may check without entering them (primed). */
export interface Site {
  readonly classes: readonly string[];
  readonly highestTier: Tier;
  readonly primedChecks: readonly string[];
}

/** Which roles may sign, first and second. */
export interface Permission {
  readonly first: readonly (typeof SIGNING_ROLES)[number][];
  readonly second: readonly (typeof SIGNING_ROLES)[number][];
}

/** `count` commands within `seconds`, counted for each of the axes in `per` together. */
export interface Rate {
  readonly per: readonly ('person' | 'device')[];
  readonly count: number;
  readonly seconds: number;
}

export interface PolicyClass {
  readonly tiers: ReadonlyMap<Tier, Permission>;
  readonly coolDownSeconds: number | undefined;
  readonly rates: readonly Rate[];
}

/** The hospital's word on who may do what. What it does not allow is refused. */
export interface Policy {
  readonly version: number;
  /** Waits below ten seconds are allowed, and the gateway runs it in a simulation only. */
  readonly simulation: boolean;
  readonly tiers: Readonly<Record<Tier, PolicyTier>>;
  /** By name of the operation; a Map, so that `constructor` is no class. */
  readonly classes: ReadonlyMap<string, PolicyClass>;
  readonly sites: ReadonlyMap<string, Site>;
  /** Narrower ranges than the devices', by `limitKey`: what lies outside of one takes two people. */
  readonly limits: ReadonlyMap<string, SiteLimit>;
  /** A device that signs less charge than this takes no changes; undefined: a low battery is a caution only. */
  readonly stopBelowPercent: number | undefined;
  readonly credentials: { readonly maxDays: number; readonly minAgeSecondsTier2: number };
  readonly sessions: {
    readonly maxMinutes: number;
    /** How long ago somebody may have signed in to read, and to sign. */
    readonly signInSeconds: { readonly read: number; readonly sign: number };
  };
  /** Against approval fatigue: people asked more often than this agree without looking. */
  readonly drafts: {
    readonly openPerPerson: number;
    readonly asksPerHour: number;
    readonly entriesPerHour: number;
  };
  /** Signs of trouble after which a device takes no commands for an hour; it is still read. */
  readonly signs: { readonly monitorOnly: readonly SignKind[] };
  /** How much of a patient's name a ward board shows. */
  readonly board: { readonly names: BoardNames };
}

/** Reads a policy. Throws FileError that names every field which is missing, foreign, wrong or contradicts another. */
export function parsePolicy(json: Bytes): Policy {
  const {
    format: _,
    classes,
    sites,
    limits,
    battery,
    ...rest
  } = parseFile(SCHEMA, json, 'the policy', MAX_FILE);
  return {
    ...rest,
    classes: new Map(Object.entries(classes).map(([name, said]) => [name, classOf(said)])),
    sites: new Map(sites.map(({ site, ...said }) => [site, said])),
    limits: new Map(limits.map((limit) => [limitKey(limit), limit])),
    stopBelowPercent: battery?.stopBelowPercent,
  };
}

function classOf({ tiers, coolDownSeconds, rates }: z.output<typeof commandClass>): PolicyClass {
  const rows = new Map<Tier, Permission>();
  for (const at of [1, 2] as const) {
    const said = tiers[at];
    if (said) rows.set(at, { first: said.first, second: said.second ?? [] });
  }
  return { tiers: rows, coolDownSeconds, rates };
}

interface Contradiction {
  readonly at: (string | number)[];
  readonly says: string;
}

function* contradictions(policy: Parsed): Generator<Contradiction> {
  if (policy.tiers[2].approvals < 2) {
    yield { at: ['tiers', 2, 'approvals'], says: 'expected 2: devices take no high risk from one person' };
  }
  for (const at of [1, 2] as const) {
    const most = LIMITS.cancelWindow.max / 1000;
    if (policy.tiers[at].cancelWindowSeconds > most) {
      yield { at: ['tiers', at, 'cancelWindowSeconds'], says: `longer than ${most} seconds` };
    }
  }
  if (!policy.simulation) yield* shortWaits(policy);
  for (const [name, { tiers }] of Object.entries(policy.classes)) {
    for (const at of [1, 2] as const) {
      if (tiers[at] && policy.tiers[at].approvals === 2 && !tiers[at].second) {
        yield { at: ['classes', name, 'tiers', at, 'second'], says: 'missing: two people sign at this tier' };
      }
    }
  }
  for (const [i, { classes, primedChecks }] of policy.sites.entries()) {
    if (primedChecks.some((name) => !classes.includes(name)))
      yield { at: ['sites', i, 'primedChecks'], says: 'a class that is not given at this site' };
  }
  if (!isSet(policy.sites.map(({ site }) => site))) yield { at: ['sites'], says: 'a site twice' };
  if (!isSet(policy.limits.map(limitKey))) yield { at: ['limits'], says: 'a setting twice at one site' };
}

function* shortWaits(policy: Parsed): Generator<Contradiction> {
  const says = `shorter than ${MIN_WAIT_SECONDS} seconds, which only a policy marked "simulation" may have`;
  for (const at of [1, 2] as const) {
    for (const field of ['coolDownSeconds', 'cancelWindowSeconds'] as const) {
      if (policy.tiers[at][field] < MIN_WAIT_SECONDS) yield { at: ['tiers', at, field], says };
    }
  }
  for (const [name, { coolDownSeconds: wait }] of Object.entries(policy.classes)) {
    if (wait !== undefined && wait < MIN_WAIT_SECONDS)
      yield { at: ['classes', name, 'coolDownSeconds'], says };
  }
}

function isSet(list: readonly unknown[]): boolean {
  return new Set(list).size === list.length;
}
