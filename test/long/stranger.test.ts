import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { noBrowser, startBrowser, type TestBrowser } from '../browser/support/browser.ts';
import { arrive, throughTheWindow, type Visitor } from '../browser/support/visitor.ts';
import { securityKey } from '../browser/support/security-key.ts';
import { openPageWard, type PageWard } from '../browser/support/ward.ts';

const SOON = { timeout: 30_000 };

/**
 * Somebody who has read nothing: they read wristbands, press what is filled with colour, and answer what they are asked for.
 * Wherever this test names a step, the screen offered that step, and no other of the kind, by itself.
 */
describe('a stranger, led by the screens alone', function () {
  this.timeout(180_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  let colleague: Page;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    if (ward.withoutNfc !== undefined) this.skip();
    browser = await startBrowser();
    visitor = await arrive(ward, browser);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  /** The one thing on a page that is filled with colour and can be pressed; it has to be called `name`. */
  const next = async (page: Page, name: string | RegExp): Promise<void> => {
    const filled = page.locator('.primary:visible:not([aria-disabled]), footer .main:visible');
    await filled.filter({ hasText: name }).waitFor(SOON);
    assert.equal(await filled.count(), 1, (await filled.allInnerTexts()).join('; '));
    await filled.click();
  };
  it('is set up, and signs in', async () => {
    const { page } = visitor;
    await next(page, 'Make the signing passkey');
    const window = { ...visitor, press: (name: string | RegExp) => next(page, name) };
    await throughTheWindow(window, 'Make the sign-in passkey', 'Make the passkey and sign in');
    await next(page, 'Approve with signing passkey');
  });

  it('finds the patient by the wristband, and the implant through the reader', async () => {
    const { page, press } = visitor;
    await press(/wears pacemaker-1/u);
    await press(/^Open /u);
    await press(/^station-1$/u);
    await next(page, /^It (blinked|is this one)$/u);
    await page.getByText('Matches wristband').waitFor(SOON);
    const facts = await page.locator('.facts').first().innerText();
    assert.match(facts, /Lower rate\s+60/u, 'what the pacemaker is set to is seen first');
  });

  it('changes the lower rate, says why, and signs', async () => {
    const { page, press } = visitor;
    await next(page, 'Change settings');
    await press('Change Lower rate');
    await press('70');
    await next(page, 'Take this value');
    await page.getByText('Choose a reason first').waitFor(SOON);
    await page.getByLabel('Reason').selectOption({ label: 'Symptoms changed' });
    await page.getByText('say why in words').waitFor(SOON);
    await page.getByLabel('In words').fill('dizzy on the stairs');
    await next(page, 'Review and sign 1 change');
    await page.getByLabel('Year of birth').fill(String(ward.patientOf('pacemaker-1').birthYear));
    await next(page, 'Sign with passkey');
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
  });

  it('is the colleague, on the other page', async () => {
    const { mrn, birthYear } = ward.patientOf('pacemaker-1');
    const key = securityKey();
    const tablet = await browser.tablet();
    colleague = (await tablet.open(ward.page('Second signature'))).page;
    await key.plugInto(colleague);
    await next(colleague, 'Make my signing passkey');
    const window = {
      page: colleague,
      key,
      tablet,
      press: (name: string | RegExp) => next(colleague, name),
    };
    await throughTheWindow(window, 'Make my sign-in passkey', 'Make the passkey and sign in');
    await next(colleague, 'Approve with signing passkey');
    await colleague.getByRole('button', { name: /Change 1 setting on pacemaker-1/u }).click(SOON);
    await colleague.getByLabel('Record number').fill(mrn);
    await colleague.getByLabel('Year of birth').fill(String(birthYear));
    await next(colleague, 'Check the person');
    await colleague.getByLabel(/^New value/u).fill('70');
    await next(colleague, 'Compare');
    await next(colleague, 'Sign 1 change with passkey');
    await colleague.getByRole('heading', { name: 'Done', exact: true }).waitFor(SOON);
  });

  it('reads "Done" on both, and that the pacemaker has it', async () => {
    const { page } = visitor;
    await page.getByText('The device now reads Lower rate 70 per minute').waitFor(SOON);
    await next(page, 'Back to the device');
    await page.locator('.facts').first().getByText('70').waitFor(SOON);
  });
});
