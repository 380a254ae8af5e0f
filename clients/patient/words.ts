import { catalogue, language } from '../common/page/texts.ts';
import { PATIENT_DE } from './texts/patient-de.ts';
import { PATIENT_EN } from './texts/patient-en.ts';

/** The sentences of the patient's page, in the language of the browser. */
export const texts = catalogue(PATIENT_EN, PATIENT_DE);

const format = (time: number, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language.value === 'de' ? 'de-DE' : 'en-GB', options).format(time);

export const dayOf = (time: number): string => format(time, { dateStyle: 'long' });
export const momentOf = (time: number): string => format(time, { dateStyle: 'long', timeStyle: 'short' });

type Known = keyof typeof PATIENT_EN.outcome;
const isKnown = (outcome: string): outcome is Known => Object.hasOwn(PATIENT_EN.outcome, outcome);

type Reason = keyof typeof PATIENT_EN.reason;
const isReason = (code: string): code is Reason => Object.hasOwn(PATIENT_EN.reason, code);

/** A reason in plain words; a code that this page has no words for is told as it is. */
export const reasonOf = (code: string): string =>
  isReason(code) ? texts.value.reason[code] : texts.value.because(code);

export const outcomeOf = (outcome: string): string =>
  texts.value.outcome[isKnown(outcome) ? outcome : 'other'];
