import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  axeFindings,
  noBrowser,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';
import { securityKey } from './support/security-key.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const PATIENCE = { timeout: 30_000 };

describe('the second clinician’s page, in a real browser', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let tablet: TestTablet;
  let screen: Screen;
  const key = securityKey();

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    tablet = await browser.tablet();
    screen = await tablet.open(ward.page('Second signature'));
    await key.plugInto(screen.page);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();
  const window = async (open: () => Promise<void>): Promise<Page> => {
    const [opened] = await Promise.all([tablet.context.waitForEvent('page'), open()]);
    await key.plugInto(opened);
    return opened;
  };

  it('sets a visitor up: a key for signing here, another one for signing in there', async () => {
    const { page } = screen;
    await press(page, 'Set me up');
    await press(page, 'Make my signing key');
    const link = page.getByRole('link', { name: 'Make the key for signing in' });
    await link.waitFor(PATIENCE);
    const register = await window(() => link.click());
    await press(register, 'Make a passkey');
    await register.getByText('Your passkey is ready').waitFor(PATIENCE);
    await register.close();
    await press(page, 'Back');
  });

  it('signs in by the issuer’s own page, and shows what waits', async () => {
    const { page } = screen;
    const login = await window(() => press(page, 'Sign in'));
    await press(login, 'Sign in with a passkey');
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor(PATIENCE);
    screen.expectNoFaults();
    assert.deepEqual(await axeFindings(page), []);
  });
});
