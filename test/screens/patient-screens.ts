import { z } from 'zod';
import type { PageWard } from '../browser/support/ward.ts';
import { historyOf } from './history.ts';
import type { NamedScreen } from './studio.ts';

const LINK = z.object({ key: z.string(), fingerprint: z.string() });
const PATIENCE = { timeout: 30_000 };
const links = new WeakMap<PageWard, Promise<string>>();

/** A link of a ward in which something was done to the pump. */
async function makeLink(ward: PageWard): Promise<string> {
  await historyOf(ward);
  const doctor = await ward.signIn('dr-a');
  const made = await doctor.fetch('/v1/patient-links', { device: ward.idOf('pump-1') });
  doctor.close();
  const { key, fingerprint } = LINK.parse(JSON.parse(Buffer.from(made).toString('utf8')));
  return `${ward.page('Patient’s page')}#${key}.${fingerprint.replaceAll(' ', '')}`;
}

/** The patient's page, as a phone shows it. */
export const PATIENT_SCREENS: readonly NamedScreen[] = [
  {
    name: 'p1-my-device',
    async draw({ ward, open }) {
      const link = links.get(ward) ?? makeLink(ward);
      links.set(ward, link);
      const page = await open(await link, { width: 420, height: 860 });
      await page.getByRole('button', { name: 'Check this myself' }).first().click(PATIENCE);
      await page.getByText('This is true').waitFor(PATIENCE);
      return page;
    },
  },
];
