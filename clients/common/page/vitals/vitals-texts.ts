import { catalogue } from '../texts.ts';
import { VITALS_EN } from './vitals-en.ts';

/** The sentences about what is measured, in the language of the page. */
export const vitalsTexts = catalogue(VITALS_EN, () =>
  import('./vitals-de.ts').then(({ VITALS_DE }) => VITALS_DE),
);
