import { DE } from './de.ts';
import { EN } from './en.ts';

interface Sentences {
  readonly [key: string]: string | ((...blanks: never[]) => string) | Sentences;
}

/** What a translation has to be: every key of the English, each text with the same blanks. */
export type Like<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...blanks: infer Blanks) => string
      ? (...blanks: Blanks) => string
      : Like<T[K]>;
};

/** `en-XA` is the English, longer and with accents: what stays plain is in no catalogue, what is cut has no room for German. */
const LANGUAGES = { en: () => EN, de: () => DE, 'en-XA': () => stretched<typeof EN>(EN) } as const;
export type Language = keyof typeof LANGUAGES;

let spoken: Language = 'en';
let said: Like<typeof EN> = EN;

/** The sentences of this page, in its language. Names of settings and units are the device's own, and in no language. */
export const t = (): Like<typeof EN> => said;

export const language = (): Language => spoken;

/** From here on the page speaks this. Anything else than a language is English. */
export function speak(wanted: string | null): void {
  spoken = isLanguage(wanted) ? wanted : 'en';
  said = LANGUAGES[spoken]();
}

const isLanguage = (wanted: string | null): wanted is Language =>
  wanted !== null && Object.hasOwn(LANGUAGES, wanted);

const ACCENTS: ReadonlyMap<string, string> = new Map([...'aáeéiíoöuüAÁEÉOÖ'.matchAll(/(.)(.)/gu)].map(([, plain = '', with_ = '']) => [plain, with_])); // prettier-ignore

function pseudo(text: string): string {
  const accented = text.replaceAll(/[a-zA-Z]/gu, (letter) => ACCENTS.get(letter) ?? letter);
  return `[${accented}${'~'.repeat(Math.ceil(text.length * 0.4))}]`;
}

function stretched<T>(texts: Like<T>): Like<T>;
function stretched(texts: Sentences): Sentences {
  return longer(texts);
}

function longer(texts: Sentences): Sentences {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]): [string, Sentences[string]] => {
      if (typeof text === 'string') return [key, pseudo(text)];
      if (typeof text !== 'function') return [key, longer(text)];
      return [key, (...blanks: never[]) => pseudo(text(...blanks))];
    }),
  );
}
