import { approvalValue, parseApproval } from '../protocol/approval.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../protocol/encoding/cbor.ts';
import { parseCommand } from '../protocol/command.ts';
import { arrayOf, decodeStrict, Fields, textOf, uint } from '../protocol/encoding/fields.ts';
import type { Actor, ClosedDraft, Draft } from './draft.ts';

/** Longest body read back: a message of the stream and what this adds. */
const MAX_BODY = 32 * 1024;
const FORMAT = 1;
const REQUIRED = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 *     { 1: format, 2: command, 3: approval, 4: [reason, note, order], 5: actor, 6: since, 7: expires,
 *       8: attempts left, ? 9: companion, ? 10: actor who matched, ? 11: tier,
 *       ? 12: [how, actor, reason, at], ? 13: 1, shown, ? 14: 1, outside of the site's range }
 *                                                                                            actor = [subject, tablet, ? kid]
 */
export function encodeBody(draft: Draft): Bytes {
  const { reason, note, order } = draft.context;
  const members: [number, Cbor][] = [
    [1, FORMAT],
    [2, draft.bytes],
    [3, approvalValue(draft.approval)],
    [4, [reason, note, order]],
    [5, actorValue(draft.by)],
    [6, draft.since],
    [7, draft.expires],
    [8, draft.attemptsLeft],
  ];
  if (draft.companion) members.push([9, draft.companion]);
  if (draft.matched) members.push([10, actorValue(draft.matched)]);
  members.push([11, draft.tier]);
  if (draft.closed) {
    const { how, by, reason: why, at } = draft.closed;
    members.push([12, [how, actorValue(by), why, at]]);
  }
  if (draft.shown) members.push([13, 1]);
  if (draft.outside) members.push([14, 1]);
  return encode(new Map(members));
}

/** Reads a body as the store kept it; throws Refusal E_CMD_MALFORMED. */
export function parseBody(id: string, body: Bytes): Draft {
  const f = Fields.of(decodeStrict(body, 'draft', MAX_BODY), 'draft', REQUIRED, [9, 10, 11, 12, 13, 14]);
  f.uint(1, FORMAT);
  const [reason, note, order] = arrayOf(f.value(4), 'draft.4', 3, 3);
  const bytes = f.bytes(2);
  return {
    id,
    bytes,
    command: parseCommand(bytes),
    approval: parseApproval(f.value(3), 'draft.3'),
    context: {
      reason: textOf(reason, 'draft.4', MAX_BODY),
      note: textOf(note, 'draft.4', MAX_BODY),
      order: textOf(order, 'draft.4', MAX_BODY),
    },
    companion: f.has(9) ? f.bytes(9) : undefined,
    by: parseActor(f.value(5)),
    since: f.uint(6),
    expires: f.uint(7),
    attemptsLeft: f.uint(8, 9),
    matched: f.has(10) ? parseActor(f.value(10)) : undefined,
    shown: f.has(13),
    outside: f.has(14),
    tier: f.has(11) && f.uint(11, 2) === 1 ? 1 : 2,
    closed: f.has(12) ? parseClosed(f.value(12)) : undefined,
  };
}

function parseClosed(value: Cbor | undefined): ClosedDraft {
  const [how, by, reason, at] = arrayOf(value, 'draft.12', 4, 4);
  return {
    how: how === 'declined' ? how : 'differs',
    by: parseActor(by),
    reason: textOf(reason, 'draft.12', MAX_BODY),
    at: uint(at, 'draft.12'),
  };
}

const actorValue = ({ subject, tablet, kid }: Actor): Cbor =>
  kid ? [subject, tablet, kid] : [subject, tablet];

function parseActor(value: Cbor | undefined): Actor {
  const [subject, tablet, kid] = arrayOf(value, 'draft.actor', 2, 3);
  return {
    subject: textOf(subject, 'draft.actor', 64),
    tablet: textOf(tablet, 'draft.actor', 100),
    ...(kid instanceof Uint8Array && { kid }),
  };
}
