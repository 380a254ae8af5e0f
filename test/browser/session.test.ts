import assert from 'node:assert/strict';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { later, movableClock } from './support/clock.ts';
import { arrive, openDevice, setUp, signIn, throughTheWindow, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const SOON = { timeout: 20_000 };
const MINUTE = 60_000;

describe('a person’s session on the tablet', function () {
  this.timeout(180_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    visitor = await arrive(ward, browser, undefined, ({ context }) => movableClock(context));
    await setUp(visitor);
    await signIn(visitor);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  const heading = (name: string | RegExp) => visitor.page.getByRole('heading', { name }).waitFor(SOON);
  const drafted = async (): Promise<void> => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Occlusion alarm limit');
    await press('325');
    await press('Take this value');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
  };

  it('locks by one clock that everybody sees, warns a minute before, and one touch extends it', async () => {
    const { page, press } = visitor;
    const top = page.locator('.top');
    await top.getByText('locks in 2 min').waitFor();
    await openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
    await top.getByText('locks in 5 min').waitFor();
    await later(page, 4 * MINUTE + 5_000);
    await top.getByText(/locks in 5\d s/u).waitFor();
    assert.equal(await top.getByRole('alert').count(), 1);
    assert.deepEqual(await axeFindings(page), []);
    await press('Stay signed in');
    await top.getByText('locks in 5 min').waitFor();
    await drafted();
    await later(page, 5 * MINUTE);
    await heading('Locked');
  });

  it('shows nothing of the patient while it is locked, and the same person is back where they were', async () => {
    const { page, press } = visitor;
    assert.doesNotMatch(await page.locator('body').innerText(), /325|Occlusion|Another patient|born/iu);
    await page.getByText('A draft is kept for you').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await press('Unlock with signing passkey');
    await heading(/1 of \d+ settings change/u);
    assert.match(await page.locator('tr.changed').innerText(), /325/u);
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').waitFor();
  });

  it('asks for a fresh sign-in before the key is touched, and signs after it', async () => {
    const { page, press } = visitor;
    const old = page.getByText(/You signed in too long ago to sign/u);
    const sign = page.getByRole('button', { name: 'Sign with passkey' });
    await old.waitFor(SOON);
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
    assert.equal(await old.count(), 1, 'typing takes nothing away');
    assert.equal(await sign.getAttribute('aria-disabled'), 'true');
    await throughTheWindow(visitor, 'Sign in again');
    await old.waitFor({ state: 'hidden', ...SOON });
    await press('Sign with passkey');
    await page.getByText('The device now reads Occlusion alarm limit 325').waitFor(SOON);
    await press('Back to the device');
  });

  it('signs nothing over an old reading: it reads anew by itself, and keeps what was typed', async () => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Alarm volume');
    await press('6');
    await press('Take this value');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
    await page.getByText(/^Command words/u).waitFor();
    await page.evaluate(() => {
      const real = Date.now;
      Reflect.set(window, '__wrong', true);
      Date.now = () => real() + 130_000; // as if the sheet had stood open for two minutes
      setTimeout(() => {
        Date.now = real;
        Reflect.set(window, '__wrong', false);
      }, 4_000);
    });
    // With a clock like that the gateway lets nobody in: the sheet says so, offers the way out, and signs nothing.
    await page.getByText('Wait until the device has been read.').waitFor(SOON);
    await page.waitForFunction(() => !Reflect.get(window, '__wrong'));
    // The page looks at its clock once a second: until it did, the sheet is old again as soon as it is read.
    await page.waitForFunction(() => {
      const of = (hours = 0, minutes = 0, seconds = 0): number => (hours * 60 + minutes) * 60 + seconds;
      const now = new Date();
      const shown = (document.querySelector('.top time')?.textContent ?? '').split(':').map(Number);
      return Math.abs(of(...shown) - of(now.getHours(), now.getMinutes(), now.getSeconds())) < 5;
    });
    await press('Read again');
    await page.locator('.sheet .primary:not([aria-disabled])').waitFor(SOON);
    assert.equal(
      await page.getByLabel('Year of birth of the patient').inputValue(),
      String(ward.patientOf('pump-1').birthYear),
    );
    await press('Sign with passkey');
    await page.getByText('The device now reads Alarm volume 6').waitFor(SOON);
    await press('Back to the device');
  });

  it('goes back one screen with the browser’s own button, closes a sheet with it, and never leaves by it', async () => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Alarm volume');
    await page.getByRole('dialog').waitFor();
    await page.goBack();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await heading('Settings of the device');
    await page.goBack();
    await heading('Quick look');
    await page.goBack();
    await page.goBack();
    await heading('Quick look');
    await page.getByText('Matches wristband').waitFor();
  });

  it('reads the device again after the page has slept', async () => {
    const { page } = visitor;
    const shown = await page.evaluate(async () => {
      document.dispatchEvent(new Event('resume'));
      await new Promise((resolve) => setTimeout(resolve));
      return document.querySelectorAll('.value').length;
    });
    assert.equal(shown, 0);
    await page.locator('.value').first().waitFor(SOON);
    await page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await page.locator('.value').first().waitFor(SOON);
  });

  it('keeps a draft a quarter of an hour for its owner: another person begins on a clean screen', async () => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Alarm volume');
    await press('8');
    await press('Take this value');
    await press('Lock');
    await press('Another person signs in');
    await heading('Sign in');
    assert.equal(await page.getByText('A draft is kept').count(), 0);
    await throughTheWindow(visitor, 'Sign in');
    await press('Approve with signing passkey');
    await heading(/1 of \d+ settings change/u);
    assert.match(await page.locator('tr.changed').innerText(), /Alarm volume[\s\S]*8/u);
    await press('Lock');
    await later(page, 16 * MINUTE);
    await page.getByText('A draft is kept for you').waitFor({ state: 'hidden' });
    await press('Unlock with signing passkey');
    await heading('Nothing changes yet');
  });

  it('says that its clock is an hour off, which is why nobody gets in', async () => {
    for (const [hours, says] of [
      [1, 'is 60 min fast'],
      [-1, 'is 60 min slow'],
    ] as const) {
      const tablet = await browser.tablet();
      await tablet.context.addInitScript(
        (ahead) => {
          const real = Date.now;
          Date.now = () => real() + ahead;
        },
        hours * 60 * MINUTE,
      );
      const { page } = await tablet.open(ward.page('Tablet'));
      await page.getByText(says).waitFor(SOON);
      assert.ok(await page.getByRole('button', { name: 'Emergency safe mode' }).isEnabled());
      await tablet.close();
    }
  });

  it('says that the sign-in has ended, when the token’s issuer gives no more, and that nothing was sent', async () => {
    const { page, press, tablet } = visitor;
    await tablet.context.route('**/token', (route) =>
      route.fulfill({
        status: 400,
        contentType: 'application/json',
        headers: { 'access-control-allow-origin': '*' },
        body: '{"error":"invalid_grant"}',
      }),
    );
    await later(page, MINUTE);
    await press('Device');
    await press('Read again');
    await page.getByText('Your sign-in has ended. Nothing was sent. Sign in again.').waitFor(SOON);
    assert.equal(await page.locator('.value').count(), 0);
    await press('Lock');
    await press('Unlock with signing passkey');
    await page.getByText('Your sign-in has ended. Sign in again; nothing was sent.').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: 'Unlock with signing passkey' }).count(), 0);
    await tablet.context.unroute('**/token');
    await press('Sign in');
    await heading('Sign in');
    // The window is there before the issuer has answered: one that comes seconds after the press would be blocked.
    const slow = Promise.withResolvers<void>();
    const discovery = '**/.well-known/openid-configuration';
    await tablet.context.route(discovery, async (route) => {
      await slow.promise;
      await route.continue();
    });
    tablet.context.once('page', () => slow.resolve());
    await throughTheWindow(visitor, 'Sign in');
    await tablet.context.unroute(discovery);
    await press('Approve with signing passkey');
    await heading('Find the patient');
  });

  it('says at sign-in where the person is signed in as well, and ends all of it from there: each tablet says so, and shows nobody', async () => {
    const { page, press } = visitor;
    await openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
    const other = await arrive(ward, browser, visitor.key);
    await setUp(other, true);
    await signIn(other);
    await other.page.getByText(/^You are also signed in at \S+, since /u).waitFor(SOON);
    await other.press('Show how');
    await other.page.getByText(/^This tablet: /u).waitFor(SOON);
    assert.deepEqual(await axeFindings(other.page), []);
    await other.press('Log me out everywhere');
    const said = /^Dr Ada Okafor was logged out everywhere, at the tablet (\S+)\. This tablet shows nothing/u;
    for (const one of [other.page, page]) {
      await one.getByText(said).waitFor(SOON);
      await one.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await one.locator('.who, .value').count(), 0);
      assert.equal((await one.locator('body').innerText()).includes(ward.patientOf('pump-1').mrn), false);
    }
    const [here, there] = await Promise.all([page, other.page].map((one) => one.getByText(said).innerText()));
    assert.equal(here, there);
    // A sign-in from before opens nothing any more; a new one does.
    await throughTheWindow(visitor, 'Sign in');
    await press('Approve with signing passkey');
    await heading('Find the patient');
    assert.equal(await page.getByText(/^You are also signed in at /u).count(), 0);
    other.screen.expectNoFaults();
    await other.tablet.close();
  });
});
