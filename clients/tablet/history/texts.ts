import { catalogue } from '../../common/page/texts.ts';
import { PROOF_EN } from './texts-en.ts';

/** The sentences of proofs, in the language of the page. */
export const proofTexts = catalogue(PROOF_EN, () => import('./texts-de.ts').then(({ PROOF_DE }) => PROOF_DE));
