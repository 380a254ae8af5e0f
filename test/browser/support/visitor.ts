import type { Locator, Page } from 'playwright-core';
import type { Screen, TestBrowser, TestTablet } from './browser.ts';
import { type SecurityKey, securityKey } from './security-key.ts';
import type { PageWard } from './ward.ts';

/** Somebody at a tablet of host A, with a security key. */
export interface Visitor {
  readonly tablet: TestTablet;
  readonly screen: Screen;
  readonly page: Page;
  readonly key: SecurityKey;
  readonly press: (name: string | RegExp) => Promise<void>;
}

/** What it takes to sign in: a page, its browser, a key and hands. */
type AtTablet = Pick<Visitor, 'page' | 'key' | 'press'> & { readonly tablet: Pick<TestTablet, 'context'> };

/** Opens the tablet as somebody who has never been there. @param prepare does something to the tablet before its page opens */
export async function arrive(
  ward: PageWard,
  browser: TestBrowser,
  key = securityKey(),
  prepare?: (tablet: TestTablet) => Promise<unknown>,
): Promise<Visitor> {
  const tablet = await browser.tablet();
  await prepare?.(tablet);
  const screen = await tablet.open(ward.page('Tablet'));
  const { page } = screen;
  await key.plugInto(page);
  return {
    tablet,
    screen,
    page,
    key,
    press: (name) => page.getByRole('button', { name }).click(),
  };
}

/**
 * The first day: signing passkey, enrolment, and the sign-in passkey, with which the issuer's window signs in at once. @param
 * again they have the last one already: an account has ten at most
 */
export async function setUp(at: AtTablet, again = false): Promise<void> {
  const { page, press, key } = at;
  await press('Make the signing passkey');
  const make = page.getByRole('button', { name: 'Make the sign-in passkey' });
  await make.waitFor();
  if (again) return press('I have one already');
  const before = key.made;
  await throughTheWindow(at, 'Make the sign-in passkey', 'Make the passkey and sign in');
  // The browser tells of it a little later: a window that opens before that would find an empty key.
  while (key.made === before) await new Promise((resolve) => setTimeout(resolve, 20));
  await page.getByRole('heading', { name: 'Approve this tablet' }).waitFor();
}

/** Signs in through the issuer's window, unless that was done on the first day, and approves with the signing passkey. */
export async function signIn(visitor: AtTablet): Promise<void> {
  const approve = visitor.page.getByRole('heading', { name: 'Approve this tablet' });
  if ((await approve.count()) === 0) await throughTheWindow(visitor, 'Sign in');
  await visitor.press('Approve with signing passkey');
  await visitor.page.getByRole('heading', { name: 'Find the patient' }).waitFor();
}

/** Whatever opens the issuer's window: presses it, and signs in there with `go`. */
export async function throughTheWindow(
  { tablet, key, press }: AtTablet,
  button: string,
  go = 'Sign in with a passkey',
): Promise<void> {
  const opening = tablet.context.waitForEvent('page');
  await press(button);
  const other = await opening;
  await key.plugInto(other);
  const closed = other.waitForEvent('close');
  await other.getByRole('button', { name: go }).click();
  await closed;
}

/** Finds the patient of a device by wristband, and opens the device. */
export async function openDevice(
  { page, press }: Pick<Visitor, 'page' | 'press'>,
  patient: { readonly mrn: string },
  device: string | RegExp,
): Promise<void> {
  await page.getByLabel('Wristband').fill(patient.mrn);
  await press('Find by wristband');
  await press(/^Open /u);
  await page.getByRole('heading', { name: 'Choose the device' }).waitFor(); // wristbands to press name devices too
  await press(device);
  await page.getByRole('heading', { name: 'Quick look' }).waitFor();
}

/** Finds the patient of an implant, binds the reader of the ward, and reads the implant through it. */
export async function chooseImplant(visitor: Visitor, patient: { readonly mrn: string }): Promise<void> {
  const { page, press } = visitor;
  await page.getByLabel('Wristband').fill(patient.mrn);
  await press('Find by wristband');
  await press(/^Open /u);
  await page.getByLabel('Label on the reader').fill('station-1');
  await page.getByRole('button', { name: 'Use this reader', exact: true }).click();
  await page.getByRole('button', { name: /^It (blinked|is this one)$/u }).click();
  await page.getByRole('heading', { name: 'Quick look' }).waitFor();
}

/** Chooses another value for one setting, from the list of its keys. */
export async function pickValue({ press }: Visitor, setting: string, value: string): Promise<void> {
  await press('Change settings');
  await press(`Change ${setting}`);
  await press(value);
  await press('Take this value');
}

/** Finds somebody by wristband, and opens them. */
export async function openPatient(
  { page, press }: Pick<Visitor, 'page' | 'press'>,
  mrn: string,
): Promise<void> {
  await page.getByLabel('Wristband').fill(mrn);
  await press('Find by wristband');
  await press(/^Open /u);
}

/** Opens the sign sheet, types the year, and signs. */
export async function signSheet({ page, press }: Visitor, year: number): Promise<void> {
  await press('Review and sign 1 change');
  await page.getByLabel('Year of birth of the patient').fill(String(year));
  await press('Sign with passkey');
}

/** Has the gateway's answers at some paths say something else; without a path all are as they are. */
export const answerWith = (page: Page, path?: string, lie: object = {}): Promise<void> =>
  page.evaluate(
    ([at, said]) => {
      const kept = Reflect.get(window, 'honest') as typeof fetch | undefined;
      const honest = kept ?? window.fetch.bind(window);
      Reflect.set(window, 'honest', honest);
      window.fetch = async (input, init) => {
        const answer = await honest(input, init);
        const url = typeof input === 'string' ? input : '';
        if (at === undefined || !answer.ok || !new RegExp(at, 'u').test(url)) return answer;
        const body = JSON.stringify({ ...((await answer.json()) as object), ...said });
        return new Response(body, { headers: answer.headers });
      };
    },
    [path, lie] as const,
  );

/** Asks the device what became of a command. The gateway asks by itself as well, and may be quicker than any hand. */
export async function askUntil({ page }: Pick<Visitor, 'page'>, settled: Locator): Promise<void> {
  const ask = page.getByRole('button', { name: 'Ask the device' });
  await settled.or(ask).first().waitFor({ timeout: 20_000 });
  await ask.click({ timeout: 3_000 }).catch(() => undefined);
  await settled.waitFor({ timeout: 20_000 });
}
