import type { Cbor } from './encoding/cbor.ts';
import { arrayOf, textOf } from './encoding/fields.ts';
import type { Context } from './stream.ts';

/** Reads why a change is made, `[reason, note, order]`; throws Refusal E_CMD_MALFORMED. */
export function parseContext(value: Cbor | undefined): Context {
  const [reason, note, order] = arrayOf(value, 'call.context', 3, 3);
  return {
    reason: textOf(reason, 'call.context.reason', 40),
    note: textOf(note, 'call.context.note', 500),
    order: textOf(order, 'call.context.order', 80),
  };
}
