import { GALLERY_STATES } from './gallery-server.ts';
import type { NamedScreen } from './studio.ts';

/** The screens of the clinician's tablet. The way through them, with real devices, is walked in test/browser. */
export const TABLET_SCREENS: readonly NamedScreen[] = GALLERY_STATES.map((name) => ({
  name,
  async draw({ gallery, open }) {
    const page = await open(gallery.url(name));
    await page.locator('h1').first().waitFor();
    return page;
  },
}));
