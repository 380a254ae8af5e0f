import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Clinician } from '../../clients/ward/clinician.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { commandWords } from '../../server/protocol/words.ts';
import { nodeCrypto } from '../support/keys.ts';
import {
  axeFindings,
  noBrowser,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';
import { securityKey } from './support/security-key.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const PATIENCE = { timeout: 30_000 };

describe('the second clinician’s page, in a real browser', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let tablet: TestTablet;
  let screen: Screen;
  const key = securityKey();

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    tablet = await browser.tablet();
    screen = await tablet.open(ward.page('Second signature'));
    await key.plugInto(screen.page);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();
  const window = async (open: () => Promise<void>): Promise<Page> => {
    const [opened] = await Promise.all([tablet.context.waitForEvent('page'), open()]);
    await key.plugInto(opened);
    return opened;
  };

  it('sets a visitor up: a key for signing here, another one for signing in there', async () => {
    const { page } = screen;
    await press(page, 'Set me up');
    await press(page, 'Make my signing key');
    const link = page.getByRole('link', { name: 'Make the key for signing in' });
    await link.waitFor(PATIENCE);
    const register = await window(() => link.click());
    await press(register, 'Make a passkey');
    await register.getByText('Your passkey is ready').waitFor(PATIENCE);
    await register.close();
    await press(page, 'Back');
  });

  it('signs in by the issuer’s own page, and shows what waits', async () => {
    const { page } = screen;
    const login = await window(() => press(page, 'Sign in'));
    await press(login, 'Sign in with a passkey');
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor(PATIENCE);
    screen.expectNoFaults();
    assert.deepEqual(await axeFindings(page), []);
  });

  it('enters a change of high risk again, blind, and shows what the device confirmed', async () => {
    const { page } = screen;
    const [first, asked] = await ask(ward, 60.5);
    await page.getByRole('button', { name: /Change settings \(1\) on/u }).click(PATIENCE);
    const pump = ward.patientOf('pump-1');
    await page.getByLabel('Record number').fill(pump.mrn);
    await page.getByLabel('Year of birth').fill(String(pump.birthYear + 1));
    await press(page, 'Check the person');
    await page.getByText('This device belongs to somebody else').waitFor(PATIENCE);
    await page.getByLabel('Year of birth').fill(String(pump.birthYear));
    await press(page, 'Check the person');
    const value = page.getByLabel(/^New value/u);
    await value.waitFor(PATIENCE);
    assert.doesNotMatch(await page.locator('main').innerText(), /60\.5/u, 'the first value is nowhere');
    await value.fill('700');
    await press(page, 'Compare');
    await page.getByText('outside the device’s limits').waitFor(PATIENCE);
    await value.fill('61.5');
    await press(page, 'Compare');
    await page.getByText('differ in: Infusion rate').waitFor(PATIENCE);
    await page.getByLabel(/^New value/u).fill('60,5');
    await press(page, 'Compare');
    await page.getByRole('heading', { name: 'Both of you entered the same' }).waitFor(PATIENCE);
    assert.match(await page.locator('.words').innerText(), new RegExp(`^${asked.words}$`, 'u'));
    await press(page, 'Sign 1 change with key');
    await page.getByRole('heading', { name: 'Done', exact: true }).waitFor(PATIENCE);
    assert.match(await page.locator('main').innerText(), /60\.5 mL\/h\s+60\.5 mL\/h\s+✓ same/u);
    assert.deepEqual(await axeFindings(page), []);
    screen.expectNoFaults();
    first.close();
  });
});

/** A first clinician asks for another infusion rate, and signs it at the other page. */
async function ask(ward: PageWard, rate: number): Promise<[Clinician, { readonly words: string }]> {
  const first = await ward.signIn('dr-a');
  const pump = await first.open(ward.idOf('pump-1'));
  const setting = pump.profile.parameters.find(({ name }) => name === 'Infusion rate');
  assert.ok(setting);
  const changes = new Map([[setting.code, rate * 10]]);
  const bytes = first.prepare(pump, ward.patientOf('pump-1'), { operation: OPERATION.program, changes });
  const asked = await first.sign(pump, bytes, {
    reason: 'titration',
    note: 'agreed at the bedside',
    order: 'ORD-7',
  });
  assert.equal(asked.kind, 'awaiting-second');
  return [first, { words: commandWords(nodeCrypto.sha256(bytes)) }];
}
