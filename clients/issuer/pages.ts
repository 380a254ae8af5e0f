import { readFileSync } from 'node:fs';

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
]);

const page = (title: string, main: string, script?: string): string => `<!doctype html>
<html lang="en">
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

/** The page on which a person signs in. */
export const SIGN_IN_PAGE = page(
  'Sign in',
  `<h1>Sign in</h1>
<p id="lead">Use your sign-in passkey: on this device, a phone, or a security key.</p>
<button id="go" type="button" disabled>Sign in with a passkey</button>
<p id="state" role="status" aria-live="polite"></p>
<p class="quiet">This signs you in. It does not sign anything about a patient.</p>
<noscript><p>This page needs JavaScript to reach your passkey.</p></noscript>`,
  '/sign-in.mjs',
);

/** The page on which a person makes their passkey for signing in, from an operator's link. */
export const REGISTER_PAGE = page(
  'Make your sign-in passkey',
  `<h1>Make your sign-in passkey</h1>
<p id="lead">An operator gave you this link. It makes one passkey for signing in.</p>
<button id="go" type="button" disabled>Make a passkey</button>
<p id="state" role="status" aria-live="polite"></p>
<p class="quiet">Make it on the device, the phone or the security key that you will sign in with. It can sign nothing about a patient.</p>
<noscript><p>This page needs JavaScript to reach your passkey.</p></noscript>`,
  '/register.mjs',
);

/** A page that says one thing. */
export const pageSaying = (title: string, says: string): string =>
  page(escaped(title), `<h1>${escaped(title)}</h1>\n<p>${escaped(says)}</p>`);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
