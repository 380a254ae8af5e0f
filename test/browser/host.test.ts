import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { makeApp } from '../../clients/host/app.ts';
import { bundleFolder } from '../../clients/host/build.mjs';
import { readBundle } from '../../clients/host/bundle.ts';
import { CONFIG } from '../../clients/host/config.ts';
import { axeFindings, noBrowser, startBrowser, type Screen, type TestBrowser } from './support/browser.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

type Bundle = ReturnType<typeof readBundle>;

describe('the configuration of a host', () => {
  it('has wristbands to press in a simulation, and nowhere else', () => {
    const place = {
      site: 'Ward 3',
      gateway: 'https://gate.example',
      issuer: { url: 'https://id.example', client: 'tablet' },
      wristbands: [{ device: 'pacemaker-1', mrn: 'SIM-1', birthYear: 1961 }],
    };
    const https = {
      url: 'https://sign-a.example',
      port: 443,
      key: 'key.pem',
      cert: 'cert.pem',
      pages: 'pages',
    };
    const judged = (environment: string) => CONFIG.safeParse({ ...https, place: { ...place, environment } });
    assert.equal(judged('simulation').success, true);
    assert.match(judged('production').error?.message ?? '', /only a simulation has wristbands to press/u);
  });
});

describe('a page of the ward, in a real browser', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let screen: Screen;
  let host: { close(): Promise<void> } | undefined;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    screen = await (await browser.tablet()).open(ward.page('Tablet'));
    await installed(screen.page);
  });
  after(async () => {
    await host?.close();
    await browser?.close();
    await ward?.end();
  });

  /** Serves a bundle at the address of host A, whose own process is away. */
  const serve = async (bundle: Bundle): Promise<void> => {
    await host?.close();
    const config = CONFIG.parse(JSON.parse(readFileSync(join(ward.folder, 'config/host-a.json'), 'utf8')));
    const anchors = () => readFileSync(config.anchors ?? '');
    const server = createServer(makeApp({ config, bundle, anchors, refused: () => undefined }));
    await new Promise<void>((resolve) => void server.listen(config.port, config.host, resolve));
    host = {
      close: () =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(() => resolve());
        }),
    };
  };
  /** Waits for what the policy refused, and takes it off the list of faults. */
  const policySays = async (what: RegExp): Promise<void> => {
    const { csp, errors } = screen.faults;
    while (!csp.some((line) => what.test(line))) await screen.page.waitForTimeout(20);
    csp.length = 0;
    errors.length = 0;
  };
  const heading = (name: string) => screen.page.getByRole('heading', { level: 1, name }).waitFor();

  /** Not every resolver knows names below localhost; browsers do. */
  const at = (path: string): string => `http://127.0.0.1:${new URL(ward.page('Tablet')).port}${path}`;

  it('loads from host A under its strict policy, without a violation or an error', async () => {
    const tablet = await browser.tablet();
    const screen = await tablet.open(ward.page('Tablet'));
    await screen.page.getByRole('heading', { level: 1 }).waitFor();
    screen.expectNoFaults();
    assert.deepEqual(await axeFindings(screen.page), []);
    await tablet.close();
  });

  it('comes with headers that leave it nothing but what it needs', async () => {
    const { headers } = await fetch(at('/'));
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/u);
    assert.match(policy, /require-trusted-types-for 'script';trusted-types app-sw/u);
    assert.doesNotMatch(policy, /unsafe|\*/u);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.match(headers.get('permissions-policy') ?? '', /camera=\(self\).*microphone=\(\)/u);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  it('notices what a page is refused, so that the tests of others can trust an empty list', async () => {
    const tablet = await browser.tablet();
    const screen = await tablet.open(ward.page('Tablet'));
    await screen.page.evaluate(() => {
      const image = document.createElement('img');
      image.src = 'https://elsewhere.invalid/spy.png';
      document.body.append(image);
    });
    await screen.page.waitForTimeout(200);
    assert.throws(() => screen.expectNoFaults(), /policy: img-src/u);
    await tablet.close();
  });

  it('has no path but its own, and takes nothing', async () => {
    for (const path of ['/manifest.json', '/sources.json', '/..%2fmanifest.json', '/app.js/'])
      assert.equal((await fetch(at(path))).status, 404, path);
    assert.equal((await fetch(at('/'), { method: 'POST', body: 'x' })).status, 404);
  });

  describe('as the browser keeps it', () => {
    it('can be installed: the browser finds nothing missing', async () => {
      const session = await screen.page.context().newCDPSession(screen.page);
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
      // This browser stands in private windows, which is the one thing that it finds.
      assert.deepEqual(
        installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
        [],
      );
    });

    it('keeps the files of its build, and never values, answers or addresses', async () => {
      const paths = await keptPaths(screen.page);
      const { files } = readBundle(bundleFolder('tablet'));
      const wanted = files.map(({ name }) => (name === 'index.html' ? '/' : `/${name}`)).toSorted();
      assert.deepEqual(paths, wanted);
    });

    it('starts no other script, and has no other policy for one', async () => {
      const refused = await screen.page.evaluate(() => {
        const { trustedTypes } = window as unknown as { trustedTypes: { createPolicy(name: string): void } };
        const name = (error: unknown): string => (error instanceof Error ? error.name : String(error));
        const found: string[] = [];
        for (const policy of ['app-sw', 'default', 'other'])
          try {
            trustedTypes.createPolicy(policy);
            found.push(policy);
          } catch {
            // what is wanted
          }
        return navigator.serviceWorker.register('/sw.js?other').then(
          () => [...found, 'registered'],
          (error: unknown) => [...found, name(error)],
        );
      });
      assert.deepEqual(refused, ['TypeError']);
      await policySays(/require-trusted-types-for/u); // the last of them: those of the names came before
    });

    it('opens without its host, under the same policy, and Emergency is there', async () => {
      await ward.running.stopOne('host-a');
      await screen.page.reload();
      await heading('Set this tablet up');
      assert.ok(await screen.page.getByRole('button', { name: 'Emergency safe mode' }).isEnabled());
      await screen.page.evaluate(() => {
        const script = document.createElement('script');
        document.body.append(script);
        try {
          script.textContent = 'document.title = "ran"';
        } catch {
          // what is wanted
        }
      });
      await policySays(/require-trusted-types-for/u);
      assert.equal(await screen.page.title(), 'Simulation · Countersign');
    });

    it('keeps nothing of a host whose files are not those of its build', async () => {
      const { build, files } = newer(readBundle(bundleFolder('tablet')));
      const altered = files.map((file) =>
        file.name === 'app.css' ? { ...file, body: Buffer.concat([file.body, Buffer.from('/**/')]) } : file,
      );
      await serve({ build, files: altered });
      const states = await screen.page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        const seen = new Promise<string>((resolve) => {
          registration?.addEventListener('updatefound', () => {
            const { installing } = registration;
            installing?.addEventListener('statechange', () => resolve(installing.state));
          });
        });
        await registration?.update();
        return seen;
      });
      assert.equal(states, 'redundant');
      screen.faults.errors.length = 0; // the browser says that the hash of a file was wrong
    });

    it('takes a newer version when somebody says so on the sign-in screen, and not before', async () => {
      const { page } = screen;
      const next = newer(readBundle(bundleFolder('tablet')));
      await serve(next);
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
      await page.waitForFunction(async () =>
        Boolean((await navigator.serviceWorker.getRegistration())?.waiting),
      );
      await page.reload();
      await heading('Set this tablet up');
      assert.ok((await keptBuilds(page)).length === 2, 'the old one stays in use while the new one waits');
      await page.getByText('A newer version of this page is ready').waitFor();
      await page.getByRole('button', { name: 'Take it now' }).click();
      await page.waitForFunction(
        async (build) => (await caches.keys()).join() === `shell-${build}`,
        next.build,
      );
      await heading('Set this tablet up');
      screen.expectNoFaults();
    });

    it('is used in one tab only: a second one says so, and goes on when the first is closed', async () => {
      const first = screen.page;
      const second = await first.context().newPage();
      await second.goto(ward.page('Tablet'));
      await second.getByText('open in another tab of this tablet').waitFor();
      assert.equal(await second.getByRole('button').count(), 0);
      await first.close();
      await second.getByRole('heading', { level: 1, name: 'Set this tablet up' }).waitFor();
    });
  });
});

/** The same page under another build, as if something small had been changed. */
function newer({ build, files }: Bundle): Bundle {
  const other = createHash('sha256').update(build).digest('hex');
  return {
    build: other,
    files: files.map((file) => {
      const body = Buffer.from(file.body.toString('utf8').replaceAll(build, other));
      return { ...file, body, sha256: createHash('sha256').update(body).digest('base64') };
    }),
  };
}

const installed = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });

const keptBuilds = (page: Page): Promise<string[]> => page.evaluate(() => caches.keys());

const keptPaths = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return all
      .flat()
      .map(({ url }) => new URL(url).pathname)
      .sort();
  });
