import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { mayBeBoth } from './support/both-roles.ts';
import { type Between, standBetween } from './support/between.ts';
import { addressesOf, leftBy } from './support/traces.ts';
import { pidOf } from './support/live.ts';
import {
  answerWith,
  arrive,
  askUntil,
  openDevice,
  openPatient,
  setUp,
  signIn,
  type Visitor,
} from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const SOON = { timeout: 20_000 };

describe('what must never happen on the tablet', function () {
  this.timeout(180_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  let between: Between;
  let addresses: string[];

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard(undefined, 1);
    browser = await startBrowser();
    visitor = await arrive(ward, browser, undefined, async ({ context }) => {
      await mayBeBoth(context, ward);
      between = await standBetween(context);
    });
    addresses = addressesOf(visitor.page);
    await setUp(visitor);
    await signIn(visitor);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  const leave = async (): Promise<void> => {
    await visitor.press('Patient');
    await visitor.press('Another patient');
  };
  const pump = (): Promise<void> => openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
  const choose = async (name: string, value: string): Promise<void> => {
    await visitor.press(`Change ${name}`);
    await visitor.press(value);
    await visitor.press('Take this value');
  };
  const sign = async (count: string): Promise<void> => {
    const { page, press } = visitor;
    await press(`Review and sign ${count}`);
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
    await press('Sign with passkey');
  };

  it('N4: takes no profile in which somebody changed a unit, and shows no value by it', async () => {
    const { page } = visitor;
    const signed = readFileSync(join(ward.folder, 'keys/public/profiles/pump.bin'));
    for (const [unit, other] of [
      ['mL/h', 'uL/h'],
      ['mm[Hg]', '      '],
    ] as const) {
      const changed = Buffer.from(signed.toString('latin1').replaceAll(unit, other), 'latin1');
      assert.notDeepEqual(changed, signed);
      await answerWith(page, '/v1/devices/[0-9a-f]+$', { profile: base64url(changed) });
      await page.getByLabel('Wristband').fill(ward.patientOf('pump-1').mrn);
      await visitor.press('Find by wristband');
      await visitor.press(/^Open /u);
      await visitor.press(/^Choose pump-1/u);
      await page.getByRole('heading', { name: 'The device could not be read' }).waitFor();
      assert.match(await page.locator('main').innerText(), /E_PROFILE/u);
      assert.equal(await page.locator('.value').count(), 0);
      await answerWith(page);
      await leave();
    }
  });

  it('N4: shows no measured value whose unit is none that its name has', async () => {
    const { page, press } = visitor;
    await openDevice(visitor, ward.patientOf('monitor-1'), /monitor-1/u);
    const live = page.locator('.vital[data-state="live"]').first();
    await press('Live');
    await live.waitFor(SOON);
    // Not before: who lies about one value loses the whole stream, and with it what was read of the device.
    between.change = (bytes, { kind }) =>
      kind === 'live'
        ? Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('/min', '/sec'), 'latin1')
        : bytes;
    const wishes = (): number => between.calls.filter(({ kind }) => kind === 'monitor').length;
    const before = wishes();
    await between.cut(); // units are told once in a stream
    await page.getByText(/No alarm data|Waiting for alarm data/u).waitFor(SOON);
    while (wishes() < before + 3) await page.waitForTimeout(50); // each answer was a lie, and ended its stream
    await live.waitFor({ ...SOON, state: 'hidden' });
    between.change = (bytes) => bytes;
    await live.waitFor(SOON);
    await leave();
  });

  it('N7: shows one outcome when the device fails at the second of two changes: neither is there', async () => {
    const { page, press } = visitor;
    await pump();
    await press('Change settings');
    await choose('Occlusion alarm limit', '325');
    await press('Edit');
    await choose('Alarm volume', '8');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    ward.running.tell('pump-1', 'fail-on-second');
    await sign('2 changes');
    await page.getByRole('heading', { name: 'Not done' }).waitFor(SOON);
    const said = await page.locator('main').innerText();
    assert.match(said, /The device is unchanged\. The device itself refused it\./u);
    assert.match(said, /E_STORAGE/u);
    assert.equal(await page.getByText(/^Done$/u).count(), 0);
    await press('Back to the device');
    await press('Change settings');
    for (const [name, value] of [
      ['Occlusion alarm limit', '300'],
      ['Alarm volume', '7'],
    ] as const)
      assert.match(await page.getByRole('row', { name: new RegExp(`^${name}`, 'u') }).innerText(), new RegExp(`\\t${value}(?!\\d)`, 'u')); // prettier-ignore
    await choose('Occlusion alarm limit', '325');
    await press('Edit');
    await choose('Alarm volume', '8');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await sign('2 changes');
    await page.getByText('The device now reads Occlusion alarm limit 325 mmHg; Alarm volume 8').waitFor(SOON);
    await press('Back to the device');
  });

  it('N8: another tablet sees that the outcome is unknown and can send nothing; the device itself settles it, on both', async () => {
    const { page, press } = visitor;
    const other = await arrive(ward, browser);
    await setUp(other);
    await signIn(other);
    await press('Change settings');
    await choose('Alarm volume', '6');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
    await page.locator('.sheet .primary:not([aria-disabled])').waitFor();
    process.kill(pidOf(ward, 'pump-1'), 'SIGSTOP'); // it is sent, and never answered
    await press('Sign with passkey');
    await page.locator('li[aria-current=step]', { hasText: 'The device has answered' }).waitFor(SOON);
    await ward.running.stopOne('pump-1');
    await page.getByRole('heading', { name: 'Outcome unknown' }).waitFor(SOON);
    await openPatient(other, ward.patientOf('pump-1').mrn);
    await other.page.getByText('Outcome of the last command unknown').waitFor(SOON);
    await other.press('Choose pump-1');
    await other.page.getByRole('heading', { name: 'The device could not be read' }).waitFor(SOON);
    assert.equal(await other.page.locator('.value').count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await other.page.getByRole('button', { name, exact: true }).isDisabled(), true, name);
    await ward.running.startOne('pump-1');
    await other.press('Read again');
    await other.page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    // Back in contact the gateway asks the device by itself; until it has answered, nobody can send it anything.
    const held = await other.page.evaluate((unknown) => {
      const named = [...document.querySelectorAll('button')].filter(
        (one) => one.textContent === 'Change settings',
      );
      const shut = named.length > 0 && named.every((one) => one.getAttribute('aria-disabled') === 'true');
      return shut || !document.body.textContent.includes(unknown);
    }, 'The outcome of the last command is unknown');
    assert.ok(held, 'nothing can be sent while the outcome is unknown');
    await askUntil(other, other.page.locator('button:not([aria-disabled])', { hasText: 'Change settings' }));
    await other.page.getByText('The outcome of the last command is unknown').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'Not done' }).waitFor(SOON);
    assert.match(await page.locator('main').innerText(), /The device is unchanged\.[^]*E_GRANT_EXPIRED/u);
    other.screen.expectNoFaults();
    await press('Back to the device');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await other.tablet.close();
  });

  it('N10: whoever asked cannot be the second one, with the same person, key, page and tablet', async () => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Infusion rate');
    for (const key of ['6', '0', '.', '5'])
      await page.getByRole('button', { name: key, exact: true }).click();
    await press('Take this value');
    await page.getByLabel('Reason').selectOption({ label: 'Titration' });
    await page.getByLabel('In words').fill('Agreed at the bedside');
    await sign('1 change');
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: /approve|second|enter/iu }).count(), 0);
    const signed = between.calls.find((call) => call.kind === 'sign' && call.context.note !== '');
    const asked = between.replies.find(({ kind }) => kind === 'awaiting-second');
    assert.ok(signed?.kind === 'sign' && asked?.kind === 'awaiting-second');
    const entered = await between.ask({ kind: 'enter', draft: asked.draft, command: signed.command });
    assert.ok(entered.kind === 'refused' && entered.code === 'E_DUAL_SAME_PERSON', JSON.stringify(entered));
    const { approval } = signed;
    const approved = await between.ask({ kind: 'approve', draft: asked.draft, approval });
    assert.ok(approved.kind === 'refused', JSON.stringify(approved));
    assert.equal(await page.getByText('Waiting for the second clinician').count(), 1);
    await press('Stop before the device commits');
    await page.getByRole('heading', { name: 'Not done' }).waitFor(SOON);
    assert.match(await page.locator('main').innerText(), /The device is unchanged\./u);
    await press('Back to the device');
  });

  it('N15: leaves nothing about a patient on the way, on the tablet, or on a locked screen', async () => {
    const { page, press } = visitor;
    const { mrn, birthYear } = ward.patientOf('pump-1');
    const banner = await page.locator('.identity').innerText();
    const [family = ''] = banner.split(',', 1);
    const words = [family, mrn, `${birthYear}-`, 'Agreed at the bedside', 'Infusion rate'].map((word) =>
      word.trim().toLowerCase(),
    );
    assert.ok(words.every((word) => word.length > 4) && banner.toLowerCase().includes(mrn.toLowerCase()));
    const none = (where: string, text: string): void => {
      for (const word of words.slice(0, where === 'kept' ? 4 : 5))
        assert.ok(!text.toLowerCase().includes(word), `${word} stands in what is ${where}`);
    };
    none('asked', addresses.join('\n'));
    // A profile of a device model is kept, for the emergency: it names settings, and nobody.
    none('kept', await leftBy(page));
    await press('Lock');
    await page.getByRole('heading', { name: 'Locked' }).waitFor();
    none('locked', await page.evaluate(() => document.documentElement.outerHTML));
    await press('Unlock with signing passkey');
    await page.getByText('Matches wristband').waitFor(SOON);
  });

  it('calls whoever is named for an alarm that nobody answered at another bed, on whatever screen, and leads to the ward', async () => {
    const { page, press } = visitor;
    between.tell({ kind: 'event', event: 'alarm-called', device: unhex(ward.idOf('monitor-1')) });
    const called = /You are called: nobody answered an alarm at another bed\./u;
    await page.locator('.alarm.high', { hasText: called }).waitFor(SOON);
    await page.getByRole('alert').filter({ hasText: called }).waitFor({ state: 'attached' });
    assert.deepEqual(await axeFindings(page), []);
    await press(called);
    await page.locator('.place').first().waitFor(SOON);
    assert.equal(await page.getByText(called).count(), 0);
    assert.equal(await page.locator('.identity').count(), 0, 'no patient is in front any more');
  });
});
