import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundleFolder, buildPages } from '../../clients/host/build.mjs';
import { GALLERY_STATES, type Gallery, openGallery } from '../screens/gallery-server.ts';
import { framesIn } from './support/frames.ts';
import { type StateFacts, stateFacts } from './support/state-facts.ts';
import { axeFindings, noBrowser, type Screen, startBrowser, type TestBrowser } from './support/browser.ts';
import { galleryTablet } from './support/gallery-tablet.ts';

describe('every state of the tablet', function () {
  this.timeout(180_000);
  let gallery: Gallery;
  let browser: TestBrowser;
  let screen: Screen;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    gallery = await openGallery();
    browser = await startBrowser();
    const tablet = await galleryTablet(browser, gallery, { reducedMotion: true });
    screen = await tablet.open(gallery.url('c0-sign-in'));
  });
  after(async () => {
    await browser?.close();
    await gallery?.close();
  });
  afterEach(() => screen?.expectNoFaults());

  const each = async (
    look: (page: Page, name: string) => Promise<void>,
    names: readonly string[] = GALLERY_STATES,
  ): Promise<void> => {
    const { page } = screen;
    for (const name of names) {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
      await look(page, name);
    }
  };

  describe('walked through once', () => {
    const seen = new Map<string, StateFacts>();
    /** What is not as it should be, by state. */
    const wrong = (judge: (facts: StateFacts, name: string) => unknown): readonly unknown[] =>
      [...seen].flatMap(([name, facts]) => {
        const found = judge(facts, name);
        return found === undefined ? [] : [[name, found]];
      });

    before(() => each(async (page, name) => void seen.set(name, await stateFacts(page))));

    it('N13: has the emergency control at the same place, in the same size, and nothing over it', () => {
      assert.deepEqual(
        wrong(({ emergency }) => {
          if (!emergency) return 'none';
          const { x, bottom, width, height, free } = emergency;
          const fits = width >= 216 && height >= 72 && (x === 16 || x === 104) && Math.round(bottom) === 8;
          return fits && free ? undefined : emergency;
        }),
        [],
      );
    });

    it('has no target that a finger misses: each takes presses in a square of 56 px, and none goes beyond the edge', () => {
      assert.deepEqual(
        wrong(({ missed, beyond }) => (missed.length + beyond.length > 0 ? { missed, beyond } : undefined)),
        [],
      );
    });

    it('shows what cannot be pressed as something that cannot be pressed', () => {
      assert.deepEqual(
        wrong(({ inviting }) => (inviting.length > 0 ? inviting : undefined)),
        [],
      );
    });

    it('never cuts who the patient is', () => {
      assert.deepEqual(
        wrong(({ who }) => (who.length > 0 ? who : undefined)),
        [],
      );
    });

    it('N6: says "Done" only when the outcome was verified, and "Not confirmed yet" before', () => {
      assert.deepEqual(
        wrong(({ text }, name) => {
          const early = name.startsWith('c11') && !text.includes('Not confirmed yet');
          return /^Done$/mu.test(text) !== name.startsWith('c12-done') || early ? text : undefined;
        }),
        [],
      );
    });

    it('N11: says that it is a simulation, on every screen and in the title of the page', () => {
      assert.deepEqual(
        wrong(({ badge, title }) =>
          badge === 'Simulation' && title === 'Simulation · Countersign' ? undefined : { badge, title },
        ),
        [],
      );
    });
  });

  it('keeps a long name in one piece beside five marks: two of them stand there, and all behind one key', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c4-overview-all-marks'));
    const name = page.locator('.who strong', { hasText: 'PAPADOPOULOU-WEISSENBERG, Marta Lucia' });
    await name.waitFor();
    const [size, weight] = await name.evaluate((one) => {
      const { fontSize, fontWeight } = getComputedStyle(one);
      return [fontSize, fontWeight];
    });
    assert.deepEqual([size, weight], ['24px', '700']);
    assert.deepEqual(await page.locator('.marks .chip').allInnerTexts(), [
      'Matches wristband',
      'Safe mode since 13:26',
    ]);
    await page.getByRole('button', { name: '3 more' }).click();
    assert.deepEqual(await page.locator('.all-marks .chip').allInnerTexts(), [
      'Matches wristband',
      'Safe mode since 13:26',
      'Break-glass 47:26',
      'Similar name on this ward: PAPADOPOULOS, Maria, bed 9; PAPADOPOULOU, Marta, bed 3',
      'Review due by tomorrow, 13:06',
    ]);
    assert.ok(await page.getByRole('button', { name: 'Emergency safe mode' }).isVisible());
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.press('Escape');
    await page.locator('.all-marks').waitFor({ state: 'hidden' });
  });

  it('says alarms of long names whole on the ward board, and that a device is in its safe mode', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'ward-board-safety'));
    await page.locator('.place-alarm', { hasText: 'tachycardia · gone, not answered' }).waitFor();
    await page.locator('.place-safety', { hasText: 'Review was due by 12:06 (Dr B. Berg)' }).waitFor();
    const cut = await page
      .locator('.place, .place-alarm > :first-child, .place-safety')
      .evaluateAll((all) =>
        all
          .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1)
          .map((one) => one.textContent),
      );
    assert.deepEqual(cut, []);
  });

  it('shows ten beds, and 24, whole without scrolling, and no crowded tile where nothing comes any more', async () => {
    const { page } = screen;
    await boardsFit(page);
    await speak(page, 'de');
    await boardsFit(page);
    await speak(page, 'en');
    await page.evaluate(() => void (location.hash = 'c5-no-data'));
    await page.locator('.vital-small.stale').first().waitFor({ timeout: 20_000 });
    const cut = await page
      .locator('.vital.stale')
      .evaluateAll((all) =>
        all.filter((one) => one.scrollHeight > one.clientHeight).map((one) => one.textContent),
      );
    assert.deepEqual(cut, []);
  });

  it('C15: has room for an opened proof, and offers no further check of what was refused on its way', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c15-history'));
    const refused = page.locator('.past', { hasText: 'E_CANCELLED' });
    await refused.getByText('Lower rate 60 → 55 per minute').waitFor();
    await refused.getByText('VERIFIED', { exact: true }).waitFor();
    assert.equal(await refused.getByRole('button').count(), 0);
    await refused.getByText('7 of 9 checks passed.').click();
    await refused.getByText('NOT CHECKED', { exact: true }).first().waitFor();
    const cut = await refused
      .locator('li > div')
      .evaluateAll(
        (all) => all.filter((one) => one.scrollWidth > one.clientWidth || one.clientWidth < 400).length,
      );
    assert.equal(cut, 0);
    const [says] = await refused.locator('> .grow').evaluateAll((all) => all.map((one) => one.clientWidth));
    assert.ok(says !== undefined && says > 600, `${says}`);
  });

  it('C12: tells before and after also of therapy that was resumed, and nothing of the table is cut', async () => {
    const { page } = screen;
    for (const name of ['c12-done-resume', 'c12-done', 'c13-emergency-done']) {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
      const table = page.locator('.table.change');
      await table.waitFor();
      const [has, needs] = await table.evaluate((one) => [
        one.parentElement?.clientWidth ?? 0,
        one.scrollWidth,
      ]);
      assert.ok(needs <= has, `${name}: ${needs} of ${has}`);
      if (name !== 'c12-done-resume') continue;
      await page.getByRole('row', { name: /^Therapy In its safe mode .* Taken, by its receipt/u }).waitFor();
      // What was read before knows nothing of it.
      assert.equal(await page.locator('.identity').getByText('In its safe mode').count(), 0);
    }
  });

  it('waits for no alarm data where a patient has no device', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c2-devices-none'));
    await page.locator('.alarms').getByText('Nothing is monitored here.').waitFor();
  });

  it('N1: stops what goes through the reader while somebody else’s implant lies there, and leaves the way out and to a pump on the network', async () => {
    const { page } = screen;
    const show = async (name: string): Promise<void> => {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
    };
    const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
    await show('c4-reader-mismatch');
    assert.equal(await button(/sign|change settings|choose/iu).count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await button(name).isDisabled(), true, name);
    assert.equal(await button('Emergency safe mode').isEnabled(), true);
    assert.equal(await button('Another patient').isEnabled(), true);
    assert.equal(await page.getByRole('link', { name: /^Simulation/u }).isVisible(), true);
    await show('c4-reader-other');
    assert.equal(await button('Change settings').isEnabled(), true);
    assert.match(await page.locator('main').innerText(), /On the reader lies the device of another patient/u);
  });

  it('N13: keeps it in reach, and the alarms in sight, on a tablet that is held upright', async () => {
    const { page } = screen;
    await page.setViewportSize({ width: 800, height: 1280 });
    for (const name of ['c0-sign-in', 'c4-overview', 'c5-six-waves', 'c13-emergency-sign']) {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
      await page.getByRole('button', { name: 'Emergency safe mode' }).click({ trial: true });
      assert.ok(await page.locator('.alarms').isVisible(), name);
    }
    await page.getByRole('button', { name: 'Sign with passkey' }).click({ trial: true });
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('N5: takes no number tenfold by accident: out of range, twice the same key, five times as much', async () => {
    const { page } = screen;
    const key = (name: string) => page.getByRole('button', { name, exact: true });
    await page.evaluate(() => void (location.hash = 'c7-edit-keypad'));
    await key('Clear').waitFor();
    const take = page.getByRole('button', { name: /Take this value|Enter it once more/u });
    for (const digit of ['7', '0', '0']) await key(digit).click({ delay: 150 });
    await page.getByText('Outside the limits: 0.1 to 500').waitFor();
    assert.equal(await take.isDisabled(), true);
    await key('Clear').click();
    await page.evaluate(() => {
      const six = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === '6');
      six?.click();
      six?.click();
    });
    assert.equal(await page.locator('.typed b').innerText(), '6');
    await take.click();
    await page.getByText(/6 mL\/h is 8 times the value on the device, or that much less/u).waitFor();
    assert.equal(await page.locator('.typed b').innerText(), '–');
  });

  it('C9: lets nobody use the key before each caution is ticked for itself', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c9-sign-cautions'));
    const sign = page.getByRole('button', { name: 'Sign with passkey' });
    const ticks = page.locator('.cautions input');
    await page.getByText('Tick 2 cautions first.').waitFor();
    assert.equal(await sign.getAttribute('aria-disabled'), 'true');
    await page.getByLabel(/Infusion rate: 6 mL\/h is 8 times less than the 50 mL\/h on the device/u).check();
    await page.getByText('Tick the caution first.').waitFor();
    assert.equal(await sign.getAttribute('aria-disabled'), 'true');
    await page.getByLabel(/The battery of the device is low\. Battery remaining: 12/u).check();
    await page.locator('.sheet .primary:not([aria-disabled])').waitFor();
    await ticks.first().uncheck();
    await page.getByText('Tick the caution first.').waitFor();
  });

  it('C6: says of each setting how many people sign it, and lists those of one person alone', async () => {
    const { page } = screen;
    const rows = page.locator('.table tbody tr');
    await page.evaluate(() => void (location.hash = 'c6-settings'));
    await page.getByRole('button', { name: 'One person (4)' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.table tbody tr').length === 4);
    assert.equal(await rows.filter({ hasText: 'One person' }).count(), 4);
    await page.getByRole('button', { name: 'Two people (12)' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.table tbody tr').length === 12);
    assert.equal(await rows.filter({ hasText: 'Two people' }).count(), 12);
    await page.getByRole('button', { name: 'All (16)' }).click();
    await page.getByRole('heading', { name: 'Measured by the device' }).waitFor();
  });

  it('C8: marks a row that changes from one end to the other', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c8-compare-short'));
    const row = page.locator('tr.changed').first();
    await row.waitFor();
    const ground = await row.evaluate((one) => [
      ...new Set([...one.children].map((cell) => getComputedStyle(cell).backgroundColor)),
    ]);
    assert.equal(ground.length, 1, ground.join(' and '));
  });

  it('lists settings in the order of the profile when they are signed and sent, whatever was chosen first', async () => {
    const { page } = screen;
    for (const [name, list] of [
      ['c9-sign', '.signed li'],
      ['c11-sending', '.side li'],
    ] as const) {
      await page.evaluate((to) => void (location.hash = to), name);
      await page.waitForFunction((shown) => document.documentElement.dataset['shown'] === shown, name);
      const [first, second] = await page.locator(list).allInnerTexts();
      assert.match(String(first), /^Lower rate/u, name);
      assert.match(String(second), /^Pacing amplitude/u, name);
    }
  });

  it('C8: says what the stop of a pacemaker may mean, and promises "Undo" only where values change', async () => {
    const pacing = 'This device is a pacemaker: a patient who depends on it may have no heartbeat.';
    const undo = 'Afterwards "Undo" offers the values of before.';
    const said: unknown[] = [];
    const names = ['c8-stop', 'c8-stop-pacemaker', 'c9-sign-stop', 'c8-compare-offline'];
    await each(async (page, name) => {
      const text = await page.evaluate(() => document.body.innerText);
      said.push([name, text.includes(pacing), text.includes(undo)]);
    }, names);
    assert.deepEqual(said, [
      ['c8-stop', false, false],
      ['c8-stop-pacemaker', true, false],
      ['c9-sign-stop', true, false],
      ['c8-compare-offline', false, true],
    ]);
  });

  it('emergency: promises that therapy goes on only where no safe setting is zero, and says whom it does not reach', async () => {
    const emergency = GALLERY_STATES.filter((name) => name.startsWith('c13-emergency'));
    await each(async (page, name) => {
      const text = await page.locator('.sheet').innerText();
      const promises = text.includes('Therapy goes on with them');
      const shows = ['confirm', 'sign', 'signing', 'sending', 'anothers'].some(
        (step) => name === `c13-emergency-${step}`,
      );
      assert.equal(promises, shows, name);
      assert.equal(text.includes('One of these settings is zero or off'), name.endsWith('-off'), name);
      assert.equal(text.includes('No implant of this patient'), name.endsWith('-network'), name);
    }, emergency);
  });

  it('lets nobody choose values while a review or the safe mode keeps every change away, and says by when and by whom it goes on', async () => {
    const review =
      /Review by (?:today|tomorrow), \d\d:\d\d, by an operator or a second clinician other than Dr B\. Lindqvist\./u;
    const says: Readonly<Record<string, RegExp>> = {
      'c13-review-due': review,
      'c13-review-own': /You used it yourself: somebody else reviews it/u,
      'c13-review-late':
        /Late: it was due (?:today|yesterday), \d\d:\d\d, by an operator or a second clinician/u,
      'c13-review-settings': review,
      'c13-review-change': review,
      'c13-safe-settings': /It takes no other change until the safe mode has been ended/u,
    };
    await each(async (page, name) => {
      await page.getByText(says[name] ?? /^$/u).waitFor({ timeout: 20_000 });
      const choose = page.getByRole('button', { name: /^Change (?!to)|^Choose a setting/u });
      for (const button of await choose.all())
        assert.equal(
          await button.getAttribute('aria-disabled'),
          'true',
          `${name}: ${await button.innerText()}`,
        );
      assert.ok((await choose.count()) > 0, name);
      assert.ok(await page.getByRole('button', { name: 'Emergency safe mode' }).isEnabled(), name);
      const mine = await page.getByRole('button', { name: 'Review the emergency' }).count();
      assert.equal(mine, name.endsWith('-late') ? 1 : 0, name);
    }, Object.keys(says));
  });

  it('has every sentence in the catalogue: in the pseudo-language only names and values stay plain', async () => {
    const { page } = screen;
    await speak(page, 'en-XA');
    await each(async (page, name) => {
      const plain = await page.evaluate(() =>
        [...document.querySelectorAll('button, label, h1, th[scope=col], legend')]
          .filter((one) => !one.closest('.look, .value-keys, .keypad, .mono') && !one.querySelector('input'))
          .map((one) => (one.textContent ?? '').trim())
          .filter((text) => text !== '' && !text.includes('~')),
      );
      assert.deepEqual(plain, [], name);
    });
    await speak(page, 'en');
  });

  it('runs six waveforms: each moves on, and frames are not missed by the dozen', async () => {
    const { page } = screen;
    await page.evaluate(() => void (location.hash = 'c5-six-waves'));
    await page.waitForFunction(() => document.documentElement.dataset['shown'] === 'c5-six-waves');
    const rows = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('canvas.waves');
        const image = canvas?.getContext('2d');
        if (!canvas || !image) return [];
        const height = Math.floor(canvas.height / 6);
        return Array.from({ length: 6 }, (_, i) =>
          image
            .getImageData(0, i * height + 30, canvas.width, height - 30)
            .data.reduce((a, b) => (a * 31 + b) % 65_521, 0),
        );
      });
    await framesIn(page, 1_500); // what is shown stays behind by more than one frame of the device
    const before = await rows();
    const frames = await framesIn(page, 2_000);
    const after = await rows();
    assert.equal(after.length, 6);
    after.forEach((row, i) => assert.notEqual(row, before[i], `row ${i + 1} stands still`));
    assert.ok(frames.count >= 30, `${frames.count} frames in two seconds`);
    assert.match(
      await page.locator('figcaption').innerText(),
      /(live, rate \d+ per minute[^]*){1}(Pleth \d: live[^]*){5}/u,
    );
  });

  it('is made of a shell that stays small: 60 kB of scripts and 12 kB of styles, compressed', async () => {
    await buildPages();
    const text = readFileSync(join(bundleFolder('tablet'), 'manifest.json'), 'utf8');
    const { files } = JSON.parse(text) as { files: { name: string; brotli: number; later?: true }[] };
    const sum = (end: string): number =>
      files
        .filter(({ name, later }) => name.endsWith(end) && !later)
        .reduce((all, { brotli }) => all + brotli, 0);
    assert.ok(sum('.js') <= 60 * 1024, `${sum('.js')} bytes of scripts`);
    assert.ok(sum('.css') <= 12 * 1024, `${sum('.css')} bytes of styles`);
  });
});

/** The page in another language, from its beginning. */
async function speak(page: Page, language: string): Promise<void> {
  await page.evaluate((to) => localStorage.setItem('countersign.language', to), language);
  await page.reload();
}

/** However much the alarms and the devices of a ward say: nobody's bed is below the edge. */
async function boardsFit(page: Page): Promise<void> {
  for (const [name, beds] of [
    ['ward-board-safety', 9],
    ['ward-board-ten', 10],
    ['ward-board-crowd', 24],
  ] as const) {
    await page.evaluate((to) => void (location.hash = to), name);
    await page.locator(`.place:nth-child(${beds}):last-child`).waitFor();
    const [has, needs] = await page
      .locator('.content')
      .evaluate((one) => [one.clientHeight, one.scrollHeight]);
    assert.ok(has !== undefined && needs !== undefined && needs <= has, `${name}: ${needs} of ${has}`);
  }
}
