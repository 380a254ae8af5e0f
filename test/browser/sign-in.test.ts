import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { CDPSession, Page } from 'playwright-core';
import { CLIENT, loginPasskey, startIssuer, type TestIssuerProcess, Walk } from '../issuer/walk.ts';
import {
  axeFindings,
  noBrowser,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from './support/browser.ts';

const SUBJECT = '00112233445566778899aabbccddeeff';

/** A security key in a page, whose innards a test can turn back. */
interface Key {
  readonly session: CDPSession;
  readonly id: string;
}

describe('the sign-in page, in a real browser', function () {
  this.timeout(60_000);
  let issuer: TestIssuerProcess;
  let browser: TestBrowser;
  let tablet: TestTablet;
  let screen: Screen;
  let key: Key;
  /** Where a program waits for its person to come back (RFC 8252 section 7.3). */
  let program: Server | undefined;
  let callback = '';

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    issuer = await startIssuer();
    browser = await startBrowser();
    tablet = await browser.tablet();
    program = createServer((_request, response) => response.end('back at the tablet'));
    await new Promise<void>((resolve) => program?.listen(0, '127.0.0.1', resolve));
    const address = program.address();
    callback = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/signed-in`;
    screen = await tablet.open(`${issuer.url}/`);
    key = await plugIn(screen.page);
  });
  after(async () => {
    await tablet?.close();
    await browser?.close();
    program?.close();
    await issuer?.stop();
  });

  const link = async (name = 'Ann', subject = SUBJECT): Promise<string> => {
    const person = ['--subject', subject, '--name', name, '--roles', 'clinician'];
    const { code, out, err } = await issuer.admin('link', '--config', issuer.file, ...person);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const plugIn = async (page: Page): Promise<Key> => {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    }); // prettier-ignore
    return { session, id };
  };
  const held = async () =>
    (await key.session.send('WebAuthn.getCredentials', { authenticatorId: key.id })).credentials;
  const go = () => screen.page.getByRole('button');
  const says = (words: RegExp) => screen.page.getByRole('status').filter({ hasText: words }).waitFor();
  /** Opens the sign-in as a tablet does, from a request that it pushed. */
  const begin = async (secret = '', language?: string): Promise<void> => {
    const pushed = await new Walk(issuer.url, loginPasskey(issuer.url, 'nobody')).push({
      redirect_uri: callback,
      ...(language !== undefined && { ui_locales: language }),
    });
    const { request_uri } = JSON.parse(pushed.body) as { request_uri: string };
    const asked = new URLSearchParams({ client_id: CLIENT, request_uri });
    await screen.page.goto(`${issuer.url}/auth?${asked}${secret}`);
    await screen.page.getByRole('heading', { name: /sign[- ]in|anmelde/iu }).waitFor();
  };
  const both = async (): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await screen.page.emulateMedia({ colorScheme });
      assert.deepEqual(await axeFindings(screen.page), [], colorScheme);
    }
  };
  const back = () => screen.page.waitForURL(`${callback}**`);

  it('makes a passkey from an operator’s link, with the keyboard alone; its secret leaves the address', async () => {
    const url = await link();
    await screen.page.goto(url);
    assert.equal(new URL(screen.page.url()).hash, '');
    await both();
    assert.ok(
      await go().evaluate((button) => button === document.activeElement),
      'the one button has the focus',
    );
    await screen.page.keyboard.press('Enter');
    await says(/Your sign-in passkey is ready/u);
    assert.equal((await held()).length, 1);
    await both();
    // The same link again: the page says so, and makes nothing.
    await screen.page.goto('about:blank');
    await screen.page.goto(url);
    await screen.page.keyboard.press('Enter');
    await says(/used, or is older than 15 minutes/u);
    await both();
    assert.ok(await go().isEnabled());
    assert.equal((await held()).length, 1);
    screen.expectNoFaults();
  });

  it('offers its button only when a press would be heard', async () => {
    const { page } = screen;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/passkey.mjs', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto('about:blank');
    await page.goto(await link(), { waitUntil: 'commit' });
    await go().waitFor();
    assert.ok(await go().isDisabled());
    release();
    await page.locator('#go:enabled').waitFor();
    await page.unroute('**/passkey.mjs');
  });

  it('signs a person in, with the keyboard alone, and goes back with a code', async () => {
    await begin();
    await both();
    await screen.page.keyboard.press('Enter');
    await back();
    const { searchParams } = new URL(screen.page.url());
    assert.ok(searchParams.get('code'));
    assert.equal(searchParams.get('state'), 'the-state');
    screen.expectNoFaults();
  });

  it('says what to do when nobody verifies, and lets in on the next try', async () => {
    await begin();
    const verified = (isUserVerified: boolean) =>
      key.session.send('WebAuthn.setUserVerified', { authenticatorId: key.id, isUserVerified });
    await verified(false);
    await screen.page.keyboard.press('Enter');
    await says(/it took too long/u);
    await both();
    await verified(true);
    await screen.page.keyboard.press('Enter');
    await back();
    screen.expectNoFaults();
  });

  it('speaks the language that the tablet speaks, whatever the browser does', async () => {
    const verified = (isUserVerified: boolean) =>
      key.session.send('WebAuthn.setUserVerified', { authenticatorId: key.id, isUserVerified });
    await begin('', 'de');
    assert.equal(await screen.page.locator('html').getAttribute('lang'), 'de');
    await verified(false);
    await screen.page.keyboard.press('Enter');
    await says(/^Nicht angemeldet: abgebrochen, zu lange gewartet/u);
    await both();
    await verified(true);
    await screen.page.getByRole('button', { name: 'Mit Passkey anmelden' }).click();
    await back();
    screen.expectNoFaults();
  });

  it('signs another person in after one, in the same browser', async () => {
    const [ann] = await held();
    assert.ok(ann);
    const forget = (credentialId: string) =>
      key.session.send('WebAuthn.removeCredential', { authenticatorId: key.id, credentialId });
    await forget(ann.credentialId);
    await screen.page.goto(await link('Ben', 'ff112233445566778899aabbccddeeff'));
    await screen.page.keyboard.press('Enter');
    await says(/Your sign-in passkey is ready/u);
    await begin();
    await screen.page.keyboard.press('Enter');
    await back();
    assert.ok(new URL(screen.page.url()).searchParams.get('code'));
    screen.expectNoFaults();
    const [ben] = await held();
    await forget(ben?.credentialId ?? '');
    await key.session.send('WebAuthn.addCredential', { authenticatorId: key.id, credential: ann });
    await begin();
    await screen.page.keyboard.press('Enter');
    await back();
    screen.expectNoFaults();
  });

  it('makes the passkey of a link first when the sign-in came with one, and signs in with it at once', async () => {
    const before = await held();
    for (const { credentialId } of before)
      await key.session.send('WebAuthn.removeCredential', { authenticatorId: key.id, credentialId });
    const { hash } = new URL(await link('Cleo', 'cc112233445566778899aabbccddeeff'));
    await begin(hash);
    assert.equal(new URL(screen.page.url()).hash, '', 'the secret leaves the address');
    await screen.page.getByRole('heading', { name: 'Make your sign-in passkey' }).waitFor();
    await both();
    await screen.page.keyboard.press('Enter');
    await back();
    assert.ok(new URL(screen.page.url()).searchParams.get('code'));
    assert.equal((await held()).length, 1);
    // The same link once more: it makes nothing, the page says so, and offers what is left to do.
    await begin(hash);
    await screen.page.keyboard.press('Enter');
    await says(/used, or is older than 15 minutes/u);
    await both();
    await screen.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await back();
    screen.expectNoFaults();
    for (const { credentialId } of await held())
      await key.session.send('WebAuthn.removeCredential', { authenticatorId: key.id, credentialId });
    for (const credential of before)
      await key.session.send('WebAuthn.addCredential', { authenticatorId: key.id, credential });
  });

  it('refuses a passkey whose counter went back, says why, and an operator can read it', async () => {
    const [credential] = await held();
    assert.ok(credential && credential.signCount > 1);
    const place = { authenticatorId: key.id, credentialId: credential.credentialId };
    const as = async (signCount: number): Promise<void> => {
      await key.session.send('WebAuthn.removeCredential', place);
      await key.session.send('WebAuthn.addCredential', { authenticatorId: key.id, credential: { ...credential, signCount } }); // prettier-ignore
      await begin();
      await screen.page.keyboard.press('Enter');
    };
    await as(1);
    await says(/There may be a copy of this passkey/u);
    await both();
    assert.match(issuer.log(), /counter of the passkey did not go up/u);
    await as(credential.signCount + 5);
    await back();
    screen.expectNoFaults();
  });

  it('knows nobody whom an operator took off', async () => {
    const { code, err } = await issuer.admin('remove', '--config', issuer.file, '--subject', SUBJECT);
    assert.equal(code, 0, err);
    await begin();
    await screen.page.keyboard.press('Enter');
    await says(/not known here.*ask an operator for a link/u);
    screen.expectNoFaults();
  });

  it('says in a page what to do when the sign-in is over', async () => {
    await screen.page.goto(`${issuer.url}/sign-in/abcdefghijklmnopqrstu`);
    await screen.page.getByText('Go back to the tablet and start again').waitFor();
    await both();
    screen.expectNoFaults();
  });
});
