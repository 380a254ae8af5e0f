import type { Mode } from '../../server/protocol/attestation.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { RefusalCode } from '../../server/protocol/refusal.ts';
import { shortDecimal } from '../../server/protocol/render.ts';
import { plainUnit } from '../../server/protocol/units.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import { catalogue, language } from '../common/page/texts.ts';
import type { PatientRow } from './patient/patients.ts';
import type { Trouble } from './state.ts';
import { BEDSIDE_EN } from './texts/bedside-en.ts';
import { COMMAND_EN } from './texts/command-en.ts';
import { REFUSAL_EN } from './texts/refusals-en.ts';
import { STAFF_EN } from './texts/staff-en.ts';

/** The sentences of the tablet, in the language of the page. */
export const texts = catalogue({ ...STAFF_EN, ...BEDSIDE_EN, ...COMMAND_EN, ...REFUSAL_EN }, () =>
  import('./texts/german.ts').then(({ GERMAN }) => GERMAN),
);

/** A trouble as a person reads it: what happened, the state of the device, what to do, the code. */
export function sentenceOf(trouble: Trouble): string {
  const { trouble: t } = texts.value;
  switch (trouble.kind) {
    case 'refused':
      return refusalSays(trouble.code);
    case 'not-signed':
      return trouble.why === 'none' ? t.notSigned : t[trouble.why];
    case 'signed-out':
      return t.signedOut(trouble.who, trouble.where);
    default:
      return t[trouble.kind];
  }
}

/** A refusal in a sentence or two, with its code at the end. */
export function refusalSays(code: RefusalCode): string {
  const { refusal, trouble } = texts.value;
  return [refusal.says(code), refusal.advice(code), `${trouble.code(code)}.`]
    .filter((part) => part !== '')
    .join(' ');
}

/**
 * What a device is told to do, in the language of the page; any other by the name that its bytes have.
 *
 * @param mode of the device when it was told: its bytes call the end of a stop and of a safe mode the same
 */
export function operationSays(operation: number, title: string, mode?: Mode): string {
  const { stop, resume, endSafe, endEither } = texts.value.overview;
  if (operation !== OPERATION.resume) return operation === OPERATION.stop ? stop : title;
  return mode === undefined ? endEither : mode === 'safe-mode' ? endSafe : resume;
}

/** What was done, where it changed no setting. */
export const operationDone = (operation: number, title: string, mode: Mode): string =>
  operation === OPERATION.resume && mode === 'safe-mode'
    ? texts.value.command.safeEnded
    : operationSays(operation, title, mode);

export function modeSays(mode: Mode): string {
  const { running, stopped, safe } = texts.value.overview;
  return { running, stopped, 'safe-mode': safe }[mode];
}

/** What comes of it, in a sentence: for what changes no setting. */
export function operationMeans(operation: number, mode: Mode): string {
  const { stopSays, resumeSays, safeEnds } = texts.value.change;
  if (operation === OPERATION.stop) return stopSays;
  return mode === 'safe-mode' ? safeEnds : resumeSays;
}

/** A number and its unit apart, or the name of a value: both in the profile's own words, in no language. */
export function valueParts(p: Parameter, value: number): { readonly text: string; readonly unit: string } {
  const option = p.options.get(value);
  if (option !== undefined) return { text: option, unit: '' };
  return { text: number(value, p.scale), unit: unitOf(p) };
}

/** A unit as people write it. */
export const unitOf = ({ unit }: Pick<Parameter, 'unit'>): string =>
  unit === '1' ? '' : unit === '/min' ? texts.value.units.perMinute : plainUnit(unit);

/** The shortest decimal form, with the decimal mark of the profile: 2.50 is shown as 2.5, never as 2.50 or 2,5. */
export const number = shortDecimal;

export const wholeValue = (p: Parameter, value: number): string => {
  const { text, unit } = valueParts(p, value);
  return unit === '' ? text : `${text} ${unit}`;
};

/** Hours, minutes and seconds of a moment (Unix ms), in this tablet's zone. */
export const clock = (at: number): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);

/** Hours and minutes of a moment (Unix ms), in this tablet's zone. */
export const minuteOf = (at: number): string => clock(at).slice(0, 5);

export const dayOf = (at: number): string =>
  new Intl.DateTimeFormat(language.value === 'de' ? 'de-DE' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }).format(at);

export const dateOf = (iso: string): string => dayOf(new Date(`${iso}T12:00:00`).getTime());

/** mm:ss of some milliseconds. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Days, hours and minutes of some seconds: the two largest that tell something. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Completed years on a day. */
export function ageOf(birthDate: string, now: number): string {
  const born = new Date(`${birthDate}T00:00:00`);
  const today = new Date(now);
  const years = today.getFullYear() - born.getFullYear();
  const early =
    today.getMonth() < born.getMonth() ||
    (today.getMonth() === born.getMonth() && today.getDate() < born.getDate());
  return String(early ? years - 1 : years);
}

/** Those with a similar name, by name and bed, as far as whoever reads it may see them. */
export const alikeSaid = (alike: PatientRow['alike'] = []): string =>
  alike.map((one) => [nameOf(one), one.bed].filter(Boolean).join(', ')).join('; ');

export const nameOf = ({ family, given }: Pick<PatientRow, 'family' | 'given'>): string =>
  `${family.toLocaleUpperCase('und')}, ${given}`;

export const initialsOf = ({ family, given }: Pick<PatientRow, 'family' | 'given'>): string =>
  `${given.slice(0, 1)}${family.slice(0, 1)}`.toLocaleUpperCase('und');

/** The last four digits of a device: what people say to each other. */
export const endOf = (id: string): string => id.slice(-4).toLocaleUpperCase('und');
