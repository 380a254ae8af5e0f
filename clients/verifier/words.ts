import { CHECKS_DE, CHECKS_EN } from '../common/page/checks-texts.ts';
import { VERIFIER_DE } from './texts/verifier-de.ts';
import { VERIFIER_EN } from './texts/verifier-en.ts';

/** The language of the browser, where this page has it. It is read once: the page has no settings. */
export const language = navigator.language.startsWith('de') ? 'de' : 'en';

/** The sentences of the verifier, and those of the nine checks. */
export const texts = language === 'de' ? VERIFIER_DE : VERIFIER_EN;
export const checkTexts = language === 'de' ? CHECKS_DE : CHECKS_EN;
