import { Chip } from '../../common/page/chip.tsx';
import { whenSays } from '../review/due.ts';
import type { Safety } from '../patient/patients.ts';
import { dayOf, minuteOf } from '../words.ts';
import { safetyTexts } from './texts.ts';

/** Hours and minutes; with the day before it where that is not today. */
const timeSaid = (at: number, now: number): string =>
  dayOf(at) === dayOf(now) ? minuteOf(at) : whenSays(at, now);

/** That a device is in its safe mode, and that its emergency waits for a review: each in a few words. */
export function safetySaid(
  { safeSince, reviewDue, rescuer, review }: Safety & { readonly review?: string | undefined },
  now: number,
): readonly string[] {
  const t = safetyTexts.value;
  const said = safeSince === undefined ? [] : [t.safeSince(timeSaid(safeSince, now))];
  if (review === undefined && reviewDue === undefined) return said;
  const due =
    reviewDue === undefined
      ? t.review
      : (now > reviewDue ? t.reviewOver : t.reviewBy)(timeSaid(reviewDue, now));
  return [...said, rescuer === undefined ? due : t.of(due, rescuer)];
}

/** The same as marks beside a device's name. */
export const SafetyMarks = ({ of, now }: { of: Parameters<typeof safetySaid>[0]; now: number }) => (
  <>
    {safetySaid(of, now).map((says) => (
      <Chip key={says} kind="caution">
        {says}
      </Chip>
    ))}
  </>
);
