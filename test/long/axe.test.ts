import assert from 'node:assert/strict';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from '../browser/support/browser.ts';
import { GALLERY_STATES, type Gallery, openGallery } from '../screens/gallery-server.ts';

describe('every state of the tablet, as axe-core sees it', function () {
  this.timeout(600_000);
  let gallery: Gallery;
  let browser: TestBrowser;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    gallery = await openGallery();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await gallery?.close();
  });

  for (const theme of ['light', 'dark'] as const)
    it(`has nothing to mend in the ${theme} theme, and no violation of the page’s policy`, async () => {
      const tablet = await browser.tablet({ reducedMotion: true });
      await tablet.context.addInitScript(
        ([profiles, chosen]) => {
          Reflect.set(window, '__profiles', profiles);
          localStorage.setItem('countersign.theme', chosen);
        },
        [gallery.profiles, theme] as const,
      );
      const screen = await tablet.open(gallery.url(GALLERY_STATES[0] ?? ''));
      const found: string[] = [];
      for (const name of GALLERY_STATES) {
        await screen.page.evaluate((to) => void (location.hash = to), name);
        await screen.page.waitForFunction(
          (shown) => document.documentElement.dataset['shown'] === shown,
          name,
        );
        found.push(...(await axeFindings(screen.page)).map((line) => `${name}: ${line}`));
      }
      assert.deepEqual(found, []);
      screen.expectNoFaults();
      await tablet.close();
    });
});
