import { Chip } from '../../common/page/chip.tsx';
import { whenSays } from '../review/due.ts';
import type { Safety } from '../patient/patients.ts';
import type { State } from '../state.ts';
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

/**
 * In the header of a patient: how the device in front of the tablet is, by its own verified word, with what the log says of
 * it; before it was read, what the log says of it, or of whichever device of the patient has something to say.
 */
export function HeaderMarks({ state }: { state: State }) {
  const t = safetyTexts.value;
  const now = state.now.value;
  const reading = state.reading.value;
  const assigned = state.patient.value?.assigned ?? [];
  if (!reading) {
    const chosen = assigned.find(({ id }) => id === state.wanted.value);
    return (chosen ? [chosen] : assigned).map((one) => <SafetyMarks key={one.id} of={one} now={now} />);
  }
  // A command that this reading knows nothing of may have ended it: its result says how the device is now.
  const run = state.run.value;
  if (run?.outcome.kind === 'done' && run.reading === reading) return null;
  const { mode } = reading.attestation;
  const safe = mode === 'safe-mode';
  // The device's word stands above the gateway's: who is not in its safe mode is not said to be.
  const of = { ...reading, safeSince: safe ? reading.safeSince : undefined };
  return (
    <>
      {mode === 'stopped' && <Chip kind="caution">{t.stopped}</Chip>}
      {safe && of.safeSince === undefined && <Chip kind="caution">{t.safe}</Chip>}
      <SafetyMarks of={of} now={now} />
    </>
  );
}
