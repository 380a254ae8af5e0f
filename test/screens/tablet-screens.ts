import { GALLERY_STATES } from './gallery-server.ts';
import type { NamedScreen } from './studio.ts';

/** Traces go once over their panel. */
const SWEEP_MS = 6_500;

/** The screens of the clinician's tablet. The way through them, with real devices, is walked in test/browser. */
export const TABLET_SCREENS: readonly NamedScreen[] = GALLERY_STATES.map((name) => ({
  name,
  async draw({ gallery, show }) {
    const page = await show(gallery, name);
    if (name.startsWith('c5')) await page.waitForTimeout(SWEEP_MS);
    return page;
  },
}));
