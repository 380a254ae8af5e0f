import type { Page } from 'playwright-core';
import { DESK } from '../browser/support/auditor.ts';
import { securityKey } from '../browser/support/security-key.ts';
import type { NamedScreen, Studio } from './studio.ts';

const PATIENCE = { timeout: 30_000 };
/** As wide as the window that the pages open for it. */
const WINDOW = { width: 720, height: 780 } as const;

/** The sign-in server's window, opened by the second clinician's page in a language. */
const inWindow = (
  name: string,
  language: 'en' | 'de',
  walk: (window: Page) => Promise<void> = () => Promise.resolve(),
): NamedScreen => ({
  name: `id-${name}`,
  async draw({ ward, tablet, theme }: Studio): Promise<Page> {
    const mine = await tablet(WINDOW);
    await mine.context.addInitScript(
      (spoken) => localStorage.setItem('second-signer.language', spoken),
      language,
    );
    const { page } = await mine.open(ward.page('Second signature'));
    await page.getByRole('button', { name: /passkeys (?:already|schon)$/iu }).click(PATIENCE);
    const opening = mine.context.waitForEvent('page');
    await page.locator('footer button.main').click(PATIENCE);
    const window = await opening;
    await window.emulateMedia({ colorScheme: theme });
    await window.locator('#go:enabled').waitFor(PATIENCE);
    await walk(window);
    return window;
  },
});

/** Nobody verifies: as when the browser’s question is cancelled. */
async function cancelled(window: Page): Promise<void> {
  await window.evaluate(() =>
    Reflect.set(navigator.credentials, 'get', () => Promise.reject(new DOMException('', 'NotAllowedError'))),
  );
  await window.locator('#go').click();
  await window.locator('#state.trouble').waitFor(PATIENCE);
}

/** A page of the sign-in server that needs no sign-in. */
const alone = (name: string, path: string): NamedScreen => ({
  name: `id-${name}`,
  async draw({ ward, open, theme }) {
    const page = await open(`http://id.localhost:${ward.port('issuer')}${path}`, WINDOW);
    await page.emulateMedia({ colorScheme: theme });
    await page.getByRole('heading', { level: 1 }).waitFor(PATIENCE);
    return page;
  },
});

/** The console before anybody is in it. */
const before = (name: string, language: 'en' | 'de', walk: (page: Page) => Promise<void>): NamedScreen => ({
  name: `a0-${name}`,
  async draw({ ward, tablet }) {
    const mine = await tablet(DESK);
    await mine.context.addInitScript(
      (spoken) => localStorage.setItem('countersign.language', spoken),
      language,
    );
    const { page } = await mine.open(ward.page('Audit console'));
    await securityKey().plugInto(page);
    await page.getByRole('heading', { level: 1 }).waitFor(PATIENCE);
    await walk(page);
    return page;
  },
});
const primary = (page: Page): Promise<void> => page.locator('.primary').click(PATIENCE);

/** Where people sign in: the sign-in server's own pages, and the console's first ones. */
export const SIGN_IN_SCREENS: readonly NamedScreen[] = [
  inWindow('sign-in', 'en'),
  inWindow('sign-in-de', 'de'),
  inWindow('not-signed-in', 'en', cancelled),
  inWindow('not-signed-in-de', 'de', cancelled),
  alone('register', '/register'),
  alone('ended', '/sign-in/abcdefghijklmnopqrstu'),
  alone('nothing', '/'),
  before('set-up', 'en', () => Promise.resolve()),
  before('set-up-de', 'de', () => Promise.resolve()),
  before('set-up-link', 'en', async (page) => {
    await primary(page);
    await page.getByRole('button', { name: 'Make the sign-in passkey' }).waitFor(PATIENCE);
  }),
  before('sign-in', 'en', async (page) => {
    await page.getByRole('button', { name: 'I have my passkeys already: sign in' }).click(PATIENCE);
    await page.getByRole('heading', { name: 'Sign in to read the log' }).waitFor(PATIENCE);
  }),
  before('set-up-again', 'en', async (page) => {
    await page.getByRole('button', { name: 'I have my passkeys already: sign in' }).click(PATIENCE);
    await page.getByRole('button', { name: 'Simulation: set this computer up again' }).click(PATIENCE);
    await page.getByRole('heading', { name: 'Set this computer up again' }).waitFor(PATIENCE);
  }),
];
