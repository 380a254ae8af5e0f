import type { Page } from 'playwright-core';
import { DESK, makeHistory, press, seatAuditor } from '../browser/support/auditor.ts';
import { securityKey } from '../browser/support/security-key.ts';
import type { PageWard } from '../browser/support/ward.ts';
import type { NamedScreen, Studio } from './studio.ts';

const PATIENCE = { timeout: 30_000 };
/** One history for all pictures of a ward. */
const histories = new WeakMap<PageWard, Promise<void>>();

/** An auditor in front of a log of real ceremonies. */
async function desk({ ward, tablet }: Studio): Promise<Page> {
  const made = histories.get(ward) ?? makeHistory(ward);
  histories.set(ward, made);
  await made;
  const { page } = await seatAuditor(ward, await tablet(DESK));
  return page;
}

async function commands(studio: Studio): Promise<Page> {
  const page = await desk(studio);
  await press(page, 'Commands');
  await page.locator('.detail .checks').waitFor(PATIENCE);
  return page;
}

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
  {
    name: 'a1-overview',
    draw: async (studio) => {
      const page = await desk(studio);
      await page.getByRole('heading', { name: 'Needs attention' }).waitFor(PATIENCE);
      return page;
    },
  },
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
      await page.locator('.detail .checks').scrollIntoViewIfNeeded();
      await page.locator('.detail .checks li:last-child').scrollIntoViewIfNeeded();
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
];
