import assert from 'node:assert/strict';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import {
  arrive,
  chooseImplant,
  pickValue,
  setUp,
  signIn,
  signSheet,
  type Visitor,
} from './support/visitor.ts';
import { SecondWalk } from './support/second-walk.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const SOON = { timeout: 20_000 };

describe('the tablet and a real NFC implant', function () {
  this.timeout(90_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  let second: SecondWalk;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    if (ward.withoutNfc !== undefined) this.skip();
    browser = await startBrowser();
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
    const other = await (await browser.tablet()).open(ward.page('Second signature'));
    second = await SecondWalk.begin(other.page, ward);
    await second.setUp();
    await second.signIn();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  /** The second clinician, blind, in another browser with another key. */
  const enterAgain = async (value: string): Promise<void> => {
    await second.open({ order: 'on pacemaker-1' });
    await second.person(0, 'pacemaker-1');
    await second.enter(value);
    await second.heading('Both of you entered the same');
    const words = await second.page.locator('.words').innerText();
    assert.ok((await visitor.page.locator('main').innerText()).includes(words), 'the words stand on both');
    await second.press('Sign 1 change with key');
    await second.heading('Done');
  };

  it('binds the reader beside it by its label, and reads the implant through it', async () => {
    await chooseImplant(visitor, ward.patientOf('pacemaker-1'));
    await visitor.page.getByText('Matches wristband').waitFor();
  });

  it('N1: stops everything but Emergency while the implant on the reader is another patient’s', async () => {
    const { page, press } = visitor;
    await press('Patient');
    await press('Another patient');
    await page.getByLabel('Wristband').fill(ward.patientOf('pump-1').mrn);
    await press('Find by wristband');
    await press(/^Open /u);
    await page.getByText('This device belongs to another patient').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: /sign|change settings|choose/iu }).count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await page.getByRole('button', { name, exact: true }).isDisabled(), true, name);
    assert.equal(await page.getByRole('button', { name: /Emergency/u }).isEnabled(), true);
    assert.deepEqual(await axeFindings(page), []);
    ward.running.tell('pacemaker-1', 'remove');
    await page.getByRole('heading', { name: 'Choose the device' }).waitFor(SOON);
    ward.running.tell('pacemaker-1', 'insert');
    await page.getByText('This device belongs to another patient').waitFor(SOON);
    await press('Another patient');
    await page.getByLabel('Wristband').fill(ward.patientOf('pacemaker-1').mrn);
    await press('Find by wristband');
    await press(/^Open /u);
    await press('Choose pacemaker-1');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
  });

  it('R2: the first asks, the second enters it again, and the tablet itself proves that it is done', async () => {
    const { page } = visitor;
    await pickValue(visitor, 'Lower rate', '70');
    await page.getByText('High risk: two people').waitFor();
    await page.getByLabel('Reason').selectOption({ label: 'Symptoms changed' });
    await page.getByText('For a high risk, say why in words or give the order.').waitFor();
    await page.getByLabel('In words').fill('Tired on exertion');
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
    assert.equal(await page.getByText('Done', { exact: true }).count(), 0);
    await enterAgain('70');
    await page.getByText('The device now reads Lower rate 70 per minute').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
  });

  it('unknown: the implant is pulled away in the middle, and only the implant itself settles it', async () => {
    const { page, press } = visitor;
    await press('Back to the device');
    await pickValue(visitor, 'High atrial rate alert, above', '190');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    ward.running.tell('pacemaker-1', 'remove-after-write');
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('Outcome unknown').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
    ward.running.tell('pacemaker-1', 'insert');
    await page.waitForTimeout(1_500);
    if ((await page.getByText('The device now reads').count()) === 0) await press('Ask the device');
    await page.getByText('The device now reads High atrial rate alert, above 190 per minute').waitFor(SOON);
  });

  it('emergency: with the gateway stopped, through the reader station, from any screen', async () => {
    const { page, press } = visitor;
    await ward.running.stopOne('gateway');
    await page.getByText(/No gateway for \d\d:\d\d\. You cannot send changes/u).waitFor(SOON);
    await press('Emergency safe mode');
    await press('Confirm emergency');
    await page.getByText('What the device will do, from its own profile:').waitFor(SOON);
    await press('Sign with key');
    await page.getByText(/Device …\w{4} is in its safe mode/u).waitFor(SOON);
    await page.getByText('Its signature was checked on this tablet.').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    visitor.screen.faults.errors.length = 0; // the sockets that the stopped gateway closed
    await ward.running.startOne('gateway');
  });
});
