import assert from 'node:assert/strict';
import { z } from 'zod';
import { makeHistory } from './support/auditor.ts';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const LINK = z.object({ key: z.string(), fingerprint: z.string() });
const PATIENCE = { timeout: 30_000 };

describe('the patient’s page, by a printed link', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let link = { key: '', fingerprint: '' };

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    await makeHistory(ward);
    const doctor = await ward.signIn('dr-a');
    const made = await doctor.fetch('/v1/patient-links', { device: ward.idOf('pump-1') });
    link = LINK.parse(JSON.parse(Buffer.from(made).toString('utf8')));
    doctor.close();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  const open = async (key: string, fingerprint: string) => {
    const phone = await browser.tablet({ size: { width: 420, height: 860 } });
    const at = `${ward.page('Patient’s page')}#${key}.${fingerprint.replaceAll(' ', '')}`;
    return phone.open(at);
  };

  it('tells each change in plain words, without a name, and checks it in the browser', async () => {
    const asked: string[] = [];
    const screen = await open(link.key, link.fingerprint);
    const { page } = screen;
    page.on('request', (request) => asked.push(request.url()));
    await page.getByText('Infusion rate: from 50 mL/h to 60.5 mL/h').waitFor(PATIENCE);
    await page.getByText('Two clinicians signed. Your device took the change.').waitFor();
    await page.getByText('Why: to fit the treatment to you, step by step.').first().waitFor();
    assert.doesNotMatch(await page.locator('main').innerText(), /agreed at the bedside|ORD-7/u);
    await page.getByRole('button', { name: 'Check this myself' }).first().click();
    await page.getByText('This is true: your device itself signed it').waitFor(PATIENCE);
    assert.match(await page.title(), /^Simulation · /u);
    await page.locator('.badge.simulation').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.ok(
      asked.every((url) => !url.includes(link.key)),
      'the key stands in no address',
    );
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
    assert.deepEqual(await axeFindings(page), []);
    screen.expectNoFaults();
  });

  it('says that something does not fit where the printed fingerprint is another', async () => {
    const { page } = await open(link.key, '00'.repeat(16));
    await page.getByRole('button', { name: 'Check this myself' }).first().click(PATIENCE);
    await page.getByText('not every check could be made').waitFor(PATIENCE);
  });

  it('shows nothing for a key that nobody gave out, or half a link', async () => {
    const { page } = await open('A'.repeat(43), link.fingerprint);
    await page.getByText('This link does not work').waitFor(PATIENCE);
    const half = await open('A', link.fingerprint);
    await half.page.getByText('This link is not complete').waitFor(PATIENCE);
  });
});
