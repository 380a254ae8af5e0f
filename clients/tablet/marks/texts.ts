import { catalogue } from '../../common/page/texts.ts';
import { MARKS_EN } from './texts-en.ts';

/** What stands beside a patient's name, in the language of the page. */
export const markTexts = catalogue(MARKS_EN, () => import('./texts-de.ts').then(({ MARKS_DE }) => MARKS_DE));
