import assert from 'node:assert/strict';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { arrive, setUp, signIn, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

/** Of the two on the ward for whom nobody who signs in there cares. */
const OTHERS = 'SIM-200007';

describe('break-glass on the tablet', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  const find = async (): Promise<void> => {
    await visitor.page.getByLabel('Wristband').fill(OTHERS);
    await visitor.press('Find by wristband');
    await visitor.page.getByText('Not your patient').waitFor();
  };

  it('says what it opens, who is told and what it does not do, and asks for a reason before the key', async () => {
    const { page, press } = visitor;
    await find();
    await press('Break the glass');
    const sheet = page.getByRole('dialog', { name: 'Break the glass' });
    const text = await sheet.innerText();
    assert.match(text, /SCHABLONE, Jonas/u);
    assert.match(text, /This patient alone, for 60 minutes at most/u);
    assert.match(text, /The patient’s team, at once/u);
    assert.match(text, /lifts no limit of the device, and it skips no second person/u);
    assert.match(text, /Choose a reason/u);
    assert.equal(
      await page.getByRole('button', { name: 'Open with passkey' }).getAttribute('aria-disabled'),
      'true',
    );
    assert.deepEqual(await axeFindings(page), []);
    await press('Do not open');
    await page.getByText('Not your patient').waitFor();
  });

  it('opens by one touch of the signing passkey, and counts down on every screen', async () => {
    const { page, press } = visitor;
    await press('Break the glass');
    await page.getByLabel('The patient’s team cannot be reached').check();
    await press('Open with passkey');
    await page.getByRole('heading', { name: 'Choose the device' }).waitFor();
    await page
      .locator('.identity')
      .getByText(/Break-glass (60:00|59:\d\d)/u)
      .waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });

  it('stays open over a lock of the screen', async () => {
    const { page, press } = visitor;
    await press('Lock');
    await page.getByRole('heading', { name: /locked/iu }).waitFor();
    await press(/^Unlock/u);
    await page
      .locator('.identity')
      .getByText(/Break-glass 59:\d\d/u)
      .waitFor();
  });

  it('ends when the patient is left: it is somebody else’s again, and the review is pending', async () => {
    const { page, press } = visitor;
    await press('Another patient');
    await page.getByText('Over; somebody else has to review it').waitFor();
    await page.getByText('Break-glass of yours waiting for review: 1').waitFor();
    const later = page.getByText(
      /^Not told yet; they find it when they sign in: .*Dr Ben Lindqvist \(can review it\)/u,
    );
    await later.waitFor();
    await find();
  });
});
