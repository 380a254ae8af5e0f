import { catalogue } from '../common/page/texts.ts';
import { VERIFIER_DE } from './texts/verifier-de.ts';
import { VERIFIER_EN } from './texts/verifier-en.ts';

/** The sentences of the verifier, in the language of the browser. */
export const texts = catalogue(VERIFIER_EN, VERIFIER_DE);
