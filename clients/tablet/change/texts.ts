import { catalogue } from '../../common/page/texts.ts';
import { CHANGE_EN } from './texts-en.ts';

/** The time to sign, and who signs what, in the language of the page. */
export const changeTexts = catalogue(CHANGE_EN, () =>
  import('./texts-de.ts').then(({ CHANGE_DE }) => CHANGE_DE),
);
