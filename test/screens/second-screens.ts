import type { Page } from 'playwright-core';
import { ask, type Asked, PATIENCE, SecondWalk } from '../browser/support/second-walk.ts';
import { securityKey } from '../browser/support/security-key.ts';
import { SECOND_GALLERY_STATES } from './gallery-server.ts';
import type { NamedScreen, Studio } from './studio.ts';

let orders = 0;
/** Of the pump (mL/h), above what it is set to before; each picture asks for a little more. */
const FIRST_RATE = 62;
/** One person comes again and again, with one key: an account has ten passkeys at most. */
const key = securityKey();

/** A second clinician who is signed in, with one change that waits for them. */
async function signedIn({ ward, open }: Studio): Promise<{ second: SecondWalk; asked: Asked }> {
  const second = await SecondWalk.begin(await open(ward.page('Second signature')), ward, key);
  await second.setUp(orders > 0);
  const asked = await ask(ward, FIRST_RATE + orders++ / 2, `ORD-${4700 + orders}`);
  await second.signIn();
  return { second, asked };
}

const screen = (name: string, walk: (second: SecondWalk, asked: Asked) => Promise<void>): NamedScreen => ({
  name: `second-${name}`,
  async draw(studio): Promise<Page> {
    const { second, asked } = await signedIn(studio);
    await walk(second, asked);
    asked.first.close();
    return second.page;
  },
});

const rateOf = (): string => String(FIRST_RATE + (orders - 1) / 2);

/** The screens of the second clinician's page. */
export const SECOND_SCREENS: readonly NamedScreen[] = [
  {
    name: 'second-start',
    async draw({ ward, open }) {
      const page = await open(ward.page('Second signature'));
      await page.getByRole('heading', { level: 1 }).waitFor(PATIENCE);
      return page;
    },
  },
  screen('inbox', async () => undefined),
  screen('wrong-person', async (second, asked) => {
    await second.open(asked);
    await second.person(1);
    await second.page.getByText('belongs to somebody else').waitFor(PATIENCE);
  }),
  screen('entry', async (second, asked) => {
    await second.open(asked);
    await second.person();
    await second.heading('Enter the new values');
  }),
  screen('differs', async (second, asked) => {
    await second.open(asked);
    await second.person();
    await second.enter('71.5');
    await second.page.getByText('differ in').waitFor(PATIENCE);
  }),
  screen('compare', async (second, asked) => {
    await second.open(asked);
    await second.person();
    await second.enter(rateOf());
    await second.heading('Both of you entered the same');
  }),
  screen('done', async (second, asked) => {
    await second.open(asked);
    await second.person();
    await second.enter(rateOf());
    await second.press('Sign 1 change with passkey');
    await second.heading('Done');
  }),
  ...SECOND_GALLERY_STATES.map((name) => ({
    name,
    draw: ({ secondGallery, show }: Studio): Promise<Page> => show(secondGallery, name),
  })),
];
