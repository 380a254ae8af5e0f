import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPages } from '../../../clients/host/build.mjs';
import { type ProcessWard, startProcesses } from '../../support/processes.ts';

const POLICY = new URL('../../support/quick-policy.json', import.meta.url);

/** A ward of real processes with its pages, for tests with a browser. */
export interface PageWard extends ProcessWard {
  /** Address of a page, by the title under which the ward prints it. */
  page(title: string): string;
  end(): Promise<void>;
}

/** Builds the pages when they changed, and starts a ward in a folder of its own. */
export async function openPageWard(policy = POLICY, monitors = 0): Promise<PageWard> {
  await buildPages();
  const folder = mkdtempSync(join(tmpdir(), 'cs-pages-'));
  const stop = new AbortController();
  const ward = await startProcesses({
    folder,
    pumps: 1,
    monitors,
    pages: true,
    policy,
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
