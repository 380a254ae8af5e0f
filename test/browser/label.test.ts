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

const SOON = { timeout: 20_000 };

/**
 * Stands in for what Chrome on Android has and no browser on Debian (Web NFC): a test says what the tag holds. No tag and no
 * radio is tried here.
 */
function readTags(): void {
  class Tags extends EventTarget {
    scan({ signal }: { signal: AbortSignal }): Promise<void> {
      const refuse: unknown = Reflect.get(window, '__refuse');
      if (typeof refuse === 'string') return Promise.reject(new DOMException('', refuse));
      Reflect.set(window, '__tags', this);
      signal.addEventListener('abort', () => Reflect.set(window, '__tags', undefined), { once: true });
      return Promise.resolve();
    }
  }
  Reflect.set(window, 'NDEFReader', Tags);
}

/** Holds a tag to the tablet; without a text, one that cannot be read. False when nothing listens. */
const tap = (page: Page, text?: string, recordType = 'text'): Promise<boolean> =>
  page.evaluate(
    ([holds, type]) => {
      const tags: unknown = Reflect.get(window, '__tags');
      if (!(tags instanceof EventTarget)) return false;
      if (holds === undefined) return tags.dispatchEvent(new Event('readingerror'));
      const data = new DataView(new TextEncoder().encode(holds).buffer);
      const message = { records: [{ recordType: type, encoding: 'utf-8', data }] };
      return tags.dispatchEvent(Object.assign(new Event('reading'), { message }));
    },
    [text, recordType] as const,
  );

describe('tapping the label of a reader, with a stand-in for the browser’s NDEFReader', function () {
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

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click(SOON);
  const label = (page: Page) => page.getByLabel('Label on the reader');

  it('takes a label of this hospital and no other, says what it waits for, and then listens no more', async () => {
    await tablet.context.addInitScript(readTags);
    const screen = await tablet.open(gallery.url('c1-readers'));
    const { page } = screen;
    await press(page, 'Tap the label with this tablet');
    await page.getByText('Hold the back of the tablet to the label on the reader.').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
    await tap(page);
    await page.getByText('The tag could not be read.').waitFor(SOON);
    for (const [text, type] of [
      ['9Z-9', 'text'],
      ['6B-2', 'url'],
    ] as const) {
      await tap(page, text, type);
      await page.getByText('That tag is no label of a reader of this hospital.').waitFor(SOON);
      assert.equal(await label(page).inputValue(), '');
    }
    await tap(page, '6B-2');
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('#reader-label')?.value === '6B-2',
    );
    assert.equal(await tap(page, '6B-1'), false, 'nothing listens any more');
    await press(page, 'Tap the label with this tablet');
    await page.getByText('Hold the back of the tablet').waitFor(SOON);
    await press(page, 'Stop tapping');
    await page.getByRole('button', { name: 'Tap the label with this tablet' }).waitFor(SOON);
    assert.equal(await tap(page, '6B-1'), false);
    screen.expectNoFaults();
  });

  it('says what to do when it is not allowed, and when there is no NFC', async () => {
    await tablet.context.addInitScript(readTags);
    const { page } = await tablet.open(gallery.url('c1-readers'));
    for (const [name, says] of [
      ['NotAllowedError', 'Reading tags is not allowed for this page.'],
      ['NotSupportedError', 'This tablet cannot read tags now.'],
    ] as const) {
      await page.evaluate((why) => void Reflect.set(window, '__refuse', why), name);
      await press(page, 'Tap the label with this tablet');
      await page.getByText(says).waitFor(SOON);
    }
    assert.deepEqual(await axeFindings(page), []);
    await label(page).fill('6B-2'); // typing goes on as before
  });

  it('is not offered where the browser reads no tags: the camera and the keys do', async () => {
    const { page } = await tablet.open(gallery.url('c1-readers'));
    await label(page).waitFor(SOON);
    await page.getByText('Readers of this hospital').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: 'Tap the label' }).count(), 0);
  });
});
