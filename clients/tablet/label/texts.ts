import { catalogue } from '../../common/page/texts.ts';
import { LABEL_EN } from './texts-en.ts';

/** The sentences of tapping a label, in the language of the page. */
export const labelTexts = catalogue(LABEL_EN, () => import('./texts-de.ts').then(({ LABEL_DE }) => LABEL_DE));
