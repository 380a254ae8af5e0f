import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';

/** Sentences of one room of a page: texts, texts with blanks to fill in, and groups of both. */
export interface Texts {
  readonly [key: string]: string | ((...blanks: never[]) => string) | Texts;
}

/** What a translation has to be: every key of the original, each text with the same blanks. */
export type Like<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...blanks: infer Blanks) => string
      ? (...blanks: Blanks) => string
      : Like<T[K]>;
};

export type Language = 'en' | 'de' | 'en-XA';
export const LANGUAGES: readonly { readonly code: Language; readonly name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'de', name: 'Deutsch' },
];

/** The language of this page. It never changes a unit, a number or a name of the device's profile. */
export const language = signal<Language>('en');

/**
 * The texts of a room in the language of the page. The pseudo-language `en-XA` is the English, longer and with accents:
 * whatever stays plain on such a screen is not in the catalogue, and whatever is cut has no room for German.
 */
export function catalogue<T extends Texts>(
  en: T & Like<T>,
  de: Like<T> | (() => Promise<Like<T>>),
): ReadonlySignal<Like<T>> {
  const german = signal<Like<T> | undefined>(typeof de === 'function' ? undefined : de);
  effect(() => {
    if (language.value !== 'de' || german.value !== undefined || typeof de !== 'function') return;
    void de().then((loaded) => (german.value = loaded));
  });
  const languages: Readonly<Record<Language, () => Like<T>>> = {
    en: () => en,
    de: () => german.value ?? en, // English until the German is there
    'en-XA': () => stretched<T>(en),
  };
  return computed(() => languages[language.value]());
}

const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á', c: 'ç', e: 'é', g: 'ğ', i: 'í', n: 'ñ', o: 'ö', s: 'š', u: 'ü', y: 'ý', A: 'Á', E: 'É', O: 'Ö', U: 'Ü',
}; // prettier-ignore

/** A text as a translation may turn out: with accents, and longer by two fifths. */
export function pseudo(text: string): string {
  const accented = text.replaceAll(/[a-zA-Z]/gu, (letter) => ACCENTS[letter] ?? letter);
  return `[${accented}${'~'.repeat(Math.ceil(text.length * 0.4))}]`;
}

function stretched<T>(texts: Like<T>): Like<T>;
function stretched(texts: Texts): Texts {
  return longer(texts);
}

function longer(texts: Texts): Texts {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]): [string, Texts[string]] => {
      if (typeof text === 'string') return [key, pseudo(text)];
      if (typeof text !== 'function') return [key, longer(text)];
      return [key, (...blanks: never[]) => pseudo(text(...blanks))];
    }),
  );
}
