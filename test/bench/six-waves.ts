import { openGallery } from '../screens/gallery-server.ts';
import { framesIn } from '../browser/support/frames.ts';
import { noBrowser, startBrowser } from '../browser/support/browser.ts';
import { galleryTablet } from '../browser/support/gallery-tablet.ts';
import type { Findings } from './report.ts';

const MEASURE_MS = 10_000;

/** Six waveforms of 250 Hz on the tablet's live view: frames a second, and the share of a core that its page takes. */
export async function sixWaves(): Promise<Findings> {
  const missing = noBrowser();
  if (missing !== undefined) throw new Error(missing);
  const gallery = await openGallery();
  const browser = await startBrowser();
  try {
    const tablet = await galleryTablet(browser, gallery);
    const { page } = await tablet.open(gallery.url('c5-six-waves'));
    await page.locator('canvas.waves').waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const busy = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    };
    await framesIn(page, 2_000);
    const before = await busy();
    const frames = await framesIn(page, MEASURE_MS);
    const after = await busy();
    return {
      sixWavesFps: (frames.count * 1_000) / frames.ms,
      sixWavesCoreShare: ((after - before) * 1_000) / frames.ms,
      sixWavesLongestFrameMs: frames.longest,
    };
  } finally {
    await browser.close();
    await gallery.close();
  }
}
