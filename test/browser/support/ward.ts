import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPages } from '../../../clients/host/build.mjs';
import { type ProcessWard, startProcesses } from '../../support/processes.ts';

const POLICY = new URL('../../support/quick-policy.json', import.meta.url);

/** A ward of real processes with its pages, for tests with a browser. */
export interface PageWard extends ProcessWard {
  /** Address of a page, by the title under which the ward prints it. */
  page(title: string): string;
  end(): Promise<void>;
}

/** Builds the pages when they changed, and starts a ward in a folder of its own. @param policy a file, or a change of the quick one */
export async function openPageWard(
  policy: URL | ((quick: string) => string) = POLICY,
  monitors = 0,
): Promise<PageWard> {
  await buildPages();
  const folder = mkdtempSync(join(tmpdir(), 'cs-pages-'));
  const stop = new AbortController();
  const ward = await startProcesses({
    folder,
    pumps: 1,
    monitors,
    pages: true,
    policy: policy instanceof URL ? policy : written(folder, policy(readFileSync(POLICY, 'utf8'))),
    say: () => undefined,
    signal: stop.signal,
  });
  return {
    ...ward,
    page(title) {
      const found = ward.running.pages.find((page) => page.title === title);
      if (!found) throw new Error(`the ward has no page ${title}`);
      return found.url;
    },
    async end() {
      await ward.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function written(folder: string, policy: string): URL {
  const file = join(folder, 'policy-to-sign.json');
  writeFileSync(file, policy);
  return pathToFileURL(file);
}
