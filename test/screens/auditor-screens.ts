import type { Page } from 'playwright-core';
import { DESK, makeHistory, press, seatAuditor, signInAgain } from '../browser/support/auditor.ts';
import type { TestTablet } from '../browser/support/browser.ts';
import { securityKey } from '../browser/support/security-key.ts';
import { keepStore, makeTrouble, putStoreBack } from '../browser/support/trouble.ts';
import { openPageWard, type PageWard } from '../browser/support/ward.ts';
import { historyOf } from './history.ts';
import type { NamedScreen, Studio } from './studio.ts';

const PATIENCE = { timeout: 30_000 };
const seats = new WeakMap<TestTablet, Promise<Page>>();
const troubles = new WeakMap<PageWard, Promise<void>>();

/** An auditor in front of a log of real ceremonies. */
async function desk({ ward, desk: at }: Studio): Promise<Page> {
  await historyOf(ward);
  const mine = await at(DESK);
  const seat = seats.get(mine) ?? seatAuditor(ward, mine).then(({ page }) => page);
  seats.set(mine, seat);
  const page = await seat;
  await page.setViewportSize(DESK);
  // As somebody who has just sat down: nothing open, nothing filtered, nobody shown.
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await page.emulateMedia({ media: 'screen' });
  await page.keyboard.press('Escape');
  const masked = page.getByRole('button', { name: 'Mask again' });
  if (await masked.isVisible()) await masked.click();
  await press(page, 'Commands');
  await press(page, 'Clear filters');
  await press(page, 'Overview');
  return page;
}

async function commands(studio: Studio): Promise<Page> {
  const page = await desk(studio);
  await press(page, 'Commands');
  await checks(page);
  return page;
}

/** The same on a smaller and on a larger screen. */
const sized = (
  name: string,
  draw: NamedScreen['draw'],
  until: (page: Page) => Promise<void>,
): readonly NamedScreen[] =>
  [
    { width: 1280, height: 800 },
    { width: 1920, height: 1080 },
  ].map((size) => ({
    name: `${name}-${size.width}`,
    async draw(studio) {
      const page = await draw(studio);
      await page.setViewportSize(size);
      await until(page);
      return page;
    },
  }));

const attention = (page: Page): Promise<void> =>
  page.getByRole('heading', { name: 'Needs attention' }).waitFor(PATIENCE);
const checks = (page: Page): Promise<void> => page.locator('.detail .checks').waitFor(PATIENCE);

const overview: NamedScreen['draw'] = async (studio) => {
  const page = await desk(studio);
  await attention(page);
  return page;
};

/** The screens of the auditors' console. */
export const AUDITOR_SCREENS: readonly NamedScreen[] = [
  {
    name: 'a0-sign-in',
    async draw({ ward, tablet }) {
      const { page } = await (await tablet(DESK)).open(ward.page('Audit console'));
      await securityKey().plugInto(page);
      await page.getByRole('heading', { level: 1 }).waitFor();
      return page;
    },
  },
  { name: 'a1-overview', draw: overview },
  { name: 'a2-commands', draw: commands },
  {
    name: 'a3-refused',
    async draw(studio) {
      const page = await commands(studio);
      await page.getByLabel('Outcome').selectOption('refused');
      await page.getByText('1–1 of 1').waitFor(PATIENCE);
      await page.getByText('Not granted: nothing to prove').waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a4-proof',
    async draw(studio) {
      const page = await commands(studio);
      await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
      await page
        .locator('.detail .checks li')
        .last()
        .evaluate((line) => line.scrollIntoView());
      return page;
    },
  },
  {
    name: 'a6-export',
    async draw(studio) {
      const page = await commands(studio);
      await press(page, 'Export list');
      await page.getByRole('dialog', { name: 'Export the list' }).waitFor();
      return page;
    },
  },
  {
    name: 'a5-gaps',
    async draw(studio) {
      const page = await desk(studio);
      await press(page, 'Gaps');
      await page.getByText('No gaps').waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a9-access-review',
    async draw(studio) {
      const page = await desk(studio);
      await press(page, 'Access review');
      await page.getByRole('heading', { name: 'Who approved whom' }).waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a8-unmask-asks',
    async draw(studio) {
      const page = await commands(studio);
      await press(page, 'Unmask this patient');
      await page.getByLabel(/^Reason/u).fill('complaint 12, call the patient');
      return page;
    },
  },
  {
    name: 'a8-unmasked',
    async draw(studio) {
      const page = await commands(studio);
      await press(page, 'Unmask this patient');
      await page.getByLabel(/^Reason/u).fill('complaint 12, call the patient');
      await press(page, 'Show for 15 minutes');
      await page.locator('.unmasked').waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a8-retention',
    async draw(studio) {
      const page = await commands(studio);
      await page.getByLabel('Kind').selectOption('hold');
      await page.getByLabel('Text', { exact: true }).fill('The court asked for it.');
      await press(page, 'Sign and add');
      await page.locator('.notes li').getByText('The court asked for it.').first().waitFor(PATIENCE);
      await press(page, 'Retention');
      await page.getByRole('cell', { name: 'The court asked for it.' }).waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a10-notes',
    async draw(studio) {
      const page = await commands(studio);
      await page.getByLabel('Kind').selectOption('sign-off');
      await page.getByLabel('Text', { exact: true }).fill('Read, and in order.');
      await press(page, 'Sign and add');
      await page.locator('.notes li').getByText('Read, and in order.').first().waitFor(PATIENCE);
      await page.locator('.notes').scrollIntoViewIfNeeded();
      return page;
    },
  },
  {
    name: 'a3-print',
    async draw(studio) {
      const page = await commands(studio);
      await page.getByText('9 of 9 checks pass').waitFor(PATIENCE);
      await page.emulateMedia({ media: 'print' });
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      return page;
    },
  },
  ...sized('a1-overview', overview, attention),
  ...sized('a2-commands', commands, checks),
];

/** Broken glass, an outcome nobody knows, and a log that was put back. */
export const TROUBLED_SCREENS: readonly NamedScreen[] = [
  {
    name: 'a5-gap',
    async draw(studio) {
      const page = await desk(studio);
      const trouble = troubles.get(studio.ward) ?? makeTrouble(studio.ward);
      troubles.set(studio.ward, trouble);
      await trouble;
      await press(page, 'Gaps');
      await page.getByText('Sent, no receipt').waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a1-attention',
    draw: async (studio) => {
      const page = await desk(studio);
      await page.getByRole('button', { name: 'Glass broken: 1' }).waitFor(PATIENCE);
      return page;
    },
  },
  {
    name: 'a5-fork',
    async draw({ tablet }) {
      // In a ward of its own, which is over when the picture is taken: nobody relies on its log any more.
      const ward = await openPageWard();
      try {
        const key = securityKey();
        const mine = await tablet(DESK);
        const { page } = await seatAuditor(ward, mine, key);
        keepStore(ward);
        await makeHistory(ward);
        await putStoreBack(ward);
        await signInAgain(page, mine, key);
        await press(page, 'Gaps');
        await page.getByRole('heading', { name: 'Stop relying on this gateway' }).waitFor(PATIENCE);
        return page;
      } finally {
        await ward.end();
      }
    },
  },
];
