import { catalogue } from '../../common/page/texts.ts';
import { SAFETY_EN } from './texts-en.ts';

/** The sentences of what stays visible after an emergency, in the language of the page. */
export const safetyTexts = catalogue(SAFETY_EN, () =>
  import('./texts-de.ts').then(({ SAFETY_DE }) => SAFETY_DE),
);
