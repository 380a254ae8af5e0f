import { isPlainText } from '../protocol/encoding/plain-name.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Context } from '../protocol/stream.ts';

/**
 * The second person and the auditors read what is written beside a change: nothing in it may turn round, hide or replace
 * what stands next to it. Throws Refusal E_CMD_SCHEMA.
 */
export function expectPlainContext({ note, order }: Context): void {
  for (const [field, text] of Object.entries({ note, order }))
    if (!isPlainText(text))
      throw new Refusal('E_CMD_SCHEMA', 'characters that change how others are read', `context.${field}`);
}
