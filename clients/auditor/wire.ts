import * as z from 'zod/mini';

/** What the gateway answers to an auditor. Members this page does not use are not read. */
const counts = z.record(z.string(), z.number());

export const STORY = z.object({
  id: z.number(),
  last: z.number(),
  time: z.number(),
  ended: z.optional(z.number()),
  command: z.optional(z.string()),
  device: z.optional(z.string()),
  kind: z.string(),
  action: z.string(),
  tier: z.optional(z.number()),
  outcome: z.string(),
  code: z.optional(z.string()),
  second: z.string(),
  link: z.optional(z.number()),
  place: z.optional(z.string()),
  patient: z.optional(z.string()),
  receipt: z.optional(z.number()),
  reason: z.optional(z.number()),
  review: z.optional(z.number()),
  people: z.array(z.object({ kid: z.string(), subject: z.optional(z.string()) })),
  witnessed: z.boolean(),
});
export type Story = z.infer<typeof STORY>;

export const FOUND = z.object({
  rows: z.array(STORY),
  total: z.number(),
  end: z.boolean(),
  indexed: z.number(),
  size: z.number(),
  complete: z.object({ proven: z.boolean(), says: z.array(z.string()) }),
});
export type Found = z.infer<typeof FOUND>;

const REVIEW = z.object({
  index: z.number(),
  by: z.object({ kid: z.string(), subject: z.optional(z.string()) }),
  entry: z.string(),
  statement: z.string(),
  path: z.optional(z.array(z.string())),
  checkpoint: z.optional(z.string()),
});
/** The reason or the review of an emergency, as the gateway gives it. */
export type Reviewing = z.infer<typeof REVIEW>;

export const DETAIL = z.object({
  story: STORY,
  erased: z.optional(z.object({ when: z.number(), by: z.string() })),
  reason: z.optional(REVIEW),
  review: z.optional(REVIEW),
  entries: z.array(
    z.object({
      index: z.number(),
      time: z.number(),
      kind: z.string(),
      says: z.string(),
      bytes: z.string(),
    }),
  ),
});
export type LoggedEntry = z.infer<typeof DETAIL>['entries'][number];

export const GAPS = z.object({
  gaps: z.array(
    z.object({
      kind: z.string(),
      entry: z.number(),
      device: z.optional(z.string()),
      command: z.optional(z.string()),
      says: z.string(),
      heads: z.optional(z.object({ ours: z.string(), theirs: z.optional(z.string()) })),
    }),
  ),
});
export type Gap = z.infer<typeof GAPS>['gaps'][number];

export const OVERVIEW = z.object({
  log: z.object({
    origin: z.string(),
    size: z.number(),
    witnessed: z.number(),
    root: z.string(),
    seen: z.optional(z.number()),
    health: z.string(),
    witnesses: z.array(z.object({ name: z.string(), seen: z.nullable(z.number()) })),
    quorum: z.number(),
  }),
  commands: z.number(),
  outcomes: counts,
  refusals: counts,
  emergencies: z.number(),
  breakGlass: z.number(),
  primed: z.number(),
  alarms: z.number(),
  gaps: counts,
  lastOfDevice: z.record(z.string(), z.number()),
  places: z.array(z.string()),
  indexed: z.number(),
  size: z.number(),
});
export type Overview = z.infer<typeof OVERVIEW>;

export const ACCESS = z.object({
  people: z.array(
    z.object({
      kid: z.string(),
      subject: z.string(),
      roles: z.number(),
      signed: z.number(),
      glass: z.number(),
      last: z.optional(z.number()),
      notBefore: z.optional(z.number()),
      notAfter: z.optional(z.number()),
    }),
  ),
  pairs: z.array(
    z.object({ first: z.string(), second: z.string(), together: z.number(), differed: z.number() }),
  ),
});
export type Access = z.infer<typeof ACCESS>;

export const UNMASKED = z.object({
  until: z.number(),
  pseudonym: z.string(),
  patient: z.optional(z.object({ name: z.string(), mrn: z.string(), birthDate: z.string() })),
  people: z.array(z.string()),
  reason: z.string(),
  note: z.string(),
  order: z.string(),
  tablets: z.array(z.string()),
});
export type Unmasked = z.infer<typeof UNMASKED>;

export const RETENTION = z.object({
  retention: z.array(z.object({ class: z.string(), years: z.number(), basis: z.string() })),
  holds: z.array(z.object({ about: z.string(), time: z.number(), by: z.string(), text: z.string() })),
  erased: z.array(z.object({ patient: z.string(), when: z.number(), by: z.string() })),
});
export type Retention = z.infer<typeof RETENTION>;

export const NOTES = z.object({
  notes: z.array(z.object({ time: z.number(), kind: z.string(), text: z.string(), by: z.string() })),
});
export type Note = z.infer<typeof NOTES>['notes'][number];

export const DEVICES = z.object({
  devices: z.array(z.object({ id: z.string(), name: z.string(), model: z.string() })),
});
export type Device = z.infer<typeof DEVICES>['devices'][number];

/** The conditions of a search, as the gateway takes them. */
export interface Filters {
  readonly rows?: 'commands' | 'events' | 'all';
  readonly text?: string;
  readonly from?: number;
  readonly to?: number;
  readonly person?: string;
  readonly role?: string;
  readonly device?: string;
  readonly model?: string;
  readonly patient?: string;
  readonly action?: string;
  readonly tier?: number;
  readonly outcome?: string;
  readonly code?: string;
  readonly second?: string;
  readonly proof?: string;
  readonly place?: string;
  readonly link?: number;
}
