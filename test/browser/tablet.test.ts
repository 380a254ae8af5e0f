import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { replaceLogKey } from './support/new-log-key.ts';
import { arrive, openDevice, pickValue, setUp, signSheet, signIn, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

describe('the tablet, from the first day to "Done"', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  it('sets a visitor up with two passkeys, signs them in, and approves the session', async () => {
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
    await visitor.page.getByText('Dr Ada Okafor').waitFor();
  });

  it('changes one setting of the pump: compared, signed, followed, and proven on the tablet itself', async () => {
    const { page, press } = visitor;
    const patient = ward.patientOf('pump-1');
    await openDevice(visitor, patient, /pump-1/u);
    await page.getByText('Matches wristband').waitFor();
    await page.getByText('Last change: No command has been taken yet.').waitFor();
    await press('Change settings');
    await press('Change Occlusion alarm limit');
    await press('325');
    await press('Take this value');
    await page.getByRole('heading', { name: /1 of \d+ settings change/u }).waitFor();
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await page.evaluate(recordWakeLock);
    const review = page.getByRole('button', { name: 'Review and sign 1 change' });
    assert.equal(await review.evaluate(focusAfterClick), 'Sign', 'the focus is there before the next key');
    await page.getByLabel('Year of birth of the patient').fill(String(patient.birthYear));
    await press('Sign with passkey');
    await page.getByText('The device now reads Occlusion alarm limit 325').waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Back to the device');
    await page.getByText('The log names this receipt, and a witness has seen it').waitFor();
    const row = await page.getByRole('row', { name: /^Occlusion alarm limit/u }).innerText();
    assert.match(
      row,
      /^Occlusion alarm limit\s+\d+\s*mmHg\s+325\s*mmHg\s+325\s*mmHg\s+As asked$/u,
      'before, asked, reads now',
    );
    await page.getByText('"Undo" opens the values before as a new command').waitFor();
    const held = await page.evaluate(() => Reflect.get(window, '__screen') as string[]);
    assert.deepEqual(
      held,
      ['on', 'off'],
      'the screen stays on while the command is on its way, and no longer',
    );
  });

  it('prints the result: patient, values and the word of the place, and nothing to press', async () => {
    const { page, press } = visitor;
    await page.evaluate(() => {
      window.print = () => (document.title += ' printed');
    });
    await press('Print report');
    assert.equal(await page.title(), 'Simulation · Countersign printed');
    await page.emulateMedia({ media: 'print' });
    const seen = await page.evaluate(() => document.body.innerText);
    assert.match(seen, /SIMULATION/u);
    assert.match(seen, new RegExp(ward.patientOf('pump-1').mrn, 'u'));
    assert.match(seen, /Occlusion alarm limit\s+\d+\s*mmHg\s+325/u);
    assert.match(seen, /Printed .* by Dr Ada Okafor/u);
    assert.doesNotMatch(seen, /Undo|Emergency|Lock/u);
    await page.emulateMedia({ media: 'screen' });
  });

  it('proves the entry in the history of the device by itself, and says when there is no proof to be had', async () => {
    const { page, press } = visitor;
    await press('Back to the device');
    await press('End session');
    await page.getByText('The report of the last change was printed or saved').waitFor();
    await page.getByRole('button', { name: 'Device', exact: true }).click();
    const last = page.locator('.last-change', { hasText: /^Last change: Occlusion alarm limit \d+ → 325 /u });
    await last.getByText(/asked by Dr Ada Okafor · one person/u).waitFor();
    await last.getByText('VERIFIED', { exact: true }).waitFor();
    await press('History');
    const entry = page
      .locator('.history .row', { hasText: /asked by Dr Ada Okafor · one person · receipt/u })
      .first();
    await entry
      .getByText(/^Occlusion alarm limit \d+ → 325 mm Hg$|^Occlusion alarm limit \d+ → 325 /u)
      .waitFor();
    await entry.getByText('VERIFIED', { exact: true }).waitFor();
    await entry.getByText('9 of 9 checks passed on this tablet').click();
    assert.equal(await entry.getByText('PASS', { exact: true }).count(), 9);
    const admitted = page.locator('.history .row', { hasText: 'This hospital took the device in' });
    await admitted.getByText('In the log, and witnesses have seen it').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.route('**/evidence', (route) => route.abort());
    await press('Read again');
    await entry.getByText('NOT CHECKED', { exact: true }).waitFor();
    assert.equal(await entry.getByText(/Occlusion/u).count(), 0, 'what is not proven is not told');
    await page.unroute('**/evidence');
    await entry.getByRole('button', { name: 'Check again' }).click();
    await entry.getByText('VERIFIED', { exact: true }).waitFor();
    visitor.screen.faults.errors.length = 0; // the answer that was kept from it
  });

  it('is worked with the keyboard alone: from the wristband to "Done", and each stage is announced', async () => {
    const { page, press } = visitor;
    await press('Patient');
    await press('Another patient');
    await page.getByRole('heading', { name: 'Find the patient' }).waitFor();
    const patient = ward.patientOf('pump-1');
    const { keyboard } = page;
    await page.evaluate(() => {
      const said: string[] = [];
      Reflect.set(window, '__said', said);
      new MutationObserver(() => {
        for (const one of document.querySelectorAll('[role=status], [role=alert], [aria-live]'))
          if (one.textContent && said.at(-1) !== one.textContent) said.push(one.textContent);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await tabTo(page, /^Wristband/u);
    await keyboard.type(patient.mrn);
    await keyboard.press('Enter');
    await page.getByRole('button', { name: /^Open / }).waitFor();
    await tabTo(page, /^Open /u);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Choose the device' }).waitFor();
    await tabTo(page, /^Choose pump-1/u);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor();
    await tabTo(page, /^Change settings/u);
    await keyboard.press('Enter');
    await tabTo(page, /^Change Alarm volume/u);
    await keyboard.press('Space');
    await tabTo(page, /^8/u);
    await keyboard.press('Enter');
    await tabTo(page, /^Take this value/u);
    await keyboard.press('Enter');
    await tabTo(page, /^Reason/u);
    await keyboard.type('Alarm');
    await tabTo(page, /^Review and sign 1 change/u);
    await keyboard.press('Enter');
    await tabTo(page, /^Year of birth/u);
    await keyboard.type(String(patient.birthYear));
    await page.getByText(/^Command words/u).waitFor();
    await tabTo(page, /^Sign with passkey/u);
    await page.locator('.sheet .primary:not([aria-disabled])').waitFor();
    await keyboard.press('Enter');
    await page.getByText('The device now reads Alarm volume 8').waitFor();
    const said = await page.evaluate(() => Reflect.get(window, '__said') as string[]);
    assert.ok(
      said.some((text) => /^(In the log|One-time grant|Sent to the device)/u.test(text)),
      said.join(' | '),
    );
    await page.waitForFunction(() => document.activeElement?.textContent === 'Back to the device');
  });

  it('says that the battery is low on the device’s own word, and signs when that caution is ticked', async () => {
    const { page, press } = visitor;
    await press('Back to the device');
    const low = page.getByRole('heading', {
      name: 'The battery of the device is low. Battery remaining: 12 %.',
    });
    await readUntil(visitor, 'battery-low', () => low.isVisible());
    await pickValue(visitor, 'Alarm volume', '6');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await saysStopped(page);
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
    await page.getByText('Tick the caution first.').waitFor();
    const sign = page.getByRole('button', { name: 'Sign with passkey' });
    assert.equal(await sign.getAttribute('aria-disabled'), 'true');
    await page.getByLabel(/The battery of the device is low/u).check();
    assert.deepEqual(await axeFindings(page), []);
    await sign.click();
    await page.getByText('The device now reads Alarm volume 6').waitFor();
    await press('Back to the device');
    await readUntil(visitor, 'battery-good', async () => !(await low.isVisible()));
  });

  /** Has something become of the pump's battery, and reads the pump again until the tablet says so. */
  const readUntil = async (
    { page, press }: Visitor,
    word: string,
    seen: () => Promise<boolean>,
  ): Promise<void> => {
    ward.running.tell('pump-1', word);
    for (let tried = 0; tried < 20; tried += 1) {
      await press('Read again');
      await page.getByRole('heading', { name: 'Quick look' }).waitFor();
      if (await seen()) return;
      await page.waitForTimeout(500);
    }
    assert.fail(`the tablet never showed ${word}`);
  };

  it('says of a value outside the hospital’s range that two people sign, though the pump asks for one, and waits for the second', async () => {
    const { page, press } = visitor;
    await press('Change settings');
    await page.getByText('50 to 250, in steps of 25 µL · this hospital 75 to 150').waitFor();
    await press('Change Air-in-line alarm limit');
    await page.getByText('This hospital’s range: 75 to 150 µL.').waitFor();
    await page.getByRole('button', { name: /^175\s*outside$/u }).click();
    await page
      .getByText('Outside this hospital’s range (75 to 150 µL): a second clinician signs too.')
      .waitFor();
    await press('Take this value');
    await page.getByText('Outside the range').waitFor();
    await page.getByText('A value lies outside this hospital’s range: that alone asks for two.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await page.getByText('For a high risk, say why in words.').waitFor();
    await page.getByLabel('In words').fill('Foam in the line, agreed at the bedside');
    await signSheet(visitor, ward.patientOf('pump-1').birthYear);
    await page.getByText('Waiting for the second clinician').waitFor();
    await press('Stop before the device commits');
    await page.getByRole('heading', { name: 'Not done' }).waitFor();
    await press('Back to the device');
  });

  it('goes on while the key of the log is replaced: what newer anchors admit, an open page takes for proven', async () => {
    const { page, press } = visitor;
    await replaceLogKey(ward);
    await pickValue(visitor, 'Alarm volume', '5');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await signSheet(visitor, ward.patientOf('pump-1').birthYear);
    await page.getByText('The device now reads Alarm volume 5').waitFor();
    await page.getByText('The log names this receipt, and a witness has seen it').waitFor();
    await press('Back to the device');
    await press('History');
    const entry = page.locator('.history .row', { hasText: /Alarm volume \d+ → 5/u });
    await entry.getByText('VERIFIED', { exact: true }).waitFor();
  });
});

/** C8: while the gateway says that its evidence is not in order, nothing can be signed; and again when it is. */
async function saysStopped(page: Page): Promise<void> {
  const readyz = /\/readyz$/u;
  const headers = { 'access-control-allow-origin': '*' };
  await page.route(readyz, (route) => route.fulfill({ status: 503, headers, json: { ready: false } }));
  const stopped = page.getByText(/^The gateway takes no commands now/u);
  await stopped.waitFor({ timeout: 20_000 });
  const sign = page.getByRole('button', { name: 'Review and sign 1 change' });
  assert.equal(await sign.getAttribute('aria-disabled'), 'true');
  await page.unroute(readyz);
  await stopped.waitFor({ state: 'detached', timeout: 20_000 });
}

/** Writes down when the page keeps the screen on (Screen Wake Lock), and when it lets go. */
function recordWakeLock(): void {
  const said: string[] = [];
  Reflect.set(window, '__screen', said);
  navigator.wakeLock.request = () => {
    said.push('on');
    const held = { release: () => Promise.resolve(void said.push('off')) };
    return Promise.resolve(held as unknown as WakeLockSentinel);
  };
}

/** Presses a button, and tells what has the focus as soon as the page has drawn what follows: no frame later. */
async function focusAfterClick(button: HTMLElement | SVGElement): Promise<string | null | undefined> {
  button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve));
  return document.activeElement?.textContent;
}

/** More than any screen has. */
const STOPS = 90;

/** Goes on with Tab until the focus stands on what is called so, and is seen there; nothing under a bar or a sheet has it. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const at = (): Promise<{ name: string; seen: boolean }> =>
    page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return { name: '', seen: true };
      const { x, y, width, height } = one.getBoundingClientRect();
      const top = document.elementFromPoint(x + width / 2, y + Math.min(height / 2, 20));
      const label = 'labels' in one ? (one as HTMLInputElement).labels?.[0]?.textContent : undefined;
      const seen = top !== null && (one.contains(top) || top.contains(one));
      return { name: label ?? one.getAttribute('aria-label') ?? one.textContent ?? '', seen };
    });
  const passed: string[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    const here = await at();
    if (name.test(here.name.trim())) {
      assert.ok(here.seen, `${here.name} has the focus and is not seen`);
      return;
    }
    passed.push(here.name.slice(0, 30));
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never came to ${String(name)}: ${passed.join(', ')}`);
}
