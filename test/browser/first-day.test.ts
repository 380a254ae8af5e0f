import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { arrive, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const SOON = { timeout: 20_000 };
/** From the page that `npm start` prints to "Done", for a small change of the pacemaker. */
const MOST_SCREENS = 14;
const MOST_PRESSES = 18;

describe('the first day: from nothing to "Done", by the screens alone', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  const screens: string[] = [];
  const presses: string[] = [];

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
  afterEach(() => visitor?.screen.expectNoFaults());

  /** A screen that the person reads, known by its heading. */
  const reads = async (heading: string | RegExp, page = visitor.page): Promise<void> => {
    await page.getByRole('heading', { name: heading }).first().waitFor(SOON);
    screens.push(String(heading));
  };
  const press = async (name: string | RegExp, page = visitor.page): Promise<void> => {
    await page.getByRole('button', { name }).click(SOON);
    presses.push(String(name));
  };
  const answerCreate = (page: Page, refused: boolean): Promise<void> =>
    page.evaluate((no) => {
      if (no)
        Reflect.set(navigator.credentials, 'create', () =>
          Promise.reject(new DOMException('', 'NotAllowedError')),
        );
      else Reflect.deleteProperty(navigator.credentials, 'create');
    }, refused);

  it('says that no passkey was made, and what can be used, when the browser’s question is cancelled', async () => {
    const { page } = visitor;
    await answerCreate(page, true);
    await page.getByRole('button', { name: 'Make the signing passkey' }).click(SOON);
    await page.getByText(/^No passkey was made: it was cancelled/u).waitFor(SOON);
    assert.equal(await page.getByText('Not signed').count(), 0, 'nothing was to be signed');
    await page.getByText('A security key: choose it in the browser’s question').waitFor();
    assert.equal(await page.getByText('virtual authenticator').isVisible(), false, 'one level down');
    await page.getByText('None of these?').click();
    await page.getByText('virtual authenticator').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await answerCreate(page, false);
  });

  it('says the same on the other two pages that set somebody up', async () => {
    for (const [title, press] of [
      ['Second signature', 'Make my signing passkey'],
      ['Audit console', 'Make the signing passkey'],
    ] as const) {
      const other = await visitor.tablet.open(ward.page(title));
      const { page } = other;
      await answerCreate(page, true);
      await page.getByRole('button', { name: press }).click(SOON);
      await page.getByText(/^No passkey was made: it was cancelled/u).waitFor(SOON);
      assert.equal(await page.getByText('Not signed').count(), 0, title);
      other.expectNoFaults();
      await page.close();
    }
  });

  it('makes both passkeys and signs in, each step leading into the next', async () => {
    const { page, tablet, key } = visitor;
    await reads('Set this tablet up');
    await press('Make the signing passkey');
    const make = page.getByRole('button', { name: 'Make the sign-in passkey' });
    await make.waitFor(SOON);
    screens.push('the third step');
    const opening = tablet.context.waitForEvent('page');
    await press('Make the sign-in passkey');
    const window = await opening;
    await key.plugInto(window);
    await reads('Make your sign-in passkey', window);
    const closed = window.waitForEvent('close');
    await press('Make the passkey and sign in', window);
    await closed;
    await reads('Approve this tablet for your shift');
    await press('Approve with signing passkey');
  });

  it('scans a wristband and a label that are marked as simulated, and reads the implant', async () => {
    const { page } = visitor;
    const { mrn, birthYear } = ward.patientOf('pacemaker-1');
    await reads('Find the patient');
    const samples = page.locator('.samples');
    await samples.getByText('Simulation', { exact: true }).waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: /wears monitor/u }).count(), 0);
    assert.deepEqual(await axeFindings(page), []);
    await press(`${mrn} · born ${birthYear}`);
    await press(/^Open /u);
    await reads('Bind the reader beside you');
    await samples.getByText('Simulation', { exact: true }).waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
    await press(/^station-1$/u);
    await reads(/Look at the reader station-1/u);
    await press(/^It (blinked|is this one)$/u);
    await reads('Quick look');
    await page.getByText('Matches wristband').waitFor(SOON);
  });

  it('changes a small setting, and is done after few screens and few presses', async () => {
    const { page } = visitor;
    await press('Change settings');
    await reads('Settings of the device');
    await press('Change High atrial rate alert, above');
    await reads('Change: High atrial rate alert, above');
    await press('200');
    await press('Take this value');
    await reads('1 of 16 settings change');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    presses.push('the reason', 'opened and chosen');
    await press('Review and sign 1 change');
    await reads('Sign');
    await page.locator('.sheet').getByText('Alarm limits adjusted').waitFor(SOON);
    await page.getByLabel('Year of birth').fill(String(ward.patientOf('pacemaker-1').birthYear));
    presses.push('the year');
    await page.getByText('Everything that is signed, field by field').click();
    await page.getByText(/nonce [\da-f]{8,} · profile [\da-f]{8,} · from settings/u).waitFor(SOON);
    await press('Sign with passkey');
    await page.getByText('The device now reads High atrial rate alert, above 200 per minute').waitFor(SOON);
    screens.push('Done');
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('.top .badge').isVisible(), 'N11: the printed report says what it is of');
    assert.match(await page.title(), /^Simulation · /u, 'and so does the name of its file');
    await page.emulateMedia({ media: 'screen' });
    assert.ok(screens.length <= MOST_SCREENS, `${screens.length}: ${screens.join('; ')}`);
    assert.ok(presses.length <= MOST_PRESSES, `${presses.length}: ${presses.join('; ')}`);
  });

  it('says afterwards that somebody was set up here, and keeps nothing of a wristband', async () => {
    const { page } = visitor;
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor(SOON);
    const kept = await page.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const opening = indexedDB.open('countersign');
          opening.addEventListener('error', () => reject(new Error('nothing is kept here')));
          opening.addEventListener('success', () => {
            const asked = opening.result.transaction('kept').objectStore('kept').get('place');
            asked.addEventListener('success', () => resolve(JSON.stringify(asked.result)));
          });
        }),
    );
    assert.match(kept, /gateway/u);
    assert.doesNotMatch(kept, /SIM-/u);
    await page.getByRole('button', { name: 'Simulation: set this tablet up again' }).click(SOON);
    await page.getByRole('heading', { name: 'Set this tablet up again' }).waitFor(SOON);
    assert.equal(await page.getByText('Nobody has been set up').count(), 0);
    await page.getByRole('button', { name: 'I have my passkeys already' }).click(SOON);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor(SOON);
  });
});
