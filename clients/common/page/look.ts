import { effect, signal } from '@preact/signals';
import { type Language, language, LANGUAGES } from './texts.ts';

export type Theme = 'light' | 'dark';

/** Light, or dark for the night and the theatre: chosen by the person, never by a clock in the middle of the work. */
export const theme = signal<Theme>('light');

const THEME = 'countersign.theme';
const LANGUAGE = 'countersign.language';

/**
 * Takes up what was chosen on this device before, and keeps what is chosen from now on. Nothing else is ever kept there.
 *
 * @param browser its language, for who has chosen none yet
 */
export function keepLook(storage: Storage, root: HTMLElement, browser = navigator.language): void {
  if (storage.getItem(THEME) === 'dark') theme.value = 'dark';
  const chosen = storage.getItem(LANGUAGE) ?? browser.slice(0, 2);
  if (isLanguage(chosen)) language.value = chosen;
  effect(() => {
    root.dataset['theme'] = theme.value;
    root.lang = language.value;
    storage.setItem(THEME, theme.value);
    storage.setItem(LANGUAGE, language.value);
  });
}

const isLanguage = (code: string | null): code is Language =>
  code === 'en-XA' || LANGUAGES.some((one) => one.code === code);
