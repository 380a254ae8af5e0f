import type { Page } from 'playwright-core';
import { haveMeasured, HEART_RATE, openLive, play } from '../browser/support/live.ts';
import { securityKey } from '../browser/support/security-key.ts';
import { setUp, signIn, type Visitor } from '../browser/support/visitor.ts';
import type { NamedScreen, Size, Studio } from './studio.ts';

/** The monitor of the ward that pictures are taken in. */
const MONITOR = 'monitor-1';
/** The sweep goes once over the panel. */
const SWEEP_MS = 6_500;

/** One person comes again and again, with one key: an account has ten passkeys at most. */
const key = securityKey();
let visits = 0;

/** A visitor at the live view, with traces over all of the panel. */
async function live(studio: Studio): Promise<Pick<Visitor, 'page' | 'press'>> {
  const visitor = await signedIn(studio);
  await openLive(visitor, studio.ward, MONITOR);
  await visitor.page.waitForTimeout(SWEEP_MS);
  return visitor;
}

/** A visitor who is signed in, on a ward where nothing happens. */
async function signedIn({ ward, open }: Studio, size?: Size): Promise<Pick<Visitor, 'page' | 'press'>> {
  const page = await open(ward.page('Tablet'), size);
  await key.plugInto(page);
  const press = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();
  const visitor = { page, press, key, tablet: { context: page.context() } };
  await setUp(visitor, visits++ > 0);
  await signIn(visitor);
  await play(ward, MONITOR, 'recover');
  await play(ward, MONITOR, 'acknowledge'); // an alarm of the picture before stays until somebody answers it
  return visitor;
}

/** The board, with whatever happened until somebody sees it. */
const board =
  (deeds: Readonly<Record<string, string>>, until: string, size?: Size): NamedScreen['draw'] =>
  async (studio) => {
    const { page, press } = await signedIn(studio, size);
    for (const name of Object.keys(deeds)) {
      await play(studio.ward, name, 'recover');
      await play(studio.ward, name, 'acknowledge');
    }
    await press(/^Ward board$/u);
    // Most of the eight monitors, and not the first value of one of them.
    await page.locator('.place-value[data-state="live"]').nth(24).waitFor({ timeout: 20_000 });
    for (const [name, word] of Object.entries(deeds)) await play(studio.ward, name, word);
    await page.locator(until).first().waitFor({ timeout: 20_000 });
    return page;
  };

const played =
  (word: string, until: (page: Page) => Promise<unknown>) =>
  async (studio: Studio): Promise<Page> => {
    const { page } = await live(studio);
    await play(studio.ward, MONITOR, word);
    await until(page);
    return page;
  };

/** A tile in a state, and the traces of it over most of the panel. */
async function arrived(page: Page, state: string): Promise<void> {
  await page.locator(`.vital[data-state="${state}"]`).first().waitFor({ timeout: 20_000 });
  await page.waitForTimeout(SWEEP_MS / 2);
}

/** C5, with real devices: nothing of it can be given, for it has to move. */
export const LIVE_SCREENS: readonly NamedScreen[] = [
  { name: 'ward-board', draw: board({}, '.place') },
  { name: 'ward-board-1440', draw: board({}, '.place', { width: 1440, height: 900 }) },
  { name: 'ward-board-1920', draw: board({}, '.place', { width: 1920, height: 1080 }) },
  {
    name: 'ward-board-alarms',
    draw: board(
      { 'monitor-5': 'arrhythmia', 'monitor-7': 'lead-off', 'monitor-3': 'link-loss' },
      '.place[data-severity="high"]',
    ),
  },
  { name: 'c5-live', draw: async (studio) => (await live(studio)).page },
  {
    name: 'c5-live-high-alarm',
    draw: played('arrhythmia', (page) => page.locator('.alarm.high').waitFor({ timeout: 20_000 })),
  },
  {
    name: 'c5-live-alarm-list',
    draw: played('arrhythmia', async (page) => {
      await page.locator('.alarm.high').click({ timeout: 20_000 });
      await page.locator('.alarm-list li').first().waitFor();
    }),
  },
  {
    name: 'c5-live-lead-off',
    draw: played('lead-off', (page) =>
      page.locator('.alarm', { hasText: 'leads off' }).waitFor({ timeout: 20_000 }),
    ),
  },
  {
    name: 'c5-live-artefact',
    draw: played('motion', (page) => arrived(page, 'artefact')),
  },
  {
    name: 'c5-live-out-of-range',
    draw: played('over-range', (page) => arrived(page, 'out-of-range')),
  },
  {
    name: 'c5-live-no-data',
    draw: played('link-loss', (page) => page.locator('.vital.stale').first().waitFor({ timeout: 20_000 })),
  },
  {
    name: 'c5-live-gap',
    draw: played('link-loss', async (page) => {
      const heart = page.locator(`.vital[data-code="${HEART_RATE}"]`);
      await heart.and(page.locator('[data-state="no-data"]')).waitFor({ timeout: 20_000 });
      await heart.and(page.locator('[data-state="live"]')).waitFor({ timeout: 60_000 }); // it comes back by itself
      await page.waitForTimeout(SWEEP_MS / 3);
    }),
  },
  {
    name: 'c5-live-audio-paused',
    draw: played('pause', (page) => page.waitForTimeout(2_000)),
  },
  {
    name: 'c5-live-trends',
    async draw(studio) {
      const { page, press } = await live(studio);
      haveMeasured(studio.ward, MONITOR, HEART_RATE, 8 * 60);
      await press('Trends');
      await press('6 hours');
      await page.locator('[aria-pressed="true"]', { hasText: '6 hours' }).waitFor();
      await page.getByText('Reading what was measured before').waitFor({ state: 'hidden' });
      await page.locator('.trend canvas').first().waitFor();
      return page;
    },
  },
  {
    name: 'c5-live-frozen',
    async draw(studio) {
      const { page, press } = await live(studio);
      await press('Freeze 10 s strip');
      await page.getByText(/^FROZEN/u).waitFor();
      return page;
    },
  },
];
