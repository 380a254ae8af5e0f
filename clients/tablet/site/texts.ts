import { catalogue } from '../../common/page/texts.ts';
import { SITE_EN } from './texts-en.ts';

/** The sentences of what a hospital narrows, in the language of the page. */
export const siteTexts = catalogue(SITE_EN, () => import('./texts-de.ts').then(({ SITE_DE }) => SITE_DE));
