import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { bundleFolder } from '../../clients/host/build.mjs';
import { noBrowser, startBrowser } from '../browser/support/browser.ts';
import { arrive, openDevice, setUp, signIn } from '../browser/support/visitor.ts';
import { openPageWard } from '../browser/support/ward.ts';
import type { Findings } from './report.ts';
import { quantile } from './stats.ts';

const OPENINGS = 10;
/** Values of the pump's occlusion limit (mmHg), one change each. */
const CHANGES = ['325', '350', '375', '350', '325', '300'];

/** The tablet as people feel it: bytes of its shell, how soon it stands again, and how soon a stage of a command is seen. */
export async function tabletPage(): Promise<Findings> {
  const missing = noBrowser();
  if (missing !== undefined) throw new Error(missing);
  const ward = await openPageWard();
  const browser = await startBrowser();
  try {
    const visitor = await arrive(ward, browser, undefined, ({ context }) =>
      context.addInitScript(watchStages),
    );
    const { page, press } = visitor;
    await setUp(visitor);
    await signIn(visitor);
    const patient = ward.patientOf('pump-1');
    await openDevice(visitor, patient, /pump-1/u);
    for (const value of CHANGES) {
      await press('Change settings');
      await press('Change Occlusion alarm limit');
      await page.getByRole('button', { name: value, exact: true }).click();
      await press('Take this value');
      await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
      await press('Review and sign 1 change');
      await page.getByLabel('Year of birth of the patient').fill(String(patient.birthYear));
      await press('Sign with passkey');
      await page.getByText(`The device now reads Occlusion alarm limit ${value}`).waitFor();
      await press('Back to the device');
    }
    const stages = await page.evaluate(() => Reflect.get(window, '__stages') as number[]);
    const opened: number[] = [];
    for (let i = 0; i < OPENINGS; i += 1) opened.push(await firstScreen(page));
    return {
      ...shell(),
      tabletStageUpdateP95Ms: quantile(stages, 0.95),
      tabletFirstScreenWarmP95Ms: quantile(opened, 0.95),
    };
  } finally {
    await browser.close();
    await ward.end();
  }
}

/** Compressed sizes of what the tablet needs to stand (kB of 1024 bytes). */
function shell(): Findings {
  const { files } = JSON.parse(readFileSync(join(bundleFolder('tablet'), 'manifest.json'), 'utf8')) as {
    files: { name: string; brotli: number; later?: true }[];
  };
  const kb = (end: string): number =>
    files
      .filter(({ name, later }) => name.endsWith(end) && !later)
      .reduce((all, { brotli }) => all + brotli, 0) / 1_024;
  return { tabletScriptsKb: kb('.js'), tabletStylesKb: kb('.css') };
}

/** Opens the page again from what the browser keeps; when the frame with its first heading is drawn (ms). */
async function firstScreen(page: Page): Promise<number> {
  await page.reload();
  const drawn = await page.waitForFunction(() => Reflect.get(window, '__drawn') as number | undefined);
  return (await drawn.jsonValue()) ?? Number.NaN;
}

/** In the page: when the first heading is drawn; and for each change of the stages, how long ago the gateway's last message came. */
function watchStages(): void {
  const stages: number[] = [];
  Reflect.set(window, '__stages', stages);
  let told = Number.NaN;
  const Real = WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given: ConstructorParameters<typeof Real>) {
      super(...given);
      this.addEventListener('message', () => (told = performance.now()));
    }
  };
  let seen = '';
  new MutationObserver(() => {
    if (Reflect.get(window, '__drawn') === undefined && document.querySelector('h1'))
      requestAnimationFrame(() => Reflect.set(window, '__drawn', performance.now()));
    const now = [...document.querySelectorAll('.progress time')].length;
    const done = document.querySelector('.checks') !== null;
    const shown = document.querySelector('.progress') || done ? `${now} ${done}` : '';
    if (shown !== '' && shown !== seen && !Number.isNaN(told)) stages.push(performance.now() - told);
    seen = shown;
  }).observe(document, { subtree: true, childList: true });
}
