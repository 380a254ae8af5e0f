import type { Bedside } from '../../broker/bedside.ts';
import type { Safety } from '../../edge/desks/desk.ts';
import type { Bytes } from '../../protocol/encoding/bytes.ts';

/** Each emergency is reviewed within a day (ms); it stays open until it is. */
export const REVIEW_WITHIN_MS = 24 * 3_600_000;

/**
 * What everybody at a device has to see without asking: that it is in its safe mode, since when, and until when somebody has
 * to review its emergency. The newest word counts: the log's of the emergency door, the journal's of commands, the device's own.
 *
 * @param nameOf whose passkey it is, by name
 */
export function safetyOf(
  {
    rescuedAt,
    rescuers,
    review,
    lastApplied,
    seen,
  }: Pick<Bedside, 'rescuedAt' | 'rescuers' | 'review' | 'lastApplied' | 'seen'>,
  nameOf: (kid: Bytes) => string | undefined,
): Safety {
  const entered = Math.max(rescuedAt ?? 0, lastApplied.get('safeMode') ?? 0);
  const left = lastApplied.get('resume') ?? 0;
  const says =
    seen && seen.at > Math.max(entered, left) ? seen.attestation.mode === 'safe-mode' : entered > left;
  const since = entered > left ? entered : seen?.at;
  return {
    safeSince: says ? since : undefined,
    reviewDue: review && rescuedAt !== undefined ? rescuedAt + REVIEW_WITHIN_MS : undefined,
    rescuer: review && rescuers.map(nameOf).find((name) => name !== undefined),
  };
}
