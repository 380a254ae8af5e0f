import type { NamedScreen } from './studio.ts';

/** The screens of the clinician's tablet. */
export const TABLET_SCREENS: readonly NamedScreen[] = [
  {
    name: 'c0-sign-in',
    async draw({ ward, open }) {
      const page = await open(ward.page('Tablet'));
      await page.getByRole('heading', { level: 1 }).waitFor();
      return page;
    },
  },
];
