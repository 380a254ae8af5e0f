import { z } from 'zod';
import type { Approval } from '../../protocol/approval.ts';
import { base64url, type Bytes, unbase64url } from '../../protocol/encoding/bytes.ts';
import { MAX_LISTING } from '../../protocol/fleet/listing.ts';
import { Refusal, REFUSALS } from '../../protocol/refusal.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { DeviceDetail, Health } from '../desks/desk.ts';

/** JSON shapes of the edge: byte strings as base64url without padding, ids as lower-case hexadecimal. */
export const hexId = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'u'));
const encoded = (maxBytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/u)
    .max(Math.ceil((maxBytes * 4) / 3));
const time = z.int().min(0).describe('Unix time in milliseconds.');

/** Largest profile, key and anchors a device can be given; larger ones never got that far. */
const MAX_PART = 65_536;

/** What everybody at a device has to see without asking. */
export const SAFETY = {
  safeSince: time
    .optional()
    .describe('Since when it is in its safe mode (Unix ms); left out while it is not.'),
  reviewDue: time.optional().describe('Until when its emergency is to be reviewed (Unix ms).'),
  rescuer: z.string().optional().describe('Who used the emergency door, while that waits for its review.'),
};

export const DEVICE = z.strictObject({
  id: hexId(8).describe('EUI-64.'),
  name: z.string(),
  model: z.string(),
  transport: z.enum(['nfc', 'websocket']),
  connected: z.boolean(),
  posture: z.string(),
  reader: z.string().optional().describe('Label of the reader it lies on.'),
  unknown: hexId(32).optional().describe('Hash of the command whose outcome is unknown.'),
  review: hexId(32).optional().describe('Hash of the emergency command that waits for a review.'),
  ...SAFETY,
});

const step = z.int().min(-0x8000_0000).max(0x7fff_ffff).describe('In steps of the profile.');

export const DEVICE_DETAIL = DEVICE.extend({
  siteLimits: z
    .array(z.strictObject({ code: z.int().min(0).max(0xffff_ffff), low: step, high: step }))
    .describe('Ranges of this site, by its policy: outside of one a second person signs too.'),
  stopBelowPercent: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('With less charge than this, by its own attestation, the device takes no changes here.'),
  profile: encoded(MAX_PART).describe('Maker-signed profile (COSE_Sign1).'),
  identity: encoded(1_024).describe('Enrolled identity key (COSE_Key).'),
  listing: encoded(MAX_LISTING)
    .optional()
    .describe('The authority’s word on this device. Without an authority there is none.'),
  anchors: encoded(MAX_PART).describe('Anchors the device was given.'),
});

export const COMMAND = z.strictObject({
  hash: hexId(32),
  device: hexId(8),
  state: z.string(),
  tier: z.int().min(0).max(2),
  people: z.array(z.string()),
  updated: time,
  code: z.string().optional().describe('Refusal code.'),
});

export const LOCK = z.strictObject({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  reason: z.string(),
  since: time,
  until: time.optional(),
});

export const TABLET = z.strictObject({
  name: z.string(),
  jkt: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/u)
    .describe('SHA-256 thumbprint (RFC 7638) of the tablet’s key.'),
});

export const SESSION_OPENED = z.strictObject({
  session: z.strictObject({
    id: z.string(),
    subject: z.string(),
    roles: z.int().min(0).describe('Bits.'),
    tablet: z.string(),
    scope: z
      .string()
      .describe(
        'What was approved for it: "read", "read command", or scopes of SMART App Launch ("user/Observation.rs").',
      ),
    expires: time,
  }),
});

export const HEALTH = z.strictObject({
  ready: z.boolean(),
  posture: z.enum(['ready', 'monitoring-only']),
  evidence: z.enum(['ok', 'inconsistent', 'no-quorum', 'unavailable']),
  checkpointAgeSeconds: z.number().min(0),
  logSize: z.int().min(0),
  unknownOutcomes: z.int().min(0),
  parts: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['ok', 'warning', 'bad']),
      says: z.string(),
      mend: z.string().optional(),
    }),
  ),
  reasons: z.array(z.string()).describe('What is wrong, and what to do; empty when ready.'),
});

/** RFC 9457. */
export const PROBLEM = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.enum(Object.keys(REFUSALS)).optional().describe('Closed table of refusal codes.'),
  field: z.string().optional(),
});

/** A statement with the assertion of the person who makes it. */
export const SIGNED = z.strictObject({
  statement: encoded(2_048).describe('Deterministic CBOR of the statement.'),
  approval: z.strictObject({
    kid: encoded(16),
    authenticatorData: encoded(37),
    clientDataJSON: encoded(512),
    signature: encoded(64).describe('r||s with low s.'),
  }),
});

/** Throws Refusal E_CMD_MALFORMED for text that is not the one spelling of its bytes, or has the wrong length. */
export function signedStatement({ statement, approval }: z.output<typeof SIGNED>): SignedStatement {
  const part = (name: keyof Approval, min: number, max: number): Bytes =>
    bytesIn(approval[name], `body.approval.${name}`, min, max);
  return {
    statement: bytesIn(statement, 'body.statement', 1, 2_048),
    approval: {
      kid: part('kid', 16, 16),
      authenticatorData: part('authenticatorData', 37, 37),
      clientDataJSON: part('clientDataJSON', 90, 512),
      signature: part('signature', 64, 64),
    },
  };
}

function bytesIn(value: string, field: string, min: number, max: number): Bytes {
  let bytes: Bytes;
  try {
    bytes = unbase64url(value);
  } catch {
    throw new Refusal('E_CMD_MALFORMED', 'not canonical base64url', field);
  }
  if (bytes.length >= min && bytes.length <= max) return bytes;
  throw new Refusal(
    'E_CMD_MALFORMED',
    min === max ? `expected ${min} bytes` : 'too short or too long',
    field,
  );
}

/** The members that a schema names, and no other: what a store adds to its rows stays inside. */
export function view(schema: z.ZodObject, value: object): object {
  const names = new Set(Object.keys(schema.shape));
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}

/** A device with its byte strings as base64url. */
export const deviceDetail = (device: DeviceDetail): object => ({
  ...view(DEVICE_DETAIL, device),
  profile: base64url(device.profile),
  identity: base64url(device.identity),
  ...(device.listing && { listing: base64url(device.listing) }),
  anchors: base64url(device.anchors),
});

const EVIDENCE = {
  ok: undefined,
  inconsistent: 'The log does not agree with its witnesses. Commands are stopped; follow the log runbook.',
  'no-quorum': 'Too few witnesses cosign. Commands are stopped; check the witnesses and the way to them.',
  unavailable: 'The log cannot be written. Commands are stopped; check the disk and the database.',
} as const;

/** The gateway is as healthy as its evidence. */
export function healthView(health: Health): z.input<typeof HEALTH> {
  const { ready, posture, evidence, checkpointAgeSeconds, logSize, unknownOutcomes } = health;
  const reasons: string[] = [];
  const broken = EVIDENCE[evidence];
  if (broken !== undefined) reasons.push(broken);
  for (const { name, state, says, mend } of health.parts)
    if (state === 'bad' && name !== 'log' && name !== 'witness quorum' && name !== 'store')
      reasons.push(`${name}: ${says}. ${mend ?? ''}`.trim());
  if (!ready && reasons.length === 0) {
    reasons.push(
      `The newest checkpoint is ${Math.round(checkpointAgeSeconds)} s old, or receipts are overdue.`,
    );
  }
  const parts = health.parts.map((part) => ({ ...part }));
  return { ready, posture, evidence, checkpointAgeSeconds, logSize, unknownOutcomes, parts, reasons };
}
