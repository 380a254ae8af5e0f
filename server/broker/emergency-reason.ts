import type { Bytes } from '../protocol/encoding/bytes.ts';
import { Fields, textOf } from '../protocol/encoding/fields.ts';
import { Refusal } from '../protocol/refusal.ts';
import { parseStatement } from '../protocol/statement.ts';

/** Why somebody used the emergency door, in a word, so that nobody has to type; more words may follow it. */
export const RESCUE_REASONS = ['danger', 'device', 'no-other-way', 'mistake', 'drill', 'other'] as const;
export type RescueReason = (typeof RESCUE_REASONS)[number];

/** What a rescuer says about their own emergency. */
export interface OwnReason {
  /** Device id, and hash of the emergency command. */
  readonly device: Bytes;
  readonly command: Bytes;
  readonly reason: RescueReason;
  /** In their words; may be empty but for `other`. */
  readonly text: string;
  /** Unix seconds, by the clock of who signed. */
  readonly time: number;
}

const MAX_TEXT = 480;

/**
 * Reads a `reason` statement: `{ 1: device, 2: command, 3: reason, 4: text }`. Throws Refusal E_CMD_MALFORMED.
 *
 * @param statement as it was signed
 */
export function parseOwnReason(statement: Bytes): OwnReason {
  const { detail, time } = parseStatement(statement);
  const fields = Fields.of(detail, 'statement.5', [1, 2, 3, 4]);
  const reason = RESCUE_REASONS.find((known) => known === fields.value(3));
  if (!reason) throw new Refusal('E_CMD_MALFORMED', `expected ${RESCUE_REASONS.join(', ')}`, 'statement.5.3');
  const text = textOf(fields.value(4), 'statement.5.4', MAX_TEXT);
  if (reason === 'other' && text.trim() === '')
    throw new Refusal('E_CMD_MALFORMED', 'another reason is said in words', 'statement.5.4');
  return { device: fields.bytes(1, 8), command: fields.bytes(2, 32), reason, text, time };
}
