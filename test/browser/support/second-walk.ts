import assert from 'node:assert/strict';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Clinician } from '../../../clients/ward/clinician.ts';
import { OPERATION } from '../../../server/protocol/command.ts';
import { commandWords } from '../../../server/protocol/words.ts';
import { nodeCrypto } from '../../support/keys.ts';
import { type SecurityKey, securityKey } from './security-key.ts';
import type { PageWard } from './ward.ts';

export const PATIENCE = { timeout: 30_000 };
const DEVICE = 'pump-1';
const AGAIN = 'Sign in again to sign this';
const APPROVE = 'Approve this tablet';

/** What a first clinician asked for, and signed at the other page. */
export interface Asked {
  readonly first: Clinician;
  readonly words: string;
  /** The first one takes it back. */
  readonly cancel: () => Promise<void>;
  /** The order's reference, by which its row is found. */
  readonly order: string;
}

/** A first clinician asks for another infusion rate (mL/h) of the pump, and for another volume (mL) when that is given. */
export async function ask(ward: PageWard, rate: number, order: string, volume?: number): Promise<Asked> {
  const first = await ward.signIn('dr-a');
  const pump = await first.open(ward.idOf(DEVICE));
  const codeOf = (wanted: string): number => {
    const setting = pump.profile.parameters.find(({ name }) => name === wanted);
    assert.ok(setting);
    return setting.code;
  };
  const changes = new Map([[codeOf('Infusion rate'), Math.round(rate * 10)]]);
  if (volume !== undefined) changes.set(codeOf('Volume to be infused'), volume);
  const bytes = first.prepare(pump, ward.patientOf(DEVICE), { operation: OPERATION.program, changes });
  const asked = await first.sign(pump, bytes, { reason: 'titration', note: 'agreed at the bedside', order });
  assert.equal(asked.kind, 'awaiting-second');
  return { first, order, words: commandWords(nodeCrypto.sha256(bytes)), cancel: () => first.cancel(bytes) };
}

/** The second clinician in front of their page, as a person walks through it. */
export class SecondWalk {
  readonly page: Page;
  readonly #ward: PageWard;
  readonly #key: SecurityKey;

  private constructor(page: Page, ward: PageWard, key: SecurityKey) {
    this.page = page;
    this.#key = key;
    this.#ward = ward;
  }

  /** @param key the person's own, when they come again */
  static async begin(page: Page, ward: PageWard, key = securityKey()): Promise<SecondWalk> {
    const walk = new SecondWalk(page, ward, key);
    await walk.#key.plugInto(page);
    return walk;
  }

  /** With the keyboard alone: goes on by Tab until something has the focus. */
  async tabTo(target: Locator): Promise<void> {
    const { page } = this;
    for (let i = 0; i < 40; i++) {
      if (await target.evaluate((one) => one === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not come to ${String(target)}`);
  }

  /** With the keyboard alone: comes to a button, and presses it. */
  async enterOn(name: string | RegExp): Promise<void> {
    await this.tabTo(this.page.getByRole('button', { name, exact: typeof name === 'string' }));
    await this.page.keyboard.press('Enter');
  }

  press(name: string | RegExp): Promise<void> {
    return this.page.getByRole('button', { name }).click(PATIENCE);
  }

  /**
   * The first day: a key for signing on this page, and another with which the issuer's window signs in at once. @param again
   * they have that one already: an account has ten at most
   */
  async setUp(again = false): Promise<void> {
    await this.press('Make my signing passkey');
    const make = this.page.getByRole('button', { name: 'Make my sign-in passkey' });
    await make.waitFor(PATIENCE);
    if (again) return this.press('I have one already');
    const before = this.#key.made;
    await this.#login('Make my sign-in passkey', 'Make the passkey and sign in');
    // The browser tells of it a little later: a window that opens before that would find an empty key.
    while (this.#key.made === before) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.heading(APPROVE);
  }

  async signIn(): Promise<void> {
    const approve = this.page.getByRole('heading', { name: APPROVE });
    if ((await approve.count()) === 0) await this.#login('Sign in');
    await this.press('Approve with signing passkey');
    await this.heading(/No change and|These changes wait|An emergency waits|A break-glass waits/u);
  }

  /** Once more, in the middle of the work. */
  async signInAgain(): Promise<void> {
    const title = this.page.getByRole('heading', { name: AGAIN });
    await title.waitFor(PATIENCE);
    await this.#login('Sign in again');
    await title.waitFor({ ...PATIENCE, state: 'detached' });
  }

  /** Through the issuer's window, which closes by itself. */
  async #login(press: string, go = 'Sign in with a passkey'): Promise<void> {
    const login = await this.#window(() => this.press(press));
    const closed = login.waitForEvent('close', PATIENCE);
    await login.getByRole('button', { name: go }).click(PATIENCE);
    await closed;
  }

  /** Opens what waits under this order, or for this device. */
  async open({ order }: Pick<Asked, 'order'>): Promise<void> {
    await this.press(new RegExp(order, 'u'));
    await this.heading('Who is in front of you?');
  }

  /** Says who is in front of them; `off` years beside the truth. */
  async person(off = 0, device = DEVICE): Promise<void> {
    const { mrn, birthYear } = this.#ward.patientOf(device);
    await this.page.getByLabel('Record number').fill(mrn);
    await this.page.getByLabel('Year of birth').fill(String(birthYear + off));
    await this.press('Check the person');
  }

  field(name = 'Infusion rate'): Locator {
    return this.page.getByLabel(new RegExp(`^New value.*: ${name}$`, 'u'));
  }

  async enter(value: string, field = this.field()): Promise<void> {
    await this.heading('Enter the new values');
    await field.fill(value, PATIENCE);
    await this.press('Compare');
  }

  /** Waits for a screen. On a slow machine the sign-in is too old by then: the person does what the page asks for. */
  async heading(name: string | RegExp): Promise<void> {
    const title = (of: string | RegExp): Locator => this.page.getByRole('heading', { name: of, level: 1 });
    await title(name).or(title(AGAIN)).waitFor(PATIENCE);
    if (name === AGAIN || !(await title(AGAIN).isVisible())) return;
    await this.signInAgain();
    await title(name).waitFor(PATIENCE);
  }

  async #window(open: () => Promise<void>): Promise<Page> {
    const context: BrowserContext = this.page.context();
    const [opened] = await Promise.all([context.waitForEvent('page'), open()]);
    await this.#key.plugInto(opened);
    return opened;
  }
}
