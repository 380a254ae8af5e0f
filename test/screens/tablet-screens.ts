import { GALLERY_STATES } from './gallery-server.ts';
import type { NamedScreen } from './studio.ts';

/** Traces go once over their panel. */
const SWEEP_MS = 6_500;

/** Between two presses: quicker, and the second one would count as a key that bounces (ms). */
const APART = 150;

/** What a keypad says of what somebody typed on it. */
const typed = (name: string, keys: readonly string[], state = 'c7-edit-keypad'): NamedScreen => ({
  name,
  async draw({ gallery, show }) {
    const page = await show(gallery, state);
    await page.reload(); // the picture before may have typed something here
    await page.getByRole('button', { name: 'Clear' }).waitFor();
    for (const key of keys)
      await page.getByRole('button', { name: key, exact: true }).click({ delay: APART });
    return page;
  },
});

/** States that are given. The way through them, with real devices, is walked in test/browser. */
const GIVEN: readonly NamedScreen[] = GALLERY_STATES.map((name) => ({
  name,
  async draw({ gallery, show }) {
    const page = await show(gallery, name);
    if (name.startsWith('c5')) await page.waitForTimeout(SWEEP_MS);
    return page;
  },
}));

/** The screens of the clinician's tablet. */
export const TABLET_SCREENS: readonly NamedScreen[] = [
  ...GIVEN,
  typed('c7-edit-out-of-range', ['7', '0', '0']),
  typed('c7-edit-decimals', ['6', '.', '2', '5']),
  typed('c7-edit-typed-outside', ['1', '3', '0'], 'c7-edit-outside-keypad'),
  typed('c7-edit-five-times', ['6', 'Enter it once more']),
  typed('c7-edit-entries-differ', ['6', 'Enter it once more', '5']),
];
