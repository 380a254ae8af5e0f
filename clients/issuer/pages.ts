import { readFileSync } from 'node:fs';
import { type Language, TEXTS } from './texts.ts';

const at = (name: string): string => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
const script = (name: string) => ({
  type: 'text/javascript; charset=utf-8',
  body: at(`${name}.mjs`),
});

/** The files of the sign-in page, by path. */
export const FILES: ReadonlyMap<string, { readonly type: string; readonly body: string }> = new Map([
  ['/sign-in.css', { type: 'text/css; charset=utf-8', body: at('sign-in.css') }],
  ['/sign-in.mjs', script('sign-in')],
  ['/register.mjs', script('register')],
  ['/passkey.mjs', script('passkey')],
  ['/words.mjs', script('words')],
]);

/** The pages of the sign-in server, each in the language of whoever opens it. */
export interface Pages {
  /** The page on which a person signs in. */
  signIn(language: Language): string;
  /** The page on which a person makes their passkey for signing in, from a link. */
  register(language: Language): string;
  /** A page that says one thing. @param technical for whoever looks after the system, in English */
  saying(language: Language, title: string, says: string, technical?: string): string;
}

/** @param simulation every page and its title says so, then */
export function makePages(simulation: boolean): Pages {
  const page = (language: Language, title: string, main: string, script?: string): string => {
    const word = simulation ? TEXTS[language].simulation : '';
    return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${word && `${word} · `}${title}</title>
<link rel="stylesheet" href="/sign-in.css">
${script === undefined ? '' : `<script type="module" src="${script}"></script>\n`}<main>
<p class="brand">Countersign${word && ` <span class="badge">${word}</span>`}</p>
${main}
</main>
</html>
`;
  };
  /** A page with one button, and what comes of pressing it. */
  const pressing = (
    language: Language,
    { title, lead, go, only }: Readonly<Record<'title' | 'lead' | 'go' | 'only', string>>,
    script: string,
  ): string =>
    page(
      language,
      title,
      `<h1>${title}</h1>
<p id="lead">${lead}</p>
<button id="go" type="button" disabled>${go}</button>
<p id="state" role="status" aria-live="polite"></p>
<p class="quiet">${only}</p>
<noscript><p>${TEXTS[language].script}</p></noscript>`,
      script,
    );
  return {
    signIn(language) {
      const { signIn: title, signInLead: lead, signInGo: go, signInOnly: only } = TEXTS[language];
      return pressing(language, { title, lead, go, only }, '/sign-in.mjs');
    },
    register(language) {
      const { register: title, registerLead: lead, registerGo: go, registerOnly: only } = TEXTS[language];
      return pressing(language, { title, lead, go, only }, '/register.mjs');
    },
    saying(language, title, says, technical = '') {
      const more = technical && `\n<p class="quiet" lang="en">${escaped(technical)}</p>`;
      return page(language, escaped(title), `<h1>${escaped(title)}</h1>\n<p>${escaped(says)}</p>${more}`);
    },
  };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
