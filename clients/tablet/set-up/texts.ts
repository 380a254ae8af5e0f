import { catalogue } from '../../common/page/texts.ts';
import { SET_UP_EN } from './texts-en.ts';

/** The sentences of the first day and of what lies beside a simulated tablet, in the language of the page. */
export const setUpTexts = catalogue(SET_UP_EN, () =>
  import('./texts-de.ts').then(({ SET_UP_DE }) => SET_UP_DE),
);
