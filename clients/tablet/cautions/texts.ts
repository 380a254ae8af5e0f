import { catalogue } from '../../common/page/texts.ts';
import { CAUTIONS_EN } from './texts-en.ts';

/** The sentences of cautions, in the language of the page. */
export const cautionTexts = catalogue(CAUTIONS_EN, () =>
  import('./texts-de.ts').then(({ CAUTIONS_DE }) => CAUTIONS_DE),
);
