import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Gallery, openGallery } from '../screens/gallery-server.ts';
import {
  axeFindings,
  noBrowser,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';
import { galleryTablet } from './support/gallery-tablet.ts';

const SOON = { timeout: 15_000 };

/** Gives a page what Chromium has on tablets and not on Debian: it finds the codes that a test names, in a real picture. */
function readCodes(): void {
  Reflect.set(window, '__codes', []);
  class Found {
    detect(picture: HTMLVideoElement): Promise<readonly { rawValue: string }[]> {
      const codes = picture.videoWidth > 0 ? (Reflect.get(window, '__codes') as string[]) : [];
      return Promise.resolve(codes.map((rawValue) => ({ rawValue })));
    }
  }
  Reflect.set(window, 'BarcodeDetector', Found);
}

describe('the camera of the tablet', function () {
  this.timeout(60_000);
  let gallery: Gallery;
  let browser: TestBrowser;
  let tablet: TestTablet;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    gallery = await openGallery();
    browser = await startBrowser();
  });
  beforeEach(async () => {
    tablet = await galleryTablet(browser, gallery);
  });
  afterEach(() => tablet?.close());
  after(async () => {
    await browser?.close();
    await gallery?.close();
  });

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const shows = (page: Page, codes: readonly string[]) =>
    page.evaluate((all) => void Reflect.set(window, '__codes', all), codes);
  const isOff = (page: Page) =>
    page.waitForFunction(() => document.querySelector('video')?.srcObject === null, undefined, SOON);

  it('reads a wristband, says so of a code of another kind and of none, and is off when it has it', async () => {
    await tablet.context.addInitScript(readCodes);
    await tablet.context.grantPermissions(['camera']);
    const screen = await tablet.open(gallery.url('c2-find'));
    const { page } = screen;
    await press(page, 'Scan with the camera');
    await page.getByText('Hold the code into the picture, flat and a hand away.').waitFor(SOON);
    assert.ok(await page.locator('video').isVisible());
    assert.deepEqual(await axeFindings(page), []);
    await page.getByText('No code found yet.').waitFor(SOON);
    await shows(page, ['https://example.org/menu']);
    await page.getByText('That is a code of another kind. Nothing was chosen by it.').waitFor(SOON);
    assert.equal(await page.getByLabel('Wristband').inputValue(), '');
    await shows(page, ['https://example.org/menu', '4471-9920-3']);
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('#wristband')?.value === '4471-9920-3',
    );
    await isOff(page);
    assert.equal(await page.locator('video').isVisible(), false);
    screen.expectNoFaults();
  });

  it('reads the label of a reader, and takes none that is not of this hospital', async () => {
    await tablet.context.addInitScript(readCodes);
    await tablet.context.grantPermissions(['camera']);
    const screen = await tablet.open(gallery.url('c1-readers'));
    const { page } = screen;
    await press(page, 'Scan with the camera');
    await page.getByText('Hold the code into the picture').waitFor(SOON);
    await shows(page, ['9Z-9']);
    await page.getByText('That is a code of another kind.').waitFor(SOON);
    await shows(page, ['6B-2']);
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('#reader-label')?.value === '6B-2',
    );
    await isOff(page);
    await shows(page, []);
    await press(page, 'Scan with the camera');
    await page.getByText('Hold the code into the picture').waitFor(SOON);
    await press(page, 'Stop the camera');
    await isOff(page);
    screen.expectNoFaults();
  });

  it('says what to do when it is not allowed, and when there is none that works', async () => {
    await tablet.context.addInitScript(readCodes);
    const { page } = await tablet.open(gallery.url('c2-find'));
    await press(page, 'Scan with the camera');
    await page.getByText('The camera is not allowed for this page.').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('no device', 'NotFoundError'));
    });
    await press(page, 'Scan with the camera');
    await page.getByText('This tablet has no camera that works now.').waitFor(SOON);
    await page.getByLabel('Wristband').fill('4471-9920-3'); // typing goes on as before
  });

  it('is not offered where the browser reads no codes: a scanner and the keys do', async () => {
    await tablet.context.addInitScript(() => void Reflect.deleteProperty(window, 'BarcodeDetector'));
    const { page } = await tablet.open(gallery.url('c2-find'));
    await page.getByLabel('Wristband').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Scan with the camera' }).count(), 0);
  });
});
