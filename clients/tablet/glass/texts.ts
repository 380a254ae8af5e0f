import { catalogue } from '../../common/page/texts.ts';
import { GLASS_EN } from './texts-en.ts';

/** The sentences of break-glass, in the language of the page. */
export const glassTexts = catalogue(GLASS_EN, () => import('./texts-de.ts').then(({ GLASS_DE }) => GLASS_DE));
