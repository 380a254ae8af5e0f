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

const page = (language: Language, title: string, main: string, script?: string): string => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/sign-in.css">
${script === undefined ? '' : `<script type="module" src="${script}"></script>\n`}<main>
<p class="brand">Countersign</p>
${main}
</main>
</html>
`;

/** A page with one button, and what comes of pressing it. */
const pressing = (
  language: Language,
  title: string,
  lead: string,
  go: string,
  only: string,
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

/** The page on which a person signs in. */
export function signInPage(language: Language): string {
  const { signIn, signInLead, signInGo, signInOnly } = TEXTS[language];
  return pressing(language, signIn, signInLead, signInGo, signInOnly, '/sign-in.mjs');
}

/** The page on which a person makes their passkey for signing in, from a link. */
export function registerPage(language: Language): string {
  const { register, registerLead, registerGo, registerOnly } = TEXTS[language];
  return pressing(language, register, registerLead, registerGo, registerOnly, '/register.mjs');
}

/** A page that says one thing. @param technical for whoever looks after the system, in English */
export const pageSaying = (language: Language, title: string, says: string, technical = ''): string =>
  page(
    language,
    escaped(title),
    `<h1>${escaped(title)}</h1>\n<p>${escaped(says)}</p>${technical && `\n<p class="quiet" lang="en">${escaped(technical)}</p>`}`,
  );

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
