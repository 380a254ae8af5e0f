import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { openZip } from '../../clients/common/evidence/unzip.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { FILE } from '../../server/protocol/verify/bundle-files.ts';
import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { nodeCrypto } from '../support/keys.ts';
import { DESK, makeHistory, press, setUpAuditor, signInAuditor } from './support/auditor.ts';
import {
  axeFindings,
  noBrowser,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';
import { fillIndex } from './support/long-log.ts';
import { securityKey } from './support/security-key.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const PATIENCE = { timeout: 30_000 };

describe('the auditors’ console, on a log of real ceremonies', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let tablet: TestTablet;
  let screen: Screen;
  let page: Page;
  const key = securityKey();
  const folder = mkdtempSync(join(tmpdir(), 'cs-audit-'));

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    const shows = '"primedChecks": ["program"], "highestTier": 2';
    ward = await openPageWard((quick) => quick.replace('"highestTier": 2', shows));
    await makeHistory(ward, true);
    browser = await startBrowser();
    tablet = await browser.tablet({ size: DESK });
    screen = await tablet.open(ward.page('Audit console'));
    ({ page } = screen);
    await key.plugInto(page);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => screen?.expectNoFaults());

  const rows = () => page.locator('.story');
  const clean = async (): Promise<void> => {
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme);
      assert.deepEqual(await axeFindings(page), [], theme);
    }
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
  };

  it('sets an auditor up, and lets them in with a purpose alone', async () => {
    await setUpAuditor(page, tablet, key);
    await clean();
    await signInAuditor(page, tablet, key);
    assert.match(await page.title(), /^Simulation · /u);
  });

  it('counts, and every number leads to its list', async () => {
    await page.getByRole('button', { name: 'Applied: 2' }).click(PATIENCE);
    await page.getByText('1–2 of 2').waitFor(PATIENCE);
    assert.match(page.url(), /#commands\?outcome=applied$/u);
    await press(page, 'Overview');
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor(PATIENCE);
    await clean();
    await page.getByRole('button', { name: 'Second checks by review only (primed): 1' }).click(PATIENCE);
    await page.getByText('1–1 of 1').waitFor(PATIENCE);
    assert.match(page.url(), /#commands\?second=primed$/u);
    assert.equal(await page.getByLabel('Second check').inputValue(), 'primed');
    await press(page, 'Overview');
    await page.getByRole('button', { name: 'Commands: 3' }).click(PATIENCE);
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
    await page.getByText('End of log').waitFor(PATIENCE);
  });

  it('tells a story with both lanes, and makes nine checks itself', async () => {
    await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
    const story = page.locator('.detail');
    assert.equal(await story.locator('.checks li').count(), 9);
    assert.equal(await story.getByText('PASS', { exact: true }).count(), 9);
    const text = await story.innerText();
    assert.match(text, /Infusion rate\s+\S+ mL\/h\s+60\.5 mL\/h\s+60\.5 mL\/h/u);
    assert.match(text, /Receipt \d+: applied, counter \d+/u);
    assert.match(text, /Patient [0-9a-f]{8} \(masked\)/u);
    assert.match(text, /Second person\s+Person \S+ · Review only \(primed\)/u);
    assert.match(text, /the second was shown the values of the first \(review only, primed\)/u);
    assert.doesNotMatch(text, /Independent entry|independent entry/u);
    assert.match(text, /device key [0-9a-f]+, which the authority lists as that of pump-1 \(list \d+\)/u);
    await press(page, 'Show exact bytes');
    await story.getByText('The signed command (CBOR)').waitFor();
    await clean();
  });

  it('adds a note that the auditor’s passkey has signed', async () => {
    await page.getByLabel('Kind').selectOption('sign-off');
    await page.getByLabel('Text', { exact: true }).fill('Read, and in order.');
    await press(page, 'Sign and add');
    await page.locator('.notes li').getByText('Read, and in order.').waitFor(PATIENCE);
    await clean();
  });

  it('hands out a bundle that verifies by itself, page and all, without a network', async () => {
    await page.keyboard.press('e');
    const downloading = page.waitForEvent('download');
    await press(page, 'Make the bundle');
    const zip = join(folder, 'bundle.zip');
    await (await downloading).saveAs(zip);
    const bytes = new Uint8Array(readFileSync(zip));
    const verifier = (await openZip(bytes)).get(FILE.page);
    assert.ok(verifier, 'the page is in it');
    writeFileSync(join(folder, 'verifier.html'), verifier);
    const away = await browser.tablet({ size: DESK });
    await away.context.setOffline(true);
    const other = await away.open(pathToFileURL(join(folder, 'verifier.html')).href);
    const anchors = readAnchors(nodeCrypto, ward.anchors);
    await other.page
      .getByLabel('Fingerprint of the hospital')
      .fill(rootsFingerprint(nodeCrypto.sha256, anchors));
    await other.page.getByLabel(/^Evidence bundle/u).setInputFiles(zip);
    await other.page.getByRole('heading', { name: 'Verified', exact: true }).waitFor(PATIENCE);
    other.expectNoFaults();
    await away.close();
  });

  it('exports the list as rows that are all there', async () => {
    await press(page, 'Export list');
    const downloading = page.waitForEvent('download');
    await press(page, 'Start the export');
    const csv = join(folder, 'rows.csv');
    await (await downloading).saveAs(csv);
    await page.getByText('Complete: 3 rows').waitFor(PATIENCE);
    assert.equal(readFileSync(csv, 'utf8').trimEnd().split('\r\n').length, 4);
    await clean();
    await page.keyboard.press('Escape');
  });

  it('goes by keys: down, up, search, help', async () => {
    await page.keyboard.press('j');
    await page.locator('.story[aria-rowindex="2"][aria-current]').waitFor(PATIENCE);
    await page.keyboard.press('k');
    await page.locator('.story[aria-rowindex="1"][aria-current]').waitFor(PATIENCE);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('no such thing');
    await page.keyboard.press('Enter');
    await page.getByText(/^No command fits\./u).waitFor(PATIENCE);
    await page.getByText('Choose a row to read its story.').waitFor(PATIENCE);
    assert.doesNotMatch(page.url(), /such/u, 'what was typed stays out of the address');
    await press(page, 'Clear filters');
    await page.getByText('1–3 of 3').waitFor(PATIENCE);
  });

  it('finds what was refused, with its code, at the gateway', async () => {
    await page.getByLabel('Outcome').selectOption('refused');
    await page.getByText('1–1 of 1').waitFor(PATIENCE);
    assert.match(await rows().innerText(), /Refused: E_/u);
    await press(page, 'Clear filters');
  });

  it('shows gaps and who signed with whom', async () => {
    await press(page, 'Gaps');
    await page.getByText('No gaps').waitFor(PATIENCE);
    await press(page, 'Access review');
    await page.getByRole('heading', { name: 'Who approved whom' }).waitFor(PATIENCE);
    await clean();
  });

  it('tells every time in one zone, and says which', async () => {
    await press(page, 'Commands');
    await page.getByLabel('Times').selectOption('utc');
    await page.getByRole('columnheader', { name: 'Time UTC' }).waitFor(PATIENCE);
  });

  it('scrolls over a hundred thousand commands with a handful of rows in the page', async () => {
    fillIndex(ward.folder, 100_000);
    await press(page, 'Commands');
    await page.getByText(/^1–\d+ of 100\D003$/u).waitFor(PATIENCE);
    const list = page.getByRole('grid', { name: 'Commands' });
    const told = (place: number) => page.locator(`.story[aria-rowindex="${place}"] .chip`);
    await list.evaluate((box) => (box.scrollTop = (box.scrollHeight - box.clientHeight) / 2));
    await told(50_002).waitFor(PATIENCE);
    assert.ok((await rows().count()) < 60, 'what is in view and a margin');
    assert.equal(await list.getAttribute('aria-rowcount'), '100003');
    await list.focus();
    await page.keyboard.press('End');
    await told(100_003).waitFor(PATIENCE);
    await page.getByText('End of log').waitFor(PATIENCE);
    assert.equal(await list.getAttribute('aria-activedescendant'), 'row-100002');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowUp');
    assert.notEqual(await list.getAttribute('aria-activedescendant'), 'row-100002');
    assert.ok((await rows().count()) < 60, 'here too');
    await clean();
    // Back from elsewhere: the list stands where it was.
    await press(page, 'Overview');
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor(PATIENCE);
    await press(page, 'Commands');
    await page.getByText('End of log').waitFor(PATIENCE);
    await told(100_003).waitFor(PATIENCE);
    await list.focus();
    await page.keyboard.press('Home');
    await told(1).waitFor(PATIENCE);
    await page.getByLabel('Outcome').selectOption('refused');
    await page.getByText(/^1–\d+ of 10\D001$/u).waitFor(PATIENCE);
  });

  it('prints the list, and says how much of it', async () => {
    await page.evaluate(() => (globalThis.print = () => undefined));
    await press(page, 'Print list');
    await page.locator('.paper').waitFor({ ...PATIENCE, state: 'attached' });
    await page.emulateMedia({ media: 'print' });
    await page.getByText(/The newest 1\D000 of 10\D001 rows are printed/u).waitFor(PATIENCE);
    await page.getByText('Filters: outcome: refused').waitFor(PATIENCE);
    assert.equal(await page.locator('.paper tbody tr:visible').count(), 1_000);
    assert.equal(await page.locator('.detail:visible, .list:visible').count(), 0);
    await page.getByText('Simulation', { exact: true }).waitFor(PATIENCE);
    assert.match(await page.title(), /^Simulation · /u, 'N11: on paper too, and in the name of its file');
    await page.emulateMedia({ media: 'screen' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await page.locator('.paper').waitFor({ ...PATIENCE, state: 'detached' });
    await press(page, 'Clear filters');
    await page.getByText(/^1–\d+ of 100\D003$/u).waitFor(PATIENCE);
  });
});
