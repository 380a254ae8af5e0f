import assert from 'node:assert/strict';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import { type Between, standBetween } from './support/between.ts';
import { axeFindings, noBrowser, type Screen, startBrowser, type TestBrowser } from './support/browser.ts';
import { later, movableClock } from './support/clock.ts';
import { ask, type Asked, PATIENCE, SecondWalk } from './support/second-walk.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

describe('the second clinician’s page, in a real browser', function () {
  this.timeout(120_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let screen: Screen;
  let second: SecondWalk;
  let between: Between;
  let asked: Asked;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    const shows = '"primedChecks": ["program"], "highestTier": 2';
    ward = await openPageWard((quick) => quick.replace('"highestTier": 2', shows));
    browser = await startBrowser();
    const tablet = await browser.tablet();
    await movableClock(tablet.context);
    between = await standBetween(tablet.context);
    screen = await tablet.open(ward.page('Second signature'));
    second = await SecondWalk.begin(screen.page, ward);
    await second.setUp();
    await second.signIn();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  const text = (): Promise<string> => screen.page.locator('main').innerText();

  it('shows whoever was set up and signed in what waits, and their own name', async () => {
    assert.match(await text(), /No change and no review waits for you/u);
    assert.match(await screen.page.locator('header').innerText(), /Dr Ben Lindqvist, locks in \d min/u);
    screen.expectNoFaults();
    assert.deepEqual(await axeFindings(screen.page), []);
  });

  it('enters a change of high risk again, blind, and shows what the device confirmed', async () => {
    const { page } = screen;
    const asked = await ask(ward, 60.5, 'ORD-1', 600);
    await second.open(asked);
    await second.person(1);
    await page.getByText('This device belongs to somebody else').waitFor(PATIENCE);
    await second.person();
    await second.heading('Enter the new values');
    assert.doesNotMatch(await text(), /60\.5/u, 'the first value is nowhere');
    assert.match(await text(), /0\.1 to 500, steps of 0\.1\. This hospital’s range: 0\.5 to 200/u);
    await second.field('Volume to be infused').fill('600', PATIENCE);
    await second.enter('700');
    await page.locator('.told:focus', { hasText: 'outside the device’s limits' }).waitFor(PATIENCE);
    await second.enter('61.5');
    // Read aloud first, above the fields; and only what differs is typed again.
    await page
      .locator('.told:focus', { hasText: 'differ in: Infusion rate. Talk to each other' })
      .waitFor(PATIENCE);
    assert.equal(await second.field('Volume to be infused').inputValue(), '600');
    assert.equal(await second.field().inputValue(), '');
    await second.enter('60,5');
    await second.heading('Both of you entered the same');
    assert.equal(await page.locator('.words').innerText(), asked.words);
    await second.press('Sign 2 changes with passkey');
    await second.heading('Done');
    assert.match(await text(), /60\.5 mL\/h\s+60\.5 mL\/h\s+✓ same/u);
    assert.deepEqual(await axeFindings(page), []);
    screen.expectNoFaults();
    asked.first.close();
    await second.press('Back to the list');
  });

  it('shows the values to who wants to see them, after saying what that is worth, and has each ticked before it is signed as that', async () => {
    const { page } = screen;
    const asked = await ask(ward, 62.5, 'ORD-4', 640);
    await second.open(asked);
    await second.person();
    await second.heading('Enter the new values');
    await second.press('Review only');
    await second.heading('See the other person’s values?');
    assert.doesNotMatch(await text(), /62\.5|640/u, 'nothing is told before it is asked for');
    await second.press('I’d rather enter them myself');
    await second.heading('Enter the new values');
    await second.press('Review only');
    await second.press('Show me the values');
    await second.heading('Check the values of Dr Ada Okafor');
    assert.match(
      await text(),
      /Review only: you see the other person’s values\. Independent entry finds more mistakes\./u,
    );
    assert.match(await text(), /60\.5 mL\/h → 62\.5 mL\/h/u);
    assert.equal(await page.locator('.words').innerText(), asked.words);
    assert.deepEqual(await axeFindings(page), []);
    assert.match(JSON.stringify(await asked.first.get('/v1/own-drafts')), /"check":"primed"/u);
    // A gateway that denies it later, and would have it entered as if unseen.
    await page.evaluate(() => {
      const ask = window.fetch.bind(window);
      window.fetch = async (...given) => {
        const answer = await ask(...given);
        if (!answer.url.endsWith('/v1/drafts')) return answer;
        const body = (await answer.text()).replaceAll('"shown":true', '"shown":false');
        return new Response(body, { status: answer.status, headers: answer.headers });
      };
    });
    await second.press('Back');
    await second.open(asked);
    await second.person();
    await second.heading('Check the values of Dr Ada Okafor');
    await page.getByLabel('I compared it: Infusion rate').check();
    await second.press('Sign 2 changes with passkey');
    await page.locator('.told:focus', { hasText: 'Not ticked yet: Volume to be infused.' }).waitFor(PATIENCE);
    await page.getByLabel('I compared it: Volume to be infused').check();
    await second.press('Sign 2 changes with passkey');
    await second.heading('Done');
    screen.expectNoFaults();
    asked.first.close();
    await second.press('Back to the list');
  });

  it('asks for a fresh sign-in before anything is typed, and goes on at the same change', async () => {
    asked = await ask(ward, 64.5, 'ORD-3');
    await later(screen.page, 5 * 60_000);
    await second.press(/ORD-3/u);
    await second.signInAgain();
    await second.heading('Who is in front of you?');
    await second.person();
    await second.enter('64.5');
    await second.heading('Both of you entered the same');
  });

  it('calls it no refusal that the gateway wants a newer sign-in, and comes back to what was entered', async () => {
    const words = await screen.page.locator('.words').innerText();
    between.refuseNext('approve', 'E_STEP_UP');
    await second.press('Sign 1 change with passkey');
    await second.heading('Sign in again to sign this');
    assert.match(await text(), /The change still waits/u);
    assert.doesNotMatch(await text(), /refused|Not done/iu);
    await second.signInAgain();
    await second.heading('Both of you entered the same');
    assert.equal(await screen.page.locator('.words').innerText(), words);
  });

  it('after a refusal reads the device anew, and says that it is unchanged by the device’s own word', async () => {
    await second.heading('Both of you entered the same');
    assert.match(await text(), /agreed at the bedside/u, 'what the first one wrote is told now');
    await asked.cancel();
    await second.press('Sign 1 change with passkey');
    await second.heading('Not done');
    assert.match(await text(), /The device is unchanged: it says so itself, in a reading newer than yours/u);
    asked.first.close();
    await second.press('Back to the list');
  });

  it('says on every screen that its person is called to another bed, until they have seen it', async () => {
    const { page } = screen;
    await second.heading('No change and no review waits for you');
    const called = page.getByRole('alert').filter({ hasText: 'You are called: nobody answered an alarm' });
    between.tell({ kind: 'event', event: 'alarm-called', device: unhex(ward.idOf('pump-1')) });
    await called.waitFor(PATIENCE);
    await second.press('Look again');
    await second.heading('No change and no review waits for you');
    assert.deepEqual(await axeFindings(page), []);
    await second.press('I have seen it');
    await called.waitFor({ ...PATIENCE, state: 'detached' });
  });

  it('declines, by the keyboard alone, with a reason that the first clinician reads', async () => {
    const { page } = screen;
    const asked = await ask(ward, 65.5, 'ORD-2');
    await page.getByRole('button', { name: /ORD-2/u }).waitFor(PATIENCE);
    await second.enterOn(/ORD-2/u);
    await second.heading('Who is in front of you?');
    await second.enterOn('Decline');
    await second.tabTo(page.getByLabel('Reason'));
    await page.keyboard.type('The line is blocked');
    await second.enterOn('Decline');
    await second.heading('No change and no review waits for you');
    const told = JSON.stringify(await asked.first.get('/v1/own-drafts'));
    assert.match(told, /"declined".*The line is blocked|The line is blocked.*"declined"/u);
    asked.first.close();
  });

  it('counts the time to sign down, ends by itself when it is over, and says so when the gateway does', async () => {
    const { page } = screen;
    await page.evaluate((life) => {
      const ask = window.fetch.bind(window);
      Reflect.set(window, '__fetch', ask);
      window.fetch = async (...given) => {
        const answer = await ask(...given);
        const [asked] = given;
        const url = asked instanceof Request ? asked.url : String(asked);
        if (!url.endsWith('/v1/drafts')) return answer;
        const body = (await answer.text()).replaceAll(/"expires":\d+/gu, `"expires":${Date.now() + life}`);
        return new Response(body, { status: answer.status, headers: answer.headers });
      };
    }, 5_000);
    const late = await ask(ward, 67.5, 'ORD-6');
    await second.open(late);
    await page.locator('[data-until]', { hasText: /^[0-2] s left$/u }).waitFor(PATIENCE);
    await page.getByText(/^The time to sign is over\. Nothing was sent/u).waitFor(PATIENCE);
    await page.evaluate(() => (window.fetch = Reflect.get(window, '__fetch') as typeof fetch));
    await late.cancel();
    late.first.close();
    const asked = await ask(ward, 67.5, 'ORD-7');
    await second.open(asked);
    await second.person();
    await second.heading('Enter the new values');
    await asked.cancel();
    await second.enter('67.5');
    await page.getByText(/^This change is not open any more: .* Nothing was sent/u).waitFor(PATIENCE);
    await second.heading('No change and no review waits for you');
    asked.first.close();
  });

  it('says that nobody knows what became of it when the connection is lost after the signature', async () => {
    const { page } = screen;
    asked = await ask(ward, 66.5, 'ORD-4');
    await second.open(asked);
    await second.person();
    await second.enter('66.5');
    await second.heading('Both of you entered the same');
    between.keepNext('approve');
    await second.press('Sign 1 change with passkey');
    await second.heading(/^On its way to/u);
    await between.cut();
    await page.getByText('The device may or may not have changed').waitFor(PATIENCE);
    await asked.cancel();
    asked.first.close();
    await second.signIn();
  });

  it('says so when the gateway goes away, and shows nothing any more that was asked for before', async () => {
    const { page } = screen;
    asked = await ask(ward, 67.5, 'ORD-5');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const reading = page.waitForRequest(/\/v1\/devices\/[0-9a-f]{16}$/u, PATIENCE);
    await page.route(/\/v1\/devices\/[0-9a-f]{16}$/u, async (route) => {
      await held;
      await route.abort();
    });
    await second.press(/ORD-5/u);
    const failed = (await reading).response().catch(() => undefined);
    await ward.running.stopOne('gateway');
    await page.getByText('The connection to the gateway is lost').waitFor(PATIENCE);
    assert.match(await page.locator('header').innerText(), /Nobody is signed in/u);
    assert.equal(await page.getByRole('button', { name: 'Lock' }).count(), 0);
    release();
    await failed;
    // Two frames: whoever waited for that answer has had the time to show what they make of it.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    assert.match(await text(), /The connection to the gateway is lost/u);
    await ward.running.startOne('gateway');
    asked.first.close();
  });
});
