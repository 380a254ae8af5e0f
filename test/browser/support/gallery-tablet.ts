import type { Gallery } from '../../screens/gallery-server.ts';
import type { TabletOptions, TestBrowser, TestTablet } from './browser.ts';

/** A tablet on which the states of a gallery can be shown: it is given the profiles that they are made of. */
export async function galleryTablet(
  browser: TestBrowser,
  { profiles }: Gallery,
  options?: TabletOptions,
): Promise<TestTablet> {
  const tablet = await browser.tablet(options);
  await tablet.context.addInitScript((given) => void Reflect.set(window, '__profiles', given), profiles);
  return tablet;
}
