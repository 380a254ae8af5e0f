import { catalogue } from '../../common/page/texts.ts';
import { ELSEWHERE_EN } from './texts-en.ts';

/** The sentences about sessions elsewhere, in the language of the page. */
export const elsewhereTexts = catalogue(ELSEWHERE_EN, () =>
  import('./texts-de.ts').then(({ ELSEWHERE_DE }) => ELSEWHERE_DE),
);
