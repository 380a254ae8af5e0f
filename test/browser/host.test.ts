import assert from 'node:assert/strict';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

describe('a page of the ward, in a real browser', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  /** Not every resolver knows names below localhost; browsers do. */
  const at = (path: string): string => `http://127.0.0.1:${new URL(ward.page('Tablet')).port}${path}`;

  it('loads from host A under its strict policy, without a violation or an error', async () => {
    const tablet = await browser.tablet();
    const screen = await tablet.open(ward.page('Tablet'));
    await screen.page.getByRole('heading', { level: 1 }).waitFor();
    screen.expectNoFaults();
    assert.deepEqual(await axeFindings(screen.page), []);
    await tablet.close();
  });

  it('comes with headers that leave it nothing but what it needs', async () => {
    const { headers } = await fetch(at('/'));
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/u);
    assert.match(policy, /require-trusted-types-for 'script';trusted-types app-sw/u);
    assert.doesNotMatch(policy, /unsafe|\*/u);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.match(headers.get('permissions-policy') ?? '', /camera=\(self\).*microphone=\(\)/u);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  it('notices what a page is refused, so that the tests of others can trust an empty list', async () => {
    const tablet = await browser.tablet();
    const screen = await tablet.open(ward.page('Tablet'));
    await screen.page.evaluate(() => {
      const image = document.createElement('img');
      image.src = 'https://elsewhere.invalid/spy.png';
      document.body.append(image);
    });
    await screen.page.waitForTimeout(200);
    assert.throws(() => screen.expectNoFaults(), /policy: img-src/u);
    await tablet.close();
  });

  it('has no path but its own, and takes nothing', async () => {
    for (const path of ['/manifest.json', '/sources.json', '/..%2fmanifest.json', '/app.js/'])
      assert.equal((await fetch(at(path))).status, 404, path);
    assert.equal((await fetch(at('/'), { method: 'POST', body: 'x' })).status, 404);
  });
});
