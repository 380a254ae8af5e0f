import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import {
  haveMeasured,
  HEART_RATE,
  openLive,
  pidOf,
  play,
  SPO2,
  staleWithin,
  tileOf,
} from './support/live.ts';
import { missedTargets } from './support/targets.ts';
import { arrive, openPatient, setUp, signIn, signSheet, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

/** Nothing may look live after this long. */
const STALE_MS = 2_000;
const RESPIRATION = 151_562;

describe('live values on the tablet', function () {
  this.timeout(90_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard(undefined, 1);
    browser = await startBrowser();
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
    await openLive(visitor, ward, 'monitor-1');
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  const live = (page: Page) => page.locator(tileOf(HEART_RATE, 'live')).waitFor();
  const heartRate = (page: Page) => page.locator(`${tileOf(HEART_RATE)} .vital-value`).innerText();

  it('shows traces, and each value with unit, limits, source and age', async () => {
    const { page } = visitor;
    const tile = await page.locator(tileOf(HEART_RATE)).innerText();
    assert.match(
      tile,
      /Heart rate · per minute\s+\d+\s+limits 45 to 150 · SIMULATED\s+\d s old · monitor-1/u,
    );
    assert.match(await page.locator('.live-right').innerText(), /NIBP · mmHg\s+\d+\/\d+/u);
    await page.getByText('ECG II: live').waitFor({ state: 'attached' });
    const words = (name: string): string =>
      `${name}: live, rate \\d+ per minute, \\d s old, Source: monitor-1, SIMULATED`;
    assert.match(
      await page.locator('figcaption').innerText(),
      new RegExp(['ECG II', 'Pleth', 'Respiration'].map(words).join('\\s+'), 'u'),
    );
    assert.match(await page.locator('.contacts').innerText(), /monitor-1: last contact \d s ago/u);
    assert.ok(await drawn(page), 'something is drawn');
    assert.match(await page.locator('.alarms').innerText(), /No active alarms/u);
    assert.deepEqual(await axeFindings(page), []);
  });

  it('freezes ten seconds, and goes on behind', async () => {
    const { page, press } = visitor;
    await press('Freeze 10 s strip');
    await page.getByText(/^FROZEN \d\d:\d\d:\d\d$/u).waitFor();
    assert.equal(await page.locator(tileOf(HEART_RATE, 'live')).count(), 1);
    await press('Back to live traces');
    assert.equal(await page.getByText(/^FROZEN/u).count(), 0);
  });

  it('shows trends of an hour to a week, each with its sentence, while the values stay live', async () => {
    const { page, press } = visitor;
    haveMeasured(ward, 'monitor-1', HEART_RATE, 8 * 60);
    await press('Trends');
    const heart = page.locator(`.trend[data-code="${HEART_RATE}"]`);
    await heart.getByText(/\d+ to \d+, mean \d+; newest minute \d+ at \d\d:\d\d\./u).waitFor();
    await heart.locator('canvas').waitFor();
    await page.locator(tileOf(HEART_RATE, 'live')).waitFor();
    await press('7 days');
    await heart.locator('canvas').waitFor();
    assert.equal(await page.getByRole('button', { name: '7 days' }).getAttribute('aria-pressed'), 'true');
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(await missedTargets(page), []);
    await press('Back to live traces');
    await page.locator('.panel-waves').waitFor();
  });

  describe('N3: is stale within two seconds', () => {
    beforeEach(() => live(visitor.page));

    it('when the stream is lost', async () => {
      const { page } = visitor;
      process.kill(pidOf(ward, 'gateway'), 'SIGSTOP');
      try {
        await staleWithin(page, tileOf(HEART_RATE), STALE_MS);
        assert.equal(await heartRate(page), '– –');
        await page
          .getByText(/No alarm data for .* Look at the patient and the devices at the bed/u)
          .waitFor();
      } finally {
        process.kill(pidOf(ward, 'gateway'), 'SIGCONT');
      }
    });

    it('when the device falls silent', async () => {
      const { page } = visitor;
      process.kill(pidOf(ward, 'monitors'), 'SIGSTOP');
      try {
        await staleWithin(page, tileOf(HEART_RATE), STALE_MS);
        assert.match(await page.locator(tileOf(HEART_RATE)).innerText(), /NO DATA \d s[^]*Last \d+ at/u);
        await page
          .getByText(/No data from this device|No alarm data from monitor-1/u)
          .first()
          .waitFor();
      } finally {
        process.kill(pidOf(ward, 'monitors'), 'SIGCONT');
      }
    });

    it('when the link of the device is cut, though the gateway goes on', async () => {
      const { page } = visitor;
      await play(ward, 'monitor-1', 'link-loss');
      await staleWithin(page, tileOf(HEART_RATE), STALE_MS);
      await page.locator('.alarm', { hasText: '!! No data from this device' }).waitFor({ timeout: 15_000 });
      await play(ward, 'monitor-1', 'recover');
      await live(page);
    });

    it('when the processor has time for a sixth of it', async () => {
      const { page } = visitor;
      const session = await page.context().newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: 6 });
      process.kill(pidOf(ward, 'monitors'), 'SIGSTOP');
      try {
        await staleWithin(page, tileOf(HEART_RATE), STALE_MS);
        assert.equal(await heartRate(page), '– –');
      } finally {
        process.kill(pidOf(ward, 'monitors'), 'SIGCONT');
        await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
      }
    });

    for (const event of ['freeze', 'resume', 'visibilitychange'])
      it(`at once on ${event}, until something new comes`, async () => {
        const shown = await visitor.page.evaluate(async (name) => {
          document.dispatchEvent(new Event(name));
          await Promise.resolve().then(() => undefined);
          return document.querySelector('.live-right .vital-value')?.textContent;
        }, event);
        assert.equal(shown, '– –');
        await live(visitor.page);
      });

    it('when the browser itself freezes the page, and the device falls silent meanwhile', async () => {
      const { page } = visitor;
      const session = await page.context().newCDPSession(page);
      process.kill(pidOf(ward, 'monitors'), 'SIGSTOP');
      try {
        await session.send('Page.setWebLifecycleState', { state: 'frozen' });
        await new Promise((resolve) => setTimeout(resolve, STALE_MS));
        await session.send('Page.setWebLifecycleState', { state: 'active' });
        assert.equal(await page.locator(tileOf(HEART_RATE)).getAttribute('data-state'), 'no-data');
      } finally {
        process.kill(pidOf(ward, 'monitors'), 'SIGCONT');
      }
    });

    it('when the page was kept for "back"', async () => {
      const shown = await visitor.page.evaluate(async () => {
        dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        await Promise.resolve().then(() => undefined);
        return document.querySelector('.live-right .vital-value')?.textContent;
      });
      assert.equal(shown, '– –');
      await live(visitor.page);
    });

    it('after the page stood still: what waited for it meanwhile is as old as it waited', async () => {
      const { page } = visitor;
      const shown = page.evaluate(async () => {
        const until = performance.now() + 4_000;
        while (performance.now() < until); // a machine that is busy with something else
        // The first chance to draw after it: the frames that waited have been taken.
        await new Promise((resolve) => setTimeout(resolve, 250));
        return document.querySelector('.live-right .vital')?.getAttribute('data-state');
      });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      process.kill(pidOf(ward, 'monitors'), 'SIGSTOP');
      try {
        assert.equal(await shown, 'no-data');
      } finally {
        process.kill(pidOf(ward, 'monitors'), 'SIGCONT');
      }
    });
  });

  it('N14: says that the sound is at the monitor, and raises a message when nothing comes any more', async () => {
    const { page } = visitor;
    const strip = page.locator('.alarms');
    await strip.getByText('No active alarms. Audio is at the monitor, not on this tablet.').waitFor();
    process.kill(pidOf(ward, 'gateway'), 'SIGSTOP');
    try {
      await strip
        .getByRole('alert')
        .getByText(/No alarm data for .* Look at the patient and the devices at the bed/u)
        .waitFor();
      assert.equal(await page.getByText('No active alarms').count(), 0);
    } finally {
      process.kill(pidOf(ward, 'gateway'), 'SIGCONT');
    }
    await live(page);
  });

  describe('C5: each signal says for itself how it stands', () => {
    it('ARTEFACT for who shivers: the number stays, beside the word, and the trace says so too', async () => {
      const { page } = visitor;
      await play(ward, 'monitor-1', 'motion');
      const tile = page.locator(tileOf(HEART_RATE, 'artefact'));
      await tile.waitFor({ timeout: 20_000 });
      assert.match(
        await tile.innerText(),
        /Heart rate · per minute\s+\d+\s.*SIMULATED\s+ARTEFACT · monitor-1/su,
      );
      await page.getByText(/^ECG II: ARTEFACT, rate \d+ per minute/u).waitFor({ state: 'attached' });
      await page.locator('.alarm').filter({ hasText: '! ECG noisy' }).waitFor({ timeout: 20_000 });
      assert.deepEqual(await axeFindings(page), []);
    });

    it('OUT OF RANGE for a sensor that light falls on: no number, and the other signals go on', async () => {
      const { page } = visitor;
      await play(ward, 'monitor-1', 'over-range');
      const tile = page.locator(tileOf(SPO2, 'out-of-range'));
      await tile.waitFor({ timeout: 20_000 });
      assert.equal(await tile.locator('.vital-value').innerText(), '– –');
      assert.match(await tile.innerText(), /OUT OF RANGE/u);
      await page.locator(tileOf(HEART_RATE, 'live')).waitFor({ timeout: 20_000 });
      await page.getByText(/^Pleth: OUT OF RANGE/u).waitFor({ state: 'attached' });
      await play(ward, 'monitor-1', 'recover');
      await page.locator(tileOf(SPO2, 'live')).waitFor({ timeout: 20_000 });
    });
  });

  describe('alarms', () => {
    it('of high priority: red, three marks, two flashes a second, and the words about the sound', async () => {
      await play(ward, 'monitor-1', 'arrhythmia');
      const strip = visitor.page.locator('.alarm');
      await strip.filter({ hasText: '!!! Ventricular tachycardia' }).waitFor();
      assert.match(
        await strip.innerText(),
        /Source: monitor-1\. Audio is at the monitor, not on this tablet\./u,
      );
      assert.deepEqual(await lookOf(visitor.page), {
        name: 'alarm-flash',
        seconds: 0.5,
        fill: 'rgb(208, 2, 27)',
        ink: 'rgb(255, 255, 255)',
      });
      assert.equal(
        await visitor.page.locator('.alarms [role=alert]').innerText(),
        'High priority: Ventricular tachycardia',
      );
      await strip.click();
      const list = visitor.page.getByRole('region', { name: 'All alarms, the worst first' });
      const first = list.getByRole('listitem').first();
      await first.getByText(/^!!! Ventricular tachycardia/u).waitFor();
      await first.getByText('Source: monitor-1').waitFor();
      assert.deepEqual(await axeFindings(visitor.page), []);
      await list.getByRole('button', { name: 'Close the list' }).click();
      await list.waitFor({ state: 'detached' });
    });

    it('of low priority: cyan, one mark, steady; and the signal says why there is no number', async () => {
      await play(ward, 'monitor-1', 'acknowledge');
      await play(ward, 'monitor-1', 'lead-off');
      await visitor.page.locator(tileOf(HEART_RATE, 'lead-off')).waitFor();
      const strip = visitor.page.locator('.alarm');
      await strip.filter({ hasText: '! ECG leads off' }).waitFor({ timeout: 15_000 });
      assert.deepEqual(await lookOf(visitor.page), {
        name: 'none',
        seconds: 0,
        fill: 'rgb(0, 181, 216)',
        ink: 'rgb(20, 32, 43)',
      });
      assert.match(await visitor.page.locator('figcaption').innerText(), /ECG II: LEAD OFF/u);
      await play(ward, 'monitor-1', 'recover');
    });

    it('of medium priority: yellow, two marks, one flash in two seconds; still when motion is not wanted', async () => {
      const { page } = visitor;
      process.kill(pidOf(ward, 'monitors'), 'SIGSTOP');
      try {
        await page.locator('.alarm', { hasText: '!! No data from this device' }).waitFor({ timeout: 15_000 });
        assert.match(await page.locator('.alarm').innerText(), /Source: gateway/u);
        const look = { fill: 'rgb(255, 214, 10)', ink: 'rgb(20, 32, 43)' };
        assert.deepEqual(await lookOf(page), { name: 'alarm-flash', seconds: 2, ...look });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        assert.deepEqual(await lookOf(page), { name: 'none', seconds: 0, ...look });
      } finally {
        await page.emulateMedia({ reducedMotion: 'no-preference' });
        process.kill(pidOf(ward, 'monitors'), 'SIGCONT');
      }
      await page.locator(tileOf(SPO2, 'live')).waitFor();
    });

    it('by a limit for this patient that one clinician signed, which its device alarms by from then on', async () => {
      const { page, press } = visitor;
      const { birthYear } = ward.patientOf('monitor-1');
      await press(/^Device$/u);
      await press('Change settings');
      await press('Change Respiration rate high limit');
      const keys = page.locator('.value-keys').getByRole('button', { name: '16', exact: true });
      if ((await keys.count()) > 0) await keys.click();
      else await page.keyboard.type('16', { delay: 200 });
      await press('Take this value');
      await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
      await signSheet(visitor, birthYear);
      await page.getByText('The device now reads Respiration rate high limit 16').waitFor();
      await page.getByRole('navigation').getByRole('button', { name: 'Live' }).click();
      const strip = page.locator('.alarm', { hasText: '!! Respiration rate high' });
      await strip.waitFor({ timeout: 15_000 });
      const tile = page.locator(tileOf(RESPIRATION));
      assert.match(await tile.innerText(), /limits 8 to 16/u);
      assert.match(String(await tile.getAttribute('class')), /alarm-tile medium/u);
    });

    it('has nothing to mend in the dark either', async () => {
      await visitor.page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
      assert.deepEqual(await axeFindings(visitor.page), []);
    });

    it('says that nothing is monitored where nothing is, and never that there is no alarm', async function () {
      if (ward.withoutNfc !== undefined) this.skip();
      const { page, press } = visitor;
      ward.running.tell('pacemaker-1', 'remove');
      await press('Patient');
      await press('Another patient');
      await openPatient(visitor, ward.patientOf('pacemaker-1').mrn);
      await page
        .locator('.alarms')
        .getByText('Nothing is monitored here. Look at the patient.', { exact: true })
        .waitFor();
      assert.equal(await page.getByText('No active alarms').count(), 0);
    });
  });
});

/** Is anything but the panel on the canvas? */
const drawn = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas?.getContext('2d')?.getImageData(100, 30, 600, 80) ?? { data: [] };
    return data.some((value, i) => i % 4 === 1 && value > 200);
  });

/** How the alarm looks while it is filled. */
const lookOf = (page: Page) =>
  page.evaluate(() => {
    const strip = document.querySelector('.alarm');
    if (!strip) return undefined;
    const style = getComputedStyle(strip);
    const { animationName: name } = style;
    const animations = strip.getAnimations();
    for (const one of animations) {
      one.pause();
      one.currentTime = 0;
    }
    const look = {
      name,
      seconds: name === 'none' ? 0 : Number.parseFloat(style.animationDuration),
      fill: style.backgroundColor,
      ink: style.color,
    };
    for (const one of animations) one.play();
    return look;
  });
