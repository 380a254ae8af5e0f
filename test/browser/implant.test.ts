import assert from 'node:assert/strict';
import { mayBeBoth } from './support/both-roles.ts';
import { axeFindings, noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import {
  arrive,
  askUntil,
  chooseImplant,
  openDevice,
  openPatient,
  pickValue,
  setUp,
  signIn,
  signSheet,
  type Visitor,
} from './support/visitor.ts';
import { placeOf } from './support/live.ts';
import { SecondWalk } from './support/second-walk.ts';
import { openSecondReader } from './support/second-reader.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

const READER = 'Another reader';
const SOON = { timeout: 20_000 };

/** Of the two on the ward for whom nobody who signs in there cares. */
const OTHERS = 'SIM-200007';

describe('the tablet and a real NFC implant', function () {
  this.timeout(90_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  let second: SecondWalk;
  let other: { close(): Promise<void> } | undefined;

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
    await other?.close();
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  /** The second clinician, blind, in another browser with another key. */
  const enterAgain = async (
    value: string,
    device = 'pacemaker-1',
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> => {
    await second.open({ order: `on ${device}` });
    await second.person(0, device);
    await second.enter(value, second.page.getByLabel(/^New value/u));
    await second.heading('Both of you entered the same');
    const words = await second.page.locator('.words').innerText();
    assert.ok((await visitor.page.locator('main').innerText()).includes(words), 'the words stand on both');
    await meanwhile();
    await second.press('Sign 1 change with passkey');
    await second.heading('Done');
  };

  it('binds the reader beside it by its label, and reads the implant through it', async () => {
    await visitor.page.evaluate(() => {
      const tones: OscillatorNode[] = [];
      Reflect.set(window, '__tones', tones);
      window.AudioContext = class extends AudioContext {
        override createOscillator(): OscillatorNode {
          const made = super.createOscillator();
          tones.push(made);
          return made;
        }
      };
    });
    await chooseImplant(visitor, ward.patientOf('pacemaker-1'));
    await visitor.page.getByText('Matches wristband').waitFor();
    const ticks = (): boolean => (Reflect.get(window, '__tones') as OscillatorNode[]).some(({ frequency }) => frequency.value === 1_200); // prettier-ignore
    await visitor.page.waitForFunction(ticks);
  });

  it('R1: one person changes a small setting of the implant, from the tap to "Done"', async () => {
    const { page, press } = visitor;
    await pickValue(visitor, 'High atrial rate alert, above', '200');
    await page.getByText('Small change: one person').waitFor();
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('The device now reads High atrial rate alert, above 200 per minute').waitFor(SOON);
    await page.getByText('The log names this receipt, and a witness has seen it').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await press('Back to the device');
  });

  it('asks for the reader again after it was locked: it may stand at another bed by now', async () => {
    const { page, press } = visitor;
    await press('Lock');
    await press('Unlock with signing passkey');
    await page.getByLabel('Label on the reader').fill('station-1');
    await page.getByRole('button', { name: 'Use this reader', exact: true }).click();
    await page.getByRole('button', { name: /^It (blinked|is this one)$/u }).click();
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await page.getByText('Matches wristband').waitFor();
  });

  it('C3: stops while a badge lies at the reader beside the implant, and goes on when that is taken away', async () => {
    const { page, press } = visitor;
    const two = page.getByText('Two devices or cards lie at the reader.');
    ward.running.tell('pacemaker-1', 'lay-badge');
    await two.waitFor(SOON);
    await press('Read again');
    await page
      .getByText(/^Two devices or cards lie at this reader\. Take all but one away\..*E_READER_TWO/u)
      .waitFor(SOON);
    assert.equal(await page.locator('.value').count(), 0);
    ward.running.tell('pacemaker-1', 'take-badge');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await two.waitFor({ state: 'detached', ...SOON });
  });

  it('C3: shows nothing of an implant whose firmware its maker has not signed the profile for', async () => {
    const { page, press } = visitor;
    const stopped = page.getByText(/^The firmware of this device is not supported here\. .*E_FIRMWARE/u);
    /** What the implant is told comes by another way than its answers: it is read until it says so. */
    const readUntil = async (seen: () => Promise<boolean>): Promise<void> => {
      for (let tried = 0; tried < 20 && !(await seen()); tried += 1) {
        await press('Read again');
        await page.waitForTimeout(500);
      }
    };
    ward.running.tell('pacemaker-1', 'new-firmware');
    await readUntil(() => stopped.isVisible());
    await stopped.waitFor(SOON);
    assert.equal(await page.locator('.value').count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await page.getByRole('button', { name, exact: true }).isDisabled(), true, name);
    assert.ok(await page.getByRole('button', { name: /Emergency/u }).isEnabled());
    ward.running.tell('pacemaker-1', 'old-firmware');
    const again = page.getByRole('heading', { name: 'Quick look' });
    await readUntil(() => again.isVisible());
    await again.waitFor(SOON);
  });

  it('says that the reader is gone, shows nothing as present meanwhile, and goes on when it is back', async () => {
    const { page, press } = visitor;
    await ward.running.stopOne('reader-station');
    await page
      .getByText(/^Contact to the implant was lost at [\d:]+\. What stands here was read before/u)
      .waitFor(SOON);
    await press('Read again');
    await page
      .getByText(/^The reader is not in contact with the gateway\. Check its cable.*E_READER_AWAY/u)
      .waitFor(SOON);
    assert.equal(await page.locator('.value').count(), 0);
    await page.getByRole('button', { name: READER }).waitFor();
    assert.ok(await page.getByRole('button', { name: /Emergency/u }).isEnabled());
    assert.deepEqual(await axeFindings(page), []);
    await ward.running.startOne('reader-station');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    assert.equal(await page.getByText(/^Contact to the implant was lost/u).count(), 0);
  });

  it('N1: says that the implant on the reader is another patient’s, and keeps the way to a pump on the network open', async () => {
    const { page, press } = visitor;
    await press('Patient');
    await press('Another patient');
    await page.getByLabel('Wristband').fill(ward.patientOf('pump-1').mrn);
    await press('Find by wristband');
    await press(/^Open /u);
    await page.getByText('On the reader lies the device of another patient').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
    await press('Choose pump-1');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await page.getByText('is reached over the network, and not through the reader').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Change settings' }).isEnabled(), true);
    await press('Patient');
    assert.equal(await page.getByRole('button', { name: /Emergency/u }).isEnabled(), true);
    assert.deepEqual(await axeFindings(page), []);
    await press('Emergency safe mode');
    await press('Look for the implant');
    await page.getByText(/^This is the device of .+, not of .+\. Look who lies at the reader/u).waitFor(SOON);
    const sign = page.getByRole('button', { name: 'Sign with passkey and send' });
    assert.equal(await sign.count(), 0);
    await press(/^Go on for /u);
    await sign.waitFor();
    await press('Cancel');
    ward.running.tell('pacemaker-1', 'remove');
    const told = page.getByText('On the reader lies the device of another patient');
    await told.waitFor({ ...SOON, state: 'detached' });
    ward.running.tell('pacemaker-1', 'insert');
    await told.waitFor(SOON);
    await press('Another patient');
    await page.getByLabel('Wristband').fill(ward.patientOf('pacemaker-1').mrn);
    await press('Find by wristband');
    await press(/^Open /u);
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
  });

  it('N2: a tap at the other reader says "elsewhere", and shows nothing of the implant', async () => {
    const { page, press } = visitor;
    other = await openSecondReader(ward);
    await press('Patient');
    await press(READER);
    await page.getByLabel('Label on the reader').fill('station-2');
    const use = page.getByRole('button', { name: 'Use this reader', exact: true });
    const blinked = page.getByRole('button', { name: /^It (blinked|is this one)$/u });
    // The authority publishes its list, and the gateway reads it: until then there is no such reader.
    for (let tried = 0; tried < 40 && (await blinked.count()) === 0; tried += 1) {
      await use.click();
      await blinked.waitFor({ timeout: 1_000 }).catch(() => undefined);
    }
    await blinked.click();
    await page.getByText('The device lies on another reader').waitFor(SOON);
    ward.running.tell('pacemaker-1', 'remove');
    await press('Read again');
    ward.running.tell('pacemaker-1', 'insert');
    await page.getByText('The device was tapped at another reader').waitFor(SOON);
    assert.equal(await page.locator('.value').count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await page.getByRole('button', { name, exact: true }).isDisabled(), true, name);
    assert.deepEqual(await axeFindings(page), []);
    await press('Patient');
    await press(READER);
    await page.getByLabel('Label on the reader').fill('station-1');
    await use.click();
    await blinked.click();
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
  });

  it('hears at once when the second clinician enters something else, and when they decline, and why', async () => {
    const { page, press } = visitor;
    await pickValue(visitor, 'Lower rate', '65');
    await page.getByLabel('Reason').selectOption({ label: 'Symptoms changed' });
    await page.getByLabel('In words').fill('Dizzy on the stairs');
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
    await second.open({ order: 'on pacemaker-1' });
    await second.person(0, 'pacemaker-1');
    await second.enter('75', second.field('Lower rate'));
    await page.getByText('The second clinician entered other values than yours').waitFor(SOON);
    assert.doesNotMatch(await page.locator('main').innerText(), /75/u, 'not which');
    await second.press('Back');
    await second.open({ order: 'on pacemaker-1' });
    await second.press('Decline');
    await second.page.getByLabel('Reason').fill('The leads are checked first');
    await second.press('Decline');
    await page.getByText('Dr Ben Lindqvist has declined this change').waitFor(SOON);
    await page.getByText('Reason: The leads are checked first').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await press('Back to the device');
  });

  it('R2: the first asks, the second enters it again, and the tablet itself proves that it is done', async () => {
    const { page } = visitor;
    await pickValue(visitor, 'Lower rate', '70');
    await page.getByText('High risk: two people').waitFor();
    await page.getByLabel('Reason').selectOption({ label: 'Symptoms changed' });
    await page.getByText('For a high risk, say why in words.').waitFor();
    await page.getByLabel('In words').fill('Tired on exertion');
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
    assert.equal(await page.getByText('Done', { exact: true }).count(), 0);
    await enterAgain('70', 'pacemaker-1', async () => {
      await page.getByRole('button', { name: 'History', exact: true }).click();
      await page.locator('.proof summary').first().click(SOON);
    });
    // Nobody asked for it anew, and what was opened stays open.
    const done = page.locator('.past', { hasText: /Lower rate \d+ → 70 per minute/u });
    await done.getByText('VERIFIED', { exact: true }).first().waitFor(SOON);
    assert.equal(await page.locator('.proof > [open]').count(), 1);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('The device now reads Lower rate 70 per minute').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
  });

  it('R2 on the pump: two people, two tablets, two keys, over the network', async () => {
    const { page, press } = visitor;
    const pump = ward.patientOf('pump-1');
    await press('Back to the device');
    await press('Patient');
    await press('Another patient');
    ward.running.tell('pacemaker-1', 'remove');
    await openDevice(visitor, pump, /pump-1/u);
    await press('Change settings');
    await press('Change Infusion rate');
    for (const key of ['6', '0', '.', '5'])
      await page.getByRole('button', { name: key, exact: true }).click();
    await press('Take this value');
    await page.getByLabel('Reason').selectOption({ label: 'Titration' });
    await page.getByLabel('Order reference').fill('ORD-9');
    assert.equal(await page.getByRole('button', { name: 'Review and sign 1 change' }).isDisabled(), true);
    await page.getByLabel('In words').fill('Titrated at the bedside');
    await signSheet(visitor, pump.birthYear);
    await page.getByText('Waits for the second clinician. At most').waitFor(SOON);
    await second.press('Back to the list');
    await enterAgain('60.5', 'pump-1');
    await page.getByText('The device now reads Infusion rate 60.5 mL/h').waitFor(SOON);
    await press('Back to the device');
    await press('Patient');
    await press('Another patient');
    ward.running.tell('pacemaker-1', 'insert');
  });

  it('N1: compares a device with who is opened, and not with whoever was scanned before', async () => {
    const { page, press } = visitor;
    await press(/^Ward board$/u);
    await page.locator(placeOf('pacemaker-1')).getByRole('button').click();
    await press('Patient');
    await press('Choose pacemaker-1');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await page.getByText('Matches the directory').waitFor();
    assert.equal(await page.getByText('Matches wristband').count(), 0);
    await press('Patient');
    await press('Another patient');
    await openPatient(visitor, ward.patientOf('pacemaker-1').mrn);
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    await page.getByText('Matches wristband').waitFor();
  });

  it('N8: pulled away in the middle, the outcome is unknown, nothing else is sent, and the implant itself settles it', async () => {
    const { page, press } = visitor;
    await pickValue(visitor, 'High atrial rate alert, above', '190');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    ward.running.tell('pacemaker-1', 'remove-after-write');
    await signSheet(visitor, ward.patientOf('pacemaker-1').birthYear);
    await page.getByText('Outcome unknown').waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: /Undo|sign|stop|Back to the device/iu }).count(), 0);
    for (const name of ['Change', 'Device', 'History']) {
      const place = page.getByRole('button', { name, exact: true });
      if (await place.isEnabled()) await place.click();
      for (const button of await page.getByRole('button', { name: /^(Review and sign|Change) /u }).all())
        assert.equal(await button.isDisabled(), true, name);
    }
    await press('Change');
    await page.getByRole('heading', { name: 'Outcome unknown' }).waitFor();
    ward.running.tell('pacemaker-1', 'insert');
    await askUntil(
      visitor,
      page.getByText('The device now reads High atrial rate alert, above 190 per minute'),
    );
  });

  it('emergency: afterwards nothing from before is shown: the device is read again, and says its safe mode on every screen', async () => {
    const { page, press } = visitor;
    await press('Emergency safe mode');
    await page.getByRole('heading', { name: /SIM-DR1 …\w{4} switches to the safe settings/u }).waitFor(SOON);
    const first = await page.locator('.sheet').innerText();
    assert.match(first, /Pacing mode\s+VVI\s+Lower rate\s+65 per minute/u, 'before anything was looked for');
    assert.match(first, /Therapy goes on with them: it is not stopped\. No other setting changes\./u);
    await press('Look for the implant');
    await press('Sign with passkey and send');
    await page.getByText(/Device …\w{4} is in its safe mode/u).waitFor(SOON);
    await page.getByText(/Dr Ben Lindqvist \(can review it\)/u).waitFor(SOON);
    const rate = page.getByRole('row', { name: /^Lower rate/u });
    assert.match(
      await rate.innerText(),
      /^Lower rate\s+\d+\s*per minute\s+65\s*per minute\s+65\s*per minute\s+As asked$/u,
    );
    await press('Say why you used it');
    await page.getByRole('heading', { name: 'Why did you use it?' }).waitFor();
    await press('Say it later');
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    assert.equal(await page.getByText(/^Done$|Therapy runs/u).count(), 0);
    await page
      .locator('.identity')
      .getByText(/^Safe mode since \d\d:\d\d$/u)
      .waitFor();
    await page
      .locator('.identity')
      .getByText(/^Review due by .*\d\d:\d\d$/u)
      .waitFor();
    await page.getByText('The emergency door was used').waitFor(SOON);
    await page.getByText('First somebody else has to review the emergency.').waitFor();
    const off = (name: string): Promise<string | null> =>
      page.getByRole('button', { name }).first().getAttribute('aria-disabled');
    for (const name of ['Change settings', 'End safe mode']) assert.equal(await off(name), 'true', name);
    await page.getByText(/^Dr Ada Okafor used the emergency safe mode/u).waitFor(SOON);
    await page
      .getByText(/^Review by .+, by an operator or a second clinician other than Dr Ada Okafor\.$/u)
      .waitFor();
    await page.getByText(/^You used it yourself: somebody else reviews it/u).waitFor();
    await press('Say why you used it');
    await page.getByText('Choose why it was used.').waitFor();
    await page.getByLabel('The patient was in danger').check();
    await page.getByLabel('In your own words').fill('Pauses of four seconds');
    assert.deepEqual(await axeFindings(page), []);
    await press('Sign the reason with passkey');
    const sheet = page.getByRole('heading', { name: 'Why did you use it?' });
    await sheet.waitFor({ state: 'detached', ...SOON });
    const why = 'The patient was in danger: Pauses of four seconds';
    await page.getByText(`Reason given by Dr Ada Okafor: ${why}`).waitFor(SOON);
    assert.equal(await page.getByRole('button', { name: 'Say why you used it' }).count(), 0, 'once');
    await page.locator('.rail').getByRole('button', { name: 'Change' }).click();
    await page
      .getByText('Nothing can be changed until somebody else has reviewed it and the safe mode is ended.')
      .waitFor(SOON);
    assert.equal(await off('Choose a setting'), 'true', 'said at once, and not after values were chosen');
    assert.deepEqual(await axeFindings(page), []);
    await press('History');
    const rows = page.locator('.history .row');
    const emergency = rows.filter({ hasText: 'Waits for its review, due by' });
    await emergency.getByText(/asked by Dr Ada Okafor/u).waitFor(SOON);
    await emergency.getByText('Emergency safe mode', { exact: true }).waitFor(SOON);
    await emergency.getByText('VERIFIED', { exact: true }).first().waitFor(SOON);
    const said = emergency.locator('.reviewed', { hasText: `by Dr Ada Okafor: ${why}` });
    await said.getByText('VERIFIED', { exact: true }).waitFor(SOON);
    assert.equal(await rows.filter({ hasText: 'Emergency' }).count(), 1, 'one emergency is one line');
    const alarm = rows
      .filter({
        hasText:
          /Alarm.*It lay on the reader while another patient was open on the tablet\. Nothing was sent\..*E_PATIENT/u,
      })
      .first();
    await alarm.getByText('VERIFIED', { exact: true }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });

  it('emergency: the second clinician finds it in their list, sees what the device signed, and closes the review', async () => {
    const { page } = second;
    await page.getByText('The emergency safe mode was used on a device of your patients.').waitFor(SOON);
    await second.press('I have seen it');
    await second.press('Back to the list');
    await second.heading('An emergency waits for a review');
    const text = (): Promise<string> => page.locator('main').innerText();
    assert.match(
      await text(),
      /Dr Ada Okafor used the emergency safe mode: (?:today|yesterday), \d\d:\d\d\./u,
    );
    await second.press(/Emergency of pacemaker-1/u);
    await second.heading('Emergency of pacemaker-1');
    assert.match(await text(), /The device has signed receipt \d+: it went to its safe mode/u);
    assert.match(
      await text(),
      /Reason given by Dr Ada Okafor: The patient was in danger: Pauses of four seconds/u,
    );
    assert.match(await text(), /Pacing mode\s+DDD\s+VVI/u, 'before, and now');
    assert.match(await text(), /Read just now: the device is in its safe mode/u);
    assert.match(
      await text(),
      /Review by (?:today|tomorrow), \d\d:\d\d, by an operator or a second clinician other than Dr Ada Okafor\./u,
    );
    assert.deepEqual(await axeFindings(page), []);
    await second.press('Sign the review with passkey');
    await page.getByText('Choose why it was used.').waitFor(SOON);
    await page.getByLabel('Why was the emergency used?').selectOption({ label: 'It was a test or a drill' });
    await page.getByLabel('What was found').fill('Rhythm and leads looked at');
    await second.press('Sign the review with passkey');
    await second.heading('Reviewed');
    await second.press('Back to the list');
    await second.heading('No change and no review waits for you');
    await visitor.press('Device');
    await visitor.page.getByText('The emergency door was used').waitFor({ state: 'detached', ...SOON });
  });

  it('emergency: its end brings no value back by itself: the tablet shows what was before, and prepares the way there', async () => {
    const { page, press } = visitor;
    await press('End safe mode');
    await page.getByRole('heading', { name: 'End safe mode' }).waitFor(SOON);
    await page.getByText(/^This brings no value back\./u).waitFor(SOON);
    assert.match(
      await page.locator('main').innerText(),
      /Pacing mode\s+DDD\s+VVI\s+VVI/u,
      'before, now, after',
    );
    await page.getByLabel('Reason').selectOption({ label: 'It was a test or a drill' });
    await page.getByLabel('In words').fill('The drill is over');
    await press('Review and sign');
    await page.getByLabel(/The device keeps the values of its safe mode/u).check();
    await page
      .getByLabel('Year of birth of the patient')
      .fill(String(ward.patientOf('pacemaker-1').birthYear));
    await press('Sign with passkey');
    await page.getByText('Waiting for the second clinician').waitFor(SOON);
    await second.open({ order: 'End the stop or the safe mode on pacemaker-1' });
    await second.person(0, 'pacemaker-1');
    await second.heading('End the safe mode');
    await second.page.getByText('The device is in its safe mode. Its values stay as they are').waitFor(SOON);
    await second.page.getByText('It changes no setting. These are the values of the device').waitFor(SOON);
    await second.press('Agree: End the safe mode');
    await second.heading('Both of you agree');
    assert.match(await second.page.locator('main').innerText(), /Pacing mode\s+VVI/u, 'what stays');
    await second.press('Sign with passkey');
    await second.heading('Done');
    await second.page.getByText(/^End the safe mode: pacemaker-1 has confirmed it\.$/u).waitFor(SOON);
    await second.press('Back to the list');
    await page
      .getByText(/^The safe mode has ended\. The values are still those of the safe mode/u)
      .waitFor(SOON);
    await press('Set the values from before');
    await page.getByRole('heading', { name: /\d+ of \d+ settings change/u }).waitFor(SOON);
    assert.match(
      await page.locator('.change tr.changed', { hasText: 'Pacing mode' }).innerText(),
      /VVI\s+→\s+DDD/u,
    );
    assert.deepEqual(await axeFindings(page), []);
    await press('Discard draft');
    await press('Device');
    await page.locator('.heading').getByText('Therapy runs').waitFor(SOON);
  });

  it('emergency: with gateway and host stopped and the page loaded anew, through the reader station', async () => {
    const { page, press } = visitor;
    await ward.running.stopOne('gateway');
    await page.getByText(/No gateway for \d\d:\d\d\. You cannot send changes/u).waitFor(SOON);
    await ward.running.stopOne('host-a');
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor(SOON);
    await press('Emergency safe mode');
    await press('Look for the implant');
    await page.getByRole('heading', { name: /SIM-DR1 …\w{4} switches to the safe settings/u }).waitFor(SOON);
    await press('Sign with passkey and send');
    await page.getByText(/Device …\w{4} is in its safe mode/u).waitFor(SOON);
    await page.getByText('Its signature was checked on this tablet.').waitFor();
    await page
      .getByText(/^Call the team\. Review by tomorrow, \d\d:\d\d, by an operator or a second/u)
      .waitFor();
    await page.getByText('Nobody was told yet: the gateway does not answer').waitFor(SOON);
    assert.deepEqual(await axeFindings(page), []);
    visitor.screen.faults.errors.length = 0; // the sockets that the stopped gateway closed
    await ward.running.startOne('gateway');
    await ward.running.startOne('host-a');
    await press('Close');
    await signIn(visitor);
    await page.getByText(/^You used the emergency safe mode: pacemaker-1/u).waitFor(SOON);
    await page.getByText(/^Nobody has read yet why you did/u).waitFor();
  });

  it('emergency: somebody else reviews it afterwards, by one signature', async () => {
    const { tablet, ...reviewer } = await arrive(ward, browser, undefined, ({ context }) =>
      mayBeBoth(context, ward),
    );
    const { page, press } = reviewer;
    await setUp({ tablet, ...reviewer });
    await signIn({ tablet, ...reviewer });
    await chooseImplant({ tablet, ...reviewer }, ward.patientOf('pacemaker-1'));
    await page
      .getByText(/^Review by .+, by an operator or a second clinician other than Dr Ada Okafor\.$/u)
      .waitFor(SOON);
    await page.getByText('Dr Ada Okafor has not said yet why they used it.').waitFor();
    await press('Review the emergency');
    const sign = page.getByRole('button', { name: 'Sign the review with passkey' });
    assert.equal(await sign.getAttribute('aria-disabled'), 'true');
    await page
      .getByText(/^The device has signed receipt \d+; it was checked on this tablet\.$/u)
      .waitFor(SOON);
    await page.getByLabel('Something else').check();
    await page.getByText('Say in words what you found.').waitFor();
    await page.getByLabel('It was a test or a drill').check();
    await page.getByLabel('What you found').fill('Lead impedance looked at');
    assert.deepEqual(await axeFindings(page), []);
    await sign.click();
    await page.getByText('The emergency door was used').waitFor({ state: 'detached', ...SOON });
    await press('History');
    const reviewed = page.locator('.history .row', {
      hasText: 'it was a test or a drill: Lead impedance looked at',
    });
    await reviewed.locator('.reviewed').getByText('VERIFIED', { exact: true }).waitFor(SOON);
    await press('Patient');
    await press('Another patient');
    await openPatient(reviewer, ward.patientOf('pacemaker-1').mrn);
    await page.getByRole('heading', { name: 'Quick look' }).waitFor(SOON);
    assert.equal(await page.getByText('The emergency door was used').count(), 0);
    await press('Patient');
    await page.getByRole('button', { name: 'Choose pacemaker-1' }).waitFor(SOON);
    await page
      .locator('.chips')
      .getByText(/^Safe mode since/u)
      .waitFor();
    assert.equal(await page.getByText('Review due by').count(), 0);
    await press('Another patient');
    await press(/^Ward board$/u);
    await page
      .locator('.place-safety')
      .getByText(/Safe mode since \d\d:\d\d/u)
      .waitFor(SOON);
    reviewer.screen.expectNoFaults();
  });

  it('break-glass: the second clinician reads why, and reviews it once it is over', async () => {
    const { page, press } = visitor;
    await second.signIn();
    await page.getByLabel('Wristband').fill(OTHERS);
    await press('Find by wristband');
    await press('Break the glass');
    await page.getByLabel('I was asked for advice').check();
    await press('Open with passkey');
    await page.getByRole('heading', { name: 'Choose the device' }).waitFor(SOON);
    await second.page.getByText('Somebody opened a patient of others by break-glass.').waitFor(SOON);
    await second.press('I have seen it');
    await second.press(/Break-glass by Dr Ada Okafor/u);
    await second.page.getByText('It is still open. It is reviewed once it is over.').waitFor(SOON);
    assert.equal(await second.page.getByRole('button', { name: 'Sign the review with passkey' }).count(), 0);
    await press('Another patient');
    await page.getByText('Over; somebody else has to review it').waitFor(SOON);
    await second.press('Back');
    await second.press(/Break-glass by Dr Ada Okafor/u);
    await second.page.getByText('Reason given by Dr Ada Okafor: asked for advice').waitFor(SOON);
    assert.deepEqual(await axeFindings(second.page), []);
    await second.press('Sign the review with passkey');
    await second.page.getByText('Choose whether it was right.').waitFor(SOON);
    await second.page.getByLabel('Was it right to open it?').selectOption({ label: 'Yes: it was needed' });
    await second.press('Sign the review with passkey');
    await second.heading('Reviewed');
    await second.press('Back to the list');
    await second.heading('No change and no review waits for you');
  });
});
