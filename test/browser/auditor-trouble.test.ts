import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import {
  DESK,
  makeHistory,
  makeMore,
  press,
  setUpAuditor,
  signInAgain,
  signInAuditor,
} from './support/auditor.ts';
import {
  axeFindings,
  noBrowser,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';
import { rescue, stationState } from '../load/rescue.ts';
import { securityKey } from './support/security-key.ts';
import { keepStore, lie, makeTrouble, putStoreBack } from './support/trouble.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const PATIENCE = { timeout: 30_000 };
const REVIEWS = z.object({ reviews: z.array(z.object({ device: z.string(), command: z.string() })) });

/** What runs over its edge, stands on two lines where one is right, or is cut: in words. Runs in the page. */
function outOfPlace(): readonly string[] {
  const all = (of: string): readonly HTMLElement[] => [...document.querySelectorAll<HTMLElement>(of)];
  const broken = all('.top > .button, .top > .badge, .top > .chip, .top > strong, .unbroken')
    .filter((one) => {
      const text = document.createRange();
      text.selectNodeContents(one);
      const tops = [...text.getClientRects()].map(({ bottom }) => Math.round(bottom));
      return Math.max(...tops) - Math.min(...tops) > 12;
    })
    .map(({ innerText }) => `on two lines: ${innerText}`);
  const over = all('.top, .detail, .detail .facts > div')
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    .map(({ innerText }) => `over its edge: ${innerText.slice(0, 40)}`);
  const field = document.querySelector<HTMLInputElement>('#search');
  const pen = document.createElement('canvas').getContext('2d');
  if (!field || !pen) return ['no search'];
  const { font, paddingLeft, paddingRight } = getComputedStyle(field);
  pen.font = font;
  const room = field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
  const cut = pen.measureText(field.placeholder).width > room ? [`cut: ${field.placeholder}`] : [];
  return [...broken, ...over, ...cut];
}

describe('the auditors’ console, where somebody is hidden, held, lied to or in trouble', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let tablet: TestTablet;
  let screen: Screen;
  let page: Page;
  const key = securityKey();

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    await makeHistory(ward);
    browser = await startBrowser();
    tablet = await browser.tablet({ size: DESK });
    screen = await tablet.open(ward.page('Audit console'));
    ({ page } = screen);
    await key.plugInto(page);
    await setUpAuditor(page, tablet, key);
    await signInAuditor(page, tablet, key);
    keepStore(ward);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => screen?.expectNoFaults());

  const clean = async (): Promise<void> => {
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme);
      assert.deepEqual(await axeFindings(page), [], theme);
    }
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
  };

  it('unmasks one patient for a quarter of an hour, after the reason', async () => {
    await press(page, 'Commands');
    await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
    await press(page, 'Unmask this patient');
    await clean();
    assert.equal(await page.getByText('Write the reason first.').count(), 1);
    await page.getByLabel(/^Reason/u).fill('complaint 12, call the patient');
    await press(page, 'Show for 15 minutes');
    const shown = page.locator('.unmasked');
    await shown.getByText(ward.patientOf('pump-1').mrn).waitFor(PATIENCE);
    assert.match(await shown.innerText(), /titration[\s\S]*agreed at the bedside[\s\S]*ORD-7/u);
    assert.match(await shown.innerText(), /erasure names it\s+[0-9a-f]{64}/u);
    assert.match(await shown.getByRole('timer').innerText(), /until [\d:]{8}, 1[45]:\d\d left/u);
    await clean();
    await page.setViewportSize({ width: 1280, height: 800 });
    assert.deepEqual(await page.evaluate(outOfPlace), [], 'on a small screen');
    await page.setViewportSize(DESK);
    // What was asked for before comes after somebody masked: it shows nothing any more.
    const late = Promise.withResolvers<void>();
    await page.route('**/unmask', async (route) => {
      await late.promise;
      await route.continue();
    });
    const asked = page.waitForRequest('**/unmask');
    const answered = page.waitForResponse('**/unmask');
    for (const row of [2, 3]) {
      await page.keyboard.press('j');
      await page.locator(`.story[aria-rowindex="${row}"][aria-current]`).waitFor(PATIENCE);
    }
    await asked;
    for (const row of [2, 1]) {
      await page.keyboard.press('k');
      await page.locator(`.story[aria-rowindex="${row}"][aria-current]`).waitFor(PATIENCE);
    }
    await shown.getByText('ORD-7').waitFor(PATIENCE);
    await press(page, 'Mask again');
    late.resolve();
    await (await answered).finished();
    await page.evaluate(() => new Promise((done) => void setTimeout(() => requestAnimationFrame(done), 100)));
    await page.getByText('Patients are masked').waitFor({ timeout: 10_000 });
    await page.unroute('**/unmask');
    assert.doesNotMatch(await page.locator('#app').innerText(), /ORD-7/u);
  });

  it('comes back to filters that were saved, by model and by place as well', async () => {
    await page.getByLabel('Outcome').selectOption('applied');
    await page.getByText('1–2 of 2').waitFor(PATIENCE);
    await page.getByText('Save these filters').click();
    await page.getByLabel('Name', { exact: true }).fill('Done');
    await press(page, 'Save');
    await press(page, 'Clear filters');
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
    await page.getByLabel('Saved filters').selectOption('Done');
    await page.getByText('1–2 of 2').waitFor(PATIENCE);
    await press(page, 'Remove');
    await press(page, 'Clear filters');
    const models = page.getByLabel('Model');
    await models.selectOption({ index: 1 });
    await page.getByText(/^1–\d of \d$|^0–0 of 0$/u).waitFor(PATIENCE);
    await press(page, 'Clear filters');
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
  });

  it('shows by the device’s own numbers that a list leaves nothing out, and notices when it does', async () => {
    const pump = ward.idOf('pump-1');
    await page.getByLabel('Device').selectOption(pump);
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
    await press(page, 'Verify rows in view');
    await page.getByText(/Receipts 1 to \d of this device are all here/u).waitFor(PATIENCE);
    // A gateway that hides a row: the one in the middle is taken out on its way.
    await makeMore(ward);
    await lie(page, 'row');
    await press(page, 'Clear filters');
    await page.getByLabel('Device').selectOption(pump);
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
    await press(page, 'Verify rows in view');
    await page.getByRole('heading', { name: 'Something is left out of this list' }).waitFor(PATIENCE);
    await lie(page, undefined);
    await clean();
  });

  it('does not believe a gateway that serves other hashes than before', async () => {
    await press(page, 'Clear filters');
    await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
    await makeMore(ward);
    await lie(page, 'tile');
    await press(page, 'Clear filters');
    await page.getByText('8 of 9 checks pass').waitFor(PATIENCE);
    const last = page.locator('.detail .checks li').nth(8);
    assert.match(await last.innerText(), /FAIL|NOT CHECKED/u);
    await lie(page, undefined);
    await press(page, 'Verify again');
    await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
  });

  it('shows how long what is kept, and who is held', async () => {
    await page.getByLabel('Kind').selectOption('hold');
    await page.getByLabel('Text', { exact: true }).fill('The court asked for it.');
    await press(page, 'Sign and add');
    await page.locator('.notes li').getByText('The court asked for it.').waitFor(PATIENCE);
    await press(page, 'Retention');
    await page.getByRole('cell', { name: 'The court asked for it.' }).waitFor(PATIENCE);
    await page.getByText('at least 6 years').first().waitFor();
    await page.getByText('Nobody was erased.').waitFor();
    await clean();
  });

  it('shows broken glass, and a command whose outcome nobody knows as a gap', async () => {
    await makeTrouble(ward);
    await press(page, 'Overview');
    await page.getByRole('button', { name: 'Glass broken: 1' }).click(PATIENCE);
    await page.getByText('1–1 of 1').waitFor(PATIENCE);
    await press(page, 'Access review');
    await page.getByRole('button', { name: 'Glass broken: 1' }).waitFor(PATIENCE);
    await clean();
    if (ward.withoutNfc !== undefined) return;
    await press(page, 'Gaps');
    await page.getByText('Sent, no receipt').waitFor(PATIENCE);
    await clean();
    await press(page, 'Open');
    await page.getByText('1–1 of 1').waitFor(PATIENCE);
    await page.locator('.story .chip', { hasText: 'Unknown' }).waitFor(PATIENCE);
  });

  it('proves an emergency as it proves a command: from "needs attention" to nine checks and what it moved', async function () {
    if (ward.withoutNfc !== undefined) this.skip();
    ward.running.tell('pacemaker-1', 'insert');
    while ((await stationState(ward)).cards.length === 0) await page.waitForTimeout(50);
    await rescue(ward);
    await press(page, 'Overview');
    await page.getByRole('button', { name: 'Emergencies not reviewed: 1' }).click();
    await page.locator('.story').getByText('Emergency safe mode').waitFor(PATIENCE);
    await page.locator('.story').first().click();
    // Opened by the list and by the click: it is checked twice, and shown between.
    const proven =
      /9 of 9 checks pass[^]*Receipt \d+: applied[^]*Taken by the device itself[^]*In the safe state/u;
    await page.locator('article').filter({ hasText: proven }).waitFor(PATIENCE);
    await page.locator('.reviewed').getByText('Nobody has reviewed it yet').waitFor(PATIENCE);
    await page.locator('.reviewed').getByText('Whoever used it has not said why').waitFor(PATIENCE);
    await clean();
    const operator = await ward.signIn('operator');
    const { reviews } = REVIEWS.parse(await operator.get('/v1/reviews'));
    const [{ device, command } = { device: '', command: '' }] = reviews;
    const rescuer = await ward.signIn('dr-a');
    await rescuer.post(
      '/v1/emergency-reasons',
      'reason',
      new Map<number, string | Uint8Array>([
        [1, unhex(device)],
        [2, unhex(command)],
        [3, 'device'],
        [4, 'lead noise'],
      ]),
    );
    rescuer.close();
    await operator.post(
      '/v1/reviews',
      'review',
      new Map<number, string | Uint8Array>([
        [1, unhex(device)],
        [2, unhex(command)],
        [3, 'needed: flat battery'],
      ]),
    );
    operator.close();
    await press(page, 'Overview');
    await page.getByRole('button', { name: 'Emergencies not reviewed: 0' }).waitFor(PATIENCE);
    await press(page, 'Commands');
    await press(page, 'Clear filters');
    await page
      .locator('.reviewed')
      .getByText('the device could not be trusted: lead noise')
      .waitFor(PATIENCE);
    const review = page.locator('.reviewed').filter({ hasText: 'Reviewed by' });
    await review.getByText('it was needed: flat battery').waitFor(PATIENCE);
    assert.match(await review.innerText(), /signed words fit entry \d+|Fits entry \d+/u);
    await clean();
  });

  it('says to stop relying on a gateway whose log was put back, with both heads', async () => {
    await putStoreBack(ward);
    await signInAgain(page, tablet, key);
    await page.getByRole('heading', { name: 'Stop relying on this gateway' }).waitFor(PATIENCE);
    await clean();
    await press(page, 'Gaps');
    await page.getByRole('heading', { name: 'What its witnesses have seen' }).waitFor(PATIENCE);
    const [ours = '', theirs = ''] = await page.locator('.heads pre').allInnerTexts();
    assert.ok(Number(ours.split('\n')[1]) < Number(theirs.split('\n')[1]), `${ours} ${theirs}`);
    await clean();
  });
});
