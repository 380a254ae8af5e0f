import { catalogue } from '../../common/page/texts.ts';
import { TAP_EN } from './texts-en.ts';

/** What may be wrong with a reader and what lies at it, in the language of the page. */
export const tapTexts = catalogue(TAP_EN, () => import('./texts-de.ts').then(({ TAP_DE }) => TAP_DE));
