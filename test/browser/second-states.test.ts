import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Gallery, openGallery, SECOND_GALLERY_STATES } from '../screens/gallery-server.ts';
import { missedTargets } from './support/targets.ts';
import { axeFindings, noBrowser, type Screen, startBrowser, type TestBrowser } from './support/browser.ts';

/** One state of each kind of screen. The pictures look at all of them, in English. */
const OF_EACH_KIND =
  /-(?:new-not-made|new-link|window|approve-not|inbox-both|review|person|entry-differs|decline|not-signed|stage-sent|done-changed|unknown)$/u;

/** Reviews of what others did, and of what is over. */
const SIGNABLE = ['second-review', 'second-review-late', 'second-review-no-reason', 'second-glass'];

describe('every state of the second clinician’s page', function () {
  this.timeout(120_000);
  let gallery: Gallery;
  let browser: TestBrowser;
  let screen: Screen;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    gallery = await openGallery('second-gallery');
    browser = await startBrowser();
    screen = await (await browser.tablet({ reducedMotion: true })).open(gallery.url('second-new'));
  });
  after(async () => {
    await browser?.close();
    await gallery?.close();
  });
  afterEach(() => screen?.expectNoFaults());

  /** Goes through all states in a language. */
  const each = async (
    language: string,
    look: (page: Page, name: string) => Promise<void>,
    names: readonly string[] = SECOND_GALLERY_STATES,
  ): Promise<void> => {
    const { page } = screen;
    await page.evaluate((chosen) => localStorage.setItem('second-signer.language', chosen), language);
    await page.reload();
    for (const name of names) {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
      await look(page, name);
    }
  };

  it('has every sentence in the catalogue: in the pseudo-language only names and values stay plain', async () => {
    await each('en-XA', async (page, name) => {
      const plain = await page.evaluate(() =>
        [...document.querySelectorAll('h1, h2, p, button, label, th, li span, .hint, a')]
          .filter((one) => !one.closest('.words, .portrait, .sign') && !one.matches('.entry h2'))
          .map((one) => (one.textContent ?? '').trim())
          .filter((text) => text !== '' && !text.includes('~')),
      );
      assert.deepEqual(plain, [], name);
    });
  });

  it('has room for the German, and no target that a finger misses, and nothing that axe finds', async () => {
    await each('de', async (page, name) => {
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'de', name);
      assert.deepEqual(await missedTargets(page), [], name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false, name);
      if (OF_EACH_KIND.test(name)) assert.deepEqual(await axeFindings(page), [], name);
    });
  });

  it('lets nobody sign the review of what they did themselves, and says until when it is due wherever one waits', async () => {
    const reviews = SECOND_GALLERY_STATES.filter((name) => /review|both|glass/u.test(name));
    await each(
      'en',
      async (page, name) => {
        const sign = page.getByRole('button', { name: 'Sign the review with passkey' });
        assert.equal(await sign.count(), SIGNABLE.includes(name) ? 1 : 0, name);
        if (name === 'second-reviewed' || name.includes('glass')) return;
        const due =
          /(?:Review by|it was due) (?:today|tomorrow|yesterday), \d\d:\d\d, by an operator or a second/u;
        assert.match(await page.locator('main').innerText(), due, name);
      },
      reviews,
    );
  });

  it('says above all fields what differs, where it is seen and read aloud first, and keeps what is the same, in the profile’s order', async () => {
    await each(
      'en',
      async (page) => {
        const told = page.locator('.told:focus', { hasText: 'differ in: Lower rate' });
        assert.equal(await told.count(), 1);
        const seen = await told.evaluate((one) => {
          const [top, field] = [one, document.querySelector('.entry')].map((box) => box?.getBoundingClientRect());
          return [top && top.top >= 0 && top.bottom <= innerHeight, top && field && top.bottom <= field.top];
        }); // prettier-ignore
        assert.deepEqual(seen, [true, true]);
        const held = page.locator('.entry').locator('input, select');
        const values = await held.evaluateAll((all) => all.map((one) => String(Reflect.get(one, 'value'))));
        assert.deepEqual(values, ['', '3', '2']);
        assert.equal(await page.getByRole('button', { name: 'Decline' }).isVisible(), true);
      },
      ['second-entry-differs'],
    );
  });

  it('calls a change done, or the device unchanged, by nobody’s word but the device’s', async () => {
    await each('en', async (page, name) => {
      const text = await page.locator('main').innerText();
      assert.equal(/^Done/mu.test(text), name.startsWith('second-done'), name);
      const own = ['second-refused-by-device', 'second-refused-unchanged'].includes(name);
      assert.equal(/is unchanged/u.test(text), own, name);
    });
  });
});
