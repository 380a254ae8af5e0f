import { language } from '../../common/page/texts.ts';

/** An emergency is reviewed within a day, as the gateway has it too. */
export const REVIEW_WITHIN_MS = 24 * 3_600_000;

/** A moment (Unix ms) as people make an appointment, in this tablet's zone: "tomorrow, 14:30". */
export function whenSays(at: number, now: number): string {
  const day = (ms: number): number => new Date(ms).setHours(12, 0, 0, 0);
  const days = Math.round((day(at) - day(now)) / 86_400_000);
  const locale = language.value === 'de' ? 'de-DE' : 'en-GB';
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at);
  const named =
    Math.abs(days) < 2
      ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
      : new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }).format(at);
  return `${named}, ${time}`;
}
