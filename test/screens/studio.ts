import type { Page } from 'playwright-core';
import {
  axeFindings,
  type Screen,
  startBrowser,
  type TestBrowser,
  type TestTablet,
} from '../browser/support/browser.ts';
import { type Gallery, openGallery } from './gallery-server.ts';
import { openPageWard, type PageWard } from '../browser/support/ward.ts';

export type Theme = 'light' | 'dark';

/** What a picture is taken of: pages of a running ward, in a real browser. */
export interface Studio {
  readonly theme: Theme;
  readonly ward: PageWard;
  /** The tablet's screens in states that are given. */
  readonly gallery: Gallery;
  /** The same for the second signer's page. */
  readonly secondGallery: Gallery;
  /** Opens a page in the theme of the picture, on a tablet of its own. */
  readonly open: (url: string, size?: Size) => Promise<Page>;
  /** A tablet or desk of its own in the theme of the picture, for who needs more than one page. */
  readonly tablet: (size?: Size) => Promise<TestTablet>;
  /** Shows a state of a gallery, on the one page of a theme that all its pictures are taken of. */
  readonly show: (gallery: Gallery, state: string) => Promise<Page>;
  /** One for all pictures of a theme: who sits there once stays, since nobody has more than ten passkeys. */
  readonly desk: (size: Size) => Promise<TestTablet>;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A screen in one of its states. */
export interface NamedScreen {
  /** Of the picture: lower case, the screen first, as in `c8-compare-two-changes`. */
  readonly name: string;
  /** Brings a page into the state, and resolves with it when it stands still. */
  draw(studio: Studio): Promise<Page>;
}

export interface Report {
  readonly screens: readonly string[];
  readonly axeViolations: readonly string[];
  readonly cspViolations: readonly string[];
}

/** Takes each screen in both themes. `keep` is given the picture of each. */
export async function takeAll(
  screens: readonly NamedScreen[],
  keep: (name: string, picture: Buffer) => void,
  say: (line: string) => void,
): Promise<Report> {
  const ward = await openPageWard(undefined, 8);
  const gallery = await openGallery();
  const secondGallery = await openGallery('second-gallery');
  const browser = await startBrowser();
  const desks = new Map<Theme, TestTablet>();
  const stages = new Map<string, Promise<Screen>>();
  const report = { screens: [] as string[], axeViolations: [] as string[], cspViolations: [] as string[] };
  try {
    for (const screen of screens)
      for (const theme of ['light', 'dark'] as const) {
        const name = `${screen.name}-${theme}`;
        const places = { ward, gallery, secondGallery, desks, stages };
        // Pages are alive, and one may move under the hand that points at it: then once more, and no third time.
        const { picture, axe, csp } = await take(screen, theme, places, browser).catch((error: unknown) => {
          say(`${name}: once more, for ${String(error).split('\n')[0]}`);
          return take(screen, theme, places, browser);
        });
        keep(name, picture);
        report.screens.push(name);
        report.axeViolations.push(...axe.map((line) => `${name}: ${line}`));
        report.cspViolations.push(...csp.map((line) => `${name}: ${line}`));
        say(`${name}${axe.length + csp.length > 0 ? `: ${[...axe, ...csp].join('; ')}` : ''}`);
      }
  } finally {
    await browser.close();
    await gallery.close();
    await secondGallery.close();
    await ward.end();
  }
  return report;
}

/** What is there for all pictures: the ward, the galleries, and pages that stay. */
interface Places extends Pick<Studio, 'ward' | 'gallery' | 'secondGallery'> {
  readonly desks: Map<Theme, TestTablet>;
  /** By theme and gallery. */
  readonly stages: Map<string, Promise<Screen>>;
}

async function take(
  screen: NamedScreen,
  theme: Theme,
  { desks, stages, ...places }: Places,
  browser: TestBrowser,
) {
  const tablets: TestTablet[] = [];
  const opened: Screen[] = [];
  const makeTablet = async (size?: Size): Promise<TestTablet> => {
    const tablet = await newTablet(size);
    tablets.push(tablet);
    return tablet;
  };
  const newTablet = async (size?: Size): Promise<TestTablet> => {
    const tablet = await browser.tablet(size ? { size } : {});
    await tablet.context.addInitScript(
      ([chosen, profiles]) => {
        localStorage.setItem('countersign.theme', chosen);
        localStorage.setItem('second-signer.dark', chosen === 'dark' ? 'yes' : 'no');
        Reflect.set(window, '__profiles', profiles);
      },
      [theme, places.gallery.profiles] as const,
    );
    return {
      ...tablet,
      async open(url) {
        const screen = await tablet.open(url);
        opened.push(screen);
        return screen;
      },
    };
  };
  const studio: Studio = {
    ...places,
    theme,
    tablet: makeTablet,
    async desk(size) {
      const desk = desks.get(theme) ?? (await newTablet(size));
      desks.set(theme, desk);
      return desk;
    },
    open: async (url, size) => (await (await makeTablet(size)).open(url)).page,
    async show(gallery, state) {
      const name = `${theme} ${gallery.url('')}`;
      const stage = stages.get(name) ?? newTablet().then((tablet) => tablet.open(gallery.url(state)));
      stages.set(name, stage);
      const screen = await stage;
      opened.push(screen);
      await screen.page.evaluate((to) => void (location.hash = to), state);
      await screen.page.waitForFunction(
        (shown) => document.documentElement.dataset['shown'] === shown,
        state,
      );
      return screen.page;
    },
  };
  try {
    const page = await screen.draw(studio);
    const picture = await page.screenshot({ animations: 'disabled' });
    const axe = await axeFindings(page);
    return { picture, axe, csp: opened.flatMap(({ faults }) => faults.csp.splice(0)) };
  } finally {
    for (const tablet of tablets) await tablet.close();
  }
}
