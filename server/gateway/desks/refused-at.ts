import type { Refusals } from '../../broker/refusals.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Refusal } from '../../protocol/refusal.ts';

/** Records what was refused at a place, with the message for who looks on. */
export const refusedAt =
  (refusals: Refusals) =>
  ({ code, why, field }: Refusal, place: string, message?: Bytes): void =>
    refusals.record({ code, detail: place.replaceAll(/[^ -~]/gu, '?') }, { why, field, message });
