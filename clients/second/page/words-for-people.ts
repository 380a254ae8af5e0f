import { titleOf } from '../check/command.ts';
import { type Bytes, Objection, Wrong } from '../check/bytes.ts';
import { wordsOf } from '../check/words.ts';
import type { Waiting } from '../gate/desk.ts';
import { Away, Refused } from '../gate/gateway.ts';
import { NotSigned } from '../gate/passkey.ts';
import { NotUnderstood } from '../gate/said.ts';
import { NotSignedIn, SignedOut } from '../gate/sign-in.ts';
import { type Inside, make } from './dom.ts';
import { findingInGerman } from '../texts/findings-de.ts';
import { REFUSALS_DE } from '../texts/refusals-de.ts';
import { language, t } from '../texts/texts.ts';

const PLAIN = [Objection, NotSigned, SignedOut, NotSignedIn, Away];

/** What happened, in a sentence, with the code or the finding that others can look up. */
export function sentence(error: unknown): string {
  const { trouble } = t();
  if (error instanceof Refused) return trouble.refused(stop(refusal(error)), error.code);
  if (PLAIN.some((kind) => error instanceof kind)) return stop(String(Reflect.get(Object(error), 'message')));
  if (error instanceof Wrong || error instanceof NotUnderstood)
    return trouble.unproven(finding(error.message.replace(/\.$/u, '')));
  return trouble.unexpected;
}

/** What was found, in the language of the page as far as it has words for it. */
const finding = (found: string): string =>
  (language() === 'de' ? findingInGerman(found) : undefined) ?? found;

/** The gateway's own words are English; in German this page says those that it knows. */
const refusal = ({ code, message }: Refused): string =>
  (language() === 'de' ? REFUSALS_DE.get(code) : undefined) ?? message;

/** What a code of the log means, as far as this page has words for it. */
export const codeSays = (code: string): string =>
  [language() === 'de' && REFUSALS_DE.get(code), t().result.code(code)].filter(Boolean).join(' ');

const stop = (text: string): string => {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?\]]$/u.test(whole) ? whole : `${whole}.`;
};

/** The four command words, as they stand on the other tablet too. */
export const spoken = (hash: Bytes): string => wordsOf(hash);

/** @param mode of the device, where it has been read */
export const whatOf = (operation: number, count: number, mode?: number): string =>
  count === 0 ? titleOf(operation, mode) : count === 1 ? t().changeOne : t().changeMany(String(count));

/** Why somebody asks; a reason that this page has no words for is told as it is. */
export function reasonOf(code: string): string {
  const reasons: Readonly<Record<string, string>> = t().reasons;
  return Object.hasOwn(reasons, code) ? (reasons[code] ?? code) : code;
}

/** Where a command is, in the order in which it goes. Only the last of them means that it is done. */
export const STAGES = ['signed', 'checked', 'cooling', 'logged', 'granted', 'sent', 'answered'] as const;

export const tries = (count: number): string =>
  count === 1 ? t().inbox.oneTry : t().inbox.tries(String(count));

/** Whose device it is, and which: above everything that is done to it. */
export function aboutOf({ patient, deviceName }: Pick<Waiting, 'patient' | 'deviceName'>): string {
  return [patient && t().inbox.bed(patient.name, patient.bed), deviceName].filter(Boolean).join(' · ');
}

/** Time left until Unix ms, as people say it. */
export function left(until: number): string {
  const { page } = t();
  const seconds = Math.max(0, Math.round((until - Date.now()) / 1000));
  return seconds >= 90 ? page.minutes(String(Math.round(seconds / 60))) : page.seconds(String(seconds));
}

/** A sentence in which the time left until Unix ms runs on by itself. */
export function counted(says: (left: string) => string, until: number): readonly Inside[] {
  const [before = '', after = ''] = says(HERE).split(HERE);
  return [before, make('span', { 'data-until': String(until) }, left(until)), after];
}
/** Where the time stands in the sentence; in no language a mark of its own. */
const HERE = '\u{FFFC}';

/** A moment (Unix ms) as people make an appointment, in this tablet's zone. */
export function when(at: number): string {
  const locale = language() === 'de' ? 'de-DE' : 'en-GB';
  const noon = (ms: number): number => new Date(ms).setHours(12, 0, 0, 0);
  const days = Math.round((noon(at) - noon(Date.now())) / 86_400_000);
  const day =
    Math.abs(days) < 2
      ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
      : new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }).format(at);
  return `${day}, ${new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at)}`;
}
