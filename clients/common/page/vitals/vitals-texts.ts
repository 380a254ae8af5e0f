import { catalogue } from '../texts.ts';
import { VITALS_DE } from './vitals-de.ts';
import { VITALS_EN } from './vitals-en.ts';

/** The sentences about what is measured, in the language of the page. */
export const vitalsTexts = catalogue(VITALS_EN, VITALS_DE);
