import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';

/** Where Debian, and others, put a browser that these tests can drive. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const INSTALL = 'install it with: apt-get install -y --no-install-recommends chromium';
const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
]; // prettier-ignore
/** The tablet that everything is made for. */
export const TABLET = { width: 1280, height: 800 } as const;

const path = PLACES.find((place) => existsSync(place));

/** Why no page can be tried here; undefined when there is a browser. In CI that is an error. */
export function noBrowser(): string | undefined {
  if (path !== undefined) return undefined;
  if (process.env['CI'] === 'true') throw new Error(`no browser: ${INSTALL}`);
  return `no browser; ${INSTALL}`;
}

/** What went wrong in a page: nothing, in every test. */
export interface Faults {
  /** Directives that the Content Security Policy refused. */
  readonly csp: string[];
  /** Errors on the console, and exceptions that nobody caught. */
  readonly errors: string[];
}

/** A page as a person has it in front of them. */
export interface Screen {
  readonly page: Page;
  readonly faults: Faults;
  /** Throws Error when anything went wrong so far. Answers with a problem count as errors unless they were expected. */
  expectNoFaults(): void;
}

/** A tablet: a browser profile of its own, with its own storage and its own keys. */
export interface TestTablet {
  readonly context: BrowserContext;
  open(url: string): Promise<Screen>;
  close(): Promise<void>;
}

export interface TestBrowser {
  tablet(options?: TabletOptions): Promise<TestTablet>;
  close(): Promise<void>;
}

export interface TabletOptions {
  readonly size?: { readonly width: number; readonly height: number };
  readonly reducedMotion?: boolean;
  readonly locale?: string;
}

/** Starts a real browser without a window. */
export async function startBrowser(): Promise<TestBrowser> {
  if (path === undefined) throw new Error(INSTALL);
  const browser: Browser = await chromium.launch({ executablePath: path, headless: true, args: ARGS });
  return {
    tablet: (options = {}) => openTablet(browser, options),
    close: () => browser.close(),
  };
}

async function openTablet(browser: Browser, options: TabletOptions): Promise<TestTablet> {
  const context = await browser.newContext({
    viewport: options.size ?? TABLET,
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    locale: options.locale ?? 'en-GB',
    serviceWorkers: 'allow',
  });
  return {
    context,
    async open(url) {
      const page = await context.newPage();
      const screen = watched(page);
      await screen.ready;
      await page.goto(url);
      return screen;
    },
    close: () => context.close(),
  };
}

/** A failed request says this on the console; the page says it better, and a test that expects it looks at the page. */
const REQUEST_FAILED = /^Failed to load resource/u;

function watched(page: Page): Screen & { readonly ready: Promise<unknown> } {
  const faults: Faults = { csp: [], errors: [] };
  page.on('pageerror', (error) => faults.errors.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !REQUEST_FAILED.test(text)) faults.errors.push(text);
  });
  const ready = page
    .exposeFunction('__refused', (directive: string) => void faults.csp.push(directive))
    .then(() =>
      page.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
          const tell: unknown = Reflect.get(window, '__refused');
          if (typeof tell === 'function') tell(`${effectiveDirective} ${blockedURI}`);
        });
      }),
    );
  const expectNoFaults = (): void => {
    const all = [...faults.csp.map((text) => `policy: ${text}`), ...faults.errors];
    if (all.length > 0) throw new Error(`in the page ${page.url()}:\n${all.join('\n')}`);
  };
  return { page, faults, ready, expectNoFaults };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sessions = new WeakMap<Page, CDPSession>();
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds against WCAG 2.2 AA in the page as it is now: one line for each finding. */
export async function axeFindings(page: Page): Promise<string[]> {
  // By the debugger's door: the page's own policy refuses scripts of others, and stays as it is.
  // The session stays: when one is detached, the browser forgets the page's security key.
  const session = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, session);
  // Half a megabyte of script: once for each document.
  if (!(await page.evaluate(() => 'axe' in window)))
    await session.send('Runtime.evaluate', { expression: AXE });
  return page.evaluate(async (tags) => {
    const { axe } = window as unknown as { axe: AxeRun };
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    );
  }, TAGS);
}

interface AxeRun {
  run(
    root: Document,
    options: object,
  ): Promise<{ violations: { id: string; help: string; nodes: { target: string[] }[] }[] }>;
}
