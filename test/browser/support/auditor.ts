import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Clinician, OpenDevice } from '../../../clients/ward/clinician.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Screen, TestTablet } from './browser.ts';
import { type SecurityKey, securityKey } from './security-key.ts';
import type { PageWard } from './ward.ts';

/** The screen an auditor sits at. */
export const DESK = { width: 1440, height: 900 } as const;
export const WHY = 'complaint 12';
const PATIENCE = { timeout: 30_000 };
const CONTEXT = { reason: 'titration', note: 'agreed at the bedside', order: 'ORD-7' };

/** Real ceremonies: a change by one person, one by two, and one that is refused. @param primed the second is shown the values */
export async function makeHistory(ward: PageWard, primed = false): Promise<void> {
  const first = await ward.signIn('dr-a');
  const second = await ward.signIn('dr-b');
  const patient = ward.patientOf('pump-1');
  const prepared = (by: Clinician, pump: OpenDevice, name: string, value: number): Uint8Array => {
    const setting = pump.profile.parameters.find((one) => one.name === name);
    assert.ok(setting);
    const changes = new Map([[setting.code, value]]);
    return by.prepare(pump, patient, { operation: OPERATION.program, changes });
  };
  let pump = await first.open(ward.idOf('pump-1'));
  const bytes = prepared(first, pump, 'Occlusion alarm limit', 325);
  assert.equal((await first.sign(pump, bytes, CONTEXT)).kind, 'done');
  // The device's answer to the first one used the nonce that this one was made for.
  const late = prepared(first, pump, 'Occlusion alarm limit', 375);
  const refused = await first.sign(pump, late, CONTEXT).catch((error: unknown) => error);
  assert.ok(refused instanceof Refusal || isRefused(refused), 'a used nonce is refused');
  pump = await first.open(ward.idOf('pump-1'));
  const large = prepared(first, pump, 'Infusion rate', 605);
  const asked = await first.sign(pump, large, CONTEXT);
  assert.equal(asked.kind, 'awaiting-second', JSON.stringify(asked));
  assert.ok('draft' in asked);
  const same = await second.open(ward.idOf('pump-1'));
  if (primed) assert.deepEqual(await second.show(asked.draft), large);
  else assert.ok(await second.enter(asked.draft, prepared(second, same, 'Infusion rate', 605)));
  const label = primed ? 'primed' : 'command';
  assert.equal((await second.second(pump, asked.draft, large, undefined, label)).kind, 'done');
  first.close();
  second.close();
}

/** One more small change by one person, whatever the limit is now. */
export async function makeMore(ward: PageWard): Promise<void> {
  const doctor = await ward.signIn('dr-a');
  const pump = await doctor.open(ward.idOf('pump-1'));
  const setting = pump.profile.parameters.find(({ name }) => name === 'Occlusion alarm limit');
  assert.ok(setting);
  const now = pump.attestation.settings.get(setting.code);
  const changes = new Map([[setting.code, now === 325 ? 350 : 325]]);
  const bytes = doctor.prepare(pump, ward.patientOf('pump-1'), { operation: OPERATION.program, changes });
  assert.equal((await doctor.sign(pump, bytes, CONTEXT)).kind, 'done');
  doctor.close();
}

const isRefused = (outcome: unknown): boolean =>
  typeof outcome === 'object' && outcome !== null && Reflect.get(outcome, 'kind') === 'refused';

/** The first day of an auditor: signing passkey, enrolment, and the passkey for signing in. */
export async function setUpAuditor(page: Page, tablet: TestTablet, key: SecurityKey): Promise<void> {
  await press(page, 'Make the signing passkey');
  const before = key.made;
  await throughTheWindow(page, tablet, key, 'Make the sign-in passkey', 'Make the passkey and sign in');
  // The browser tells of it a little later: a window that opens before that would find an empty key.
  while (key.made === before) await new Promise((resolve) => setTimeout(resolve, 20));
  await page.getByLabel(/^Purpose/u).waitFor(PATIENCE);
}

/** Signs in through the issuer's window, unless that was done on the first day, says why, and approves with the signing passkey. */
export async function signInAuditor(page: Page, tablet: TestTablet, key: SecurityKey): Promise<void> {
  const purpose = page.getByLabel(/^Purpose/u);
  if ((await purpose.count()) === 0)
    await throughTheWindow(page, tablet, key, 'Sign in', 'Sign in with a passkey');
  await purpose.fill(WHY, PATIENCE);
  await press(page, 'Approve with signing passkey');
  await page.getByRole('heading', { name: 'Overview' }).waitFor(PATIENCE);
}

/** After the gateway was started anew: what was signed in has ended. */
export async function signInAgain(page: Page, tablet: TestTablet, key: SecurityKey): Promise<void> {
  await press(page, 'Overview');
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor(PATIENCE);
  await signInAuditor(page, tablet, key);
}

/** An auditor who is in the console already. */
export async function seatAuditor(ward: PageWard, tablet: TestTablet, key = securityKey()): Promise<Screen> {
  const screen = await tablet.open(ward.page('Audit console'));
  await key.plugInto(screen.page);
  await setUpAuditor(screen.page, tablet, key);
  await signInAuditor(screen.page, tablet, key);
  return screen;
}

export const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click(PATIENCE);

/** Whatever opens the issuer's window: presses it, and signs in there with `go`. */
async function throughTheWindow(
  page: Page,
  tablet: TestTablet,
  key: SecurityKey,
  button: string,
  go: string,
): Promise<void> {
  const window = await opened(tablet, key, () => press(page, button));
  const closed = window.waitForEvent('close', PATIENCE);
  await press(window, go);
  await closed;
}

async function opened(tablet: TestTablet, key: SecurityKey, open: () => Promise<void>): Promise<Page> {
  const [page] = await Promise.all([tablet.context.waitForEvent('page'), open()]);
  await key.plugInto(page);
  return page;
}
