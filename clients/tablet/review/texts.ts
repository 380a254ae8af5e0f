import { catalogue } from '../../common/page/texts.ts';
import { REVIEW_EN } from './texts-en.ts';

/** The sentences of the review, in the language of the page. */
export const reviewTexts = catalogue(REVIEW_EN, () =>
  import('./texts-de.ts').then(({ REVIEW_DE }) => REVIEW_DE),
);
