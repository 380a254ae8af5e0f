import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PATIENTS } from '../../certs/patients.ts';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { HEART_RATE, openBoard, pidOf, placeOf, play, staleWithin, tileOf } from './support/live.ts';
import { arrive, setUp, signIn, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const MONITORS = 8;
const STALE_MS = 2_000;

describe('the ward board', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard(undefined, MONITORS);
    browser = await startBrowser();
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
    await openBoard(visitor);
    await visitor.page
      .locator(`${placeOf('monitor-8')} [data-code="${HEART_RATE}"][data-state="live"]`)
      .waitFor();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  const order = (page: Page) => page.locator('.place .place-contact').allInnerTexts();

  it('shows every bed of those one cares for: values with age, last contact, simulation, and no full name', async () => {
    const { page } = visitor;
    const tile = page.locator(placeOf('monitor-2'));
    const text = await tile.innerText();
    assert.match(text, /^3-\d+\s+\p{Lu}\. \p{Lu}\.\s+SIMULATED\s+No active alarms/u);
    assert.match(text, /HR \/min\s+\d+\s*\d s\s+SpO2 %\s+\d+\s*\d s\s+RR \/min\s+\d+/u);
    assert.match(text, /monitor-2: last contact \d s ago/u);
    assert.equal(await page.locator('.place', { hasText: 'monitor-' }).count(), MONITORS);
    const all = await page.locator('main').innerText();
    for (const name of namesOf(ward)) assert.ok(!all.includes(name), name);
    if (ward.withoutNfc === undefined)
      await page.locator(placeOf('pacemaker-1'), { hasText: 'Read out only, not monitored' }).waitFor();
    await page.getByText('Second display. Alarms and their audio are at the monitors').waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });

  it('puts the worst first, in the colours and marks of its priority, and the bed into the strip', async () => {
    const { page } = visitor;
    await play(ward, 'monitor-6', 'lead-off');
    await page.locator(`${placeOf('monitor-6')}[data-severity="low"]`).waitFor({ timeout: 15_000 });
    await play(ward, 'monitor-4', 'arrhythmia');
    await page.locator(`${placeOf('monitor-4')}[data-severity="high"]`).waitFor({ timeout: 15_000 });
    const [first, second] = await order(page);
    assert.match(String(first), /monitor-4/u);
    assert.match(String(second), /monitor-6/u);
    const alarm = page.locator(`${placeOf('monitor-4')} .place-alarm`);
    assert.match(await alarm.innerText(), /^!!! Ventricular tachycardia(?: \+ \d)?\s+\d\d:\d\d$/u);
    assert.equal(await alarm.evaluate((one) => getComputedStyle(one).backgroundColor), 'rgb(208, 2, 27)');
    assert.match(
      await page.locator('.alarm').innerText(),
      /Source: 3-\d+, monitor-4\. Audio is at the monitor/u,
    );
    assert.deepEqual(await axeFindings(page), []);
    const lost = ['monitor-3', 'monitor-5', 'monitor-8'];
    await Promise.all(lost.map((name) => play(ward, name, 'link-loss')));
    for (const name of lost)
      await page.locator(`${placeOf(name)}[data-severity="medium"]`).waitFor({ timeout: 15_000 });
    assert.match((await order(page)).slice(1, 4).join(), /monitor-3.*monitor-5.*monitor-8/su);
    assert.deepEqual(await page.evaluate(cutPlaces), [], 'every bed is seen whole, whatever its alarms say');
    const sizes = await page
      .locator('.place-value b')
      .evaluateAll((all) =>
        all.map((number) => [number.closest('.missing') !== null, getComputedStyle(number).fontSize]),
      );
    const missing = new Set(sizes.flatMap(([gone, size]) => (gone === true ? [size] : [])));
    assert.equal(missing.size, 1, 'what moved looks as what did not');
    await Promise.all(lost.map((name) => play(ward, name, 'recover')));
  });

  it('is stale within two seconds, bed by bed, and says what was known', async () => {
    const { page } = visitor;
    const number = page.locator(`${placeOf('monitor-8')} [data-code="${HEART_RATE}"] b`);
    for (const name of ['monitors', 'gateway']) {
      process.kill(pidOf(ward, name), 'SIGSTOP');
      try {
        await staleWithin(page, `${placeOf('monitor-8')} [data-code="${HEART_RATE}"]`, STALE_MS);
        assert.equal(await number.innerText(), '– –');
        await page.locator(placeOf('monitor-4'), { hasText: 'Last known: !!! Ventricular' }).waitFor();
      } finally {
        process.kill(pidOf(ward, name), 'SIGCONT');
      }
      await page.locator(`${placeOf('monitor-8')} [data-code="${HEART_RATE}"][data-state="live"]`).waitFor();
    }
  });

  it('is blank at once when the page was asleep, until something new comes', async () => {
    const shown = await visitor.page.evaluate(async () => {
      document.dispatchEvent(new Event('freeze'));
      await Promise.resolve().then(() => undefined);
      return [...document.querySelectorAll('.place-value b')].filter(
        ({ textContent }) => textContent !== '– –',
      );
    });
    assert.deepEqual(shown, []);
  });

  it('is walked with the keyboard: a bed keeps the focus when it moves, and Enter opens the live values of its patient', async () => {
    const { page } = visitor;
    await play(ward, 'monitor-4', 'recover');
    await page
      .locator(placeOf('monitor-4'), { hasText: 'Ventricular tachycardia · gone, not answered' })
      .waitFor({ timeout: 20_000 });
    await play(ward, 'monitor-4', 'acknowledge');
    await page.locator(`${placeOf('monitor-4')}:not([data-severity])`).waitFor({ timeout: 15_000 });
    await page.locator(`${placeOf('monitor-8')} button`).focus();
    await play(ward, 'monitor-8', 'arrhythmia');
    await page
      .locator(`.place:first-child[data-severity="high"]`, { hasText: 'monitor-8' })
      .waitFor({ timeout: 15_000 });
    assert.equal(
      await page.evaluate(() => document.activeElement?.closest('.place')?.textContent.includes('monitor-8')),
      true,
    );
    await page.evaluate(() => {
      const strangers: string[] = [];
      Reflect.set(window, '__strangers', strangers);
      new MutationObserver(() => {
        const told = document.querySelector('.live .contacts')?.textContent ?? '';
        if (/[0-9a-f]{16}/u.test(told)) strangers.push(told); // a device that is not this patient's has no name there
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.keyboard.press('Enter');
    await page.locator(tileOf(HEART_RATE, 'live')).waitFor();
    assert.deepEqual(await page.evaluate(() => Reflect.get(window, '__strangers') as unknown), []);
    await page.getByText('No device chosen').waitFor();
    await visitor.press('Patient');
    await page.getByRole('button', { name: 'Choose monitor-8' }).waitFor();
    await visitor.press('Another patient');
    await openBoard(visitor);
  });

  it('does not lock while it shows; after two minutes untouched, leaving it takes the key', async () => {
    const { page, press } = visitor;
    await page.clock.install();
    // Timers from before would go on by the real clock and take the two minutes for a sleep.
    await page.reload();
    await signIn(visitor);
    await openBoard(visitor);
    // No longer than it takes: requests of a page whose clock is ahead are refused by the gateway.
    await page.clock.runFor(2 * 60_000 + 5_000);
    await page.getByText('Not touched for two minutes').waitFor();
    await press('Leave the board');
    await page.getByRole('button', { name: /Unlock/u }).waitFor();
    assert.equal(await page.locator('.place').count(), 0);
  });
});

/** Beds of which something is outside of what shows: of their tile, or of the board's place on the display. */
function cutPlaces(): readonly string[] {
  const shown = document.querySelector('.content')?.getBoundingClientRect();
  return [...document.querySelectorAll('.place')].flatMap((place) => {
    const tile = place.getBoundingClientRect();
    const parts = [...place.querySelectorAll('h2, .place-alarm, dt, dd, .place-contact')];
    const cut = parts.filter((part) => part.getBoundingClientRect().bottom > tile.bottom);
    const wide = parts.filter((part) => part.matches('dd') && part.scrollWidth > part.clientWidth);
    const out = !shown || tile.bottom > shown.bottom + 1;
    return out || cut.length + wide.length > 0 ? [place.textContent ?? ''] : [];
  });
}

/** Surnames of everybody with a device. */
const namesOf = ({ folder }: PageWard): readonly string[] =>
  (JSON.parse(readFileSync(join(folder, 'keys', PATIENTS), 'utf8')) as { readonly name: string }[]).flatMap(
    ({ name }) => name.split(' ').slice(1),
  );
